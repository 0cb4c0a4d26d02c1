"""Fields of a customer that an administrator defines."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

MOST_CHOICES = 100


class CustomFieldKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")
    YES_NO = "yes_no", _("Yes or no")


class CustomField(models.Model):
    """One more thing to know of a customer; its values are in `Customer.custom` under `key`.

    As JSON: text and choice as text, a number as text of a decimal, a date as ISO text, yes or no
    as a boolean.
    """

    key = models.SlugField(_("key"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=CustomFieldKind.choices)
    choices: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=80), verbose_name=_("choices"), default=list, blank=True
    )
    is_required = models.BooleanField(_("must be filled in"), default=False)
    # Those out of use keep their values and are shown nowhere.
    is_active = models.BooleanField(_("in use"), default=True)
    rank = models.PositiveSmallIntegerField(_("place"), default=0)
    is_sample = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["rank", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(kind="choice") | models.Q(choices__len__gt=0),
                name="custom_choice_has_choices",
                violation_error_message=_("A choice needs something to choose from."),
            ),
        ]

    def __str__(self) -> str:
        return self.label
