"""The 341 screening of new customers: three dimensions, four described grades, one minimum."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.customers.models.customer import Customer
from apps.customers.screening.querysets import ScreeningQuerySet
from apps.members.models import Member

GRADES = 4


class ScreeningRule(models.Model):
    """The minimum total that qualifies; exactly one row."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    minimum = models.PositiveSmallIntegerField(_("minimum total"), default=8)

    class Meta:
        verbose_name = _("screening rule")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="screening_is_one"),
        ]

    def __str__(self) -> str:
        return str(self.minimum)

    @classmethod
    def current(cls) -> "ScreeningRule":
        return cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]


class ScreeningDimension(models.Model):
    """What a new customer is graded on, 1–4, with a description of each grade.

    Names and descriptions by language code; English is the fallback.
    """

    key = models.SlugField(_("key"), max_length=40, unique=True)
    names: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("names"))
    # Language code → four descriptions, of grade 1 first.
    grades: "models.JSONField[dict[str, list[str]], dict[str, list[str]]]" = models.JSONField(
        _("descriptions of the grades")
    )
    # A veto parks the customer whatever its total, where the grade is not above this one.
    veto_up_to = models.PositiveSmallIntegerField(_("veto up to grade"), null=True, blank=True)
    rank = models.PositiveSmallIntegerField(_("place"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("screening dimension")
        verbose_name_plural = _("screening dimensions")
        ordering = ["rank", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(veto_up_to__isnull=True)
                | models.Q(veto_up_to__gte=1, veto_up_to__lt=GRADES),
                name="screening_veto_is_a_grade",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the reader's language."""
        return self.names.get(get_language() or "en") or self.names["en"]

    @property
    def descriptions(self) -> list[str]:
        """Of the four grades in the reader's language, of grade 1 first."""
        own = self.grades.get(get_language() or "en", [])
        own = [*own, *[""] * (GRADES - len(own))]
        return [text or english for text, english in zip(own, self.grades["en"], strict=False)]


class Screening(models.Model):
    """One screening of a customer, kept as it was judged."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="screenings"
    )
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    # Key of the dimension → grade.
    grades: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField(_("grades"))
    total = models.PositiveSmallIntegerField(_("total"))
    # As the rule was then.
    minimum = models.PositiveSmallIntegerField(_("minimum total"))
    is_qualified = models.BooleanField(_("qualified"))
    # Keys of the dimensions whose veto parked it.
    vetoes: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=40), default=list, blank=True
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at", "-id"], name="screening_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.total}"
