"""The firm's rules of calling and texting."""

from datetime import time
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.calling.rules import Limits

MOST_CALLS = 20
LONGEST_WAIT = 12 * 60


class CallRules(models.Model):
    """When customers may be called and texted, and how often called; exactly one row."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    # By the clock where the customer is.
    first = models.TimeField(_("calls from"), default=time(9))
    until = models.TimeField(_("calls until"), default=time(20))
    most_a_day = models.PositiveSmallIntegerField(
        _("most calls to a customer a day"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CALLS)],
    )
    minutes_apart = models.PositiveSmallIntegerField(
        _("minutes between calls to a customer"),
        default=30,
        validators=[MaxValueValidator(LONGEST_WAIT)],
    )
    are_weekends_allowed = models.BooleanField(_("calls at weekends"), default=False)

    class Meta:
        verbose_name = _("rules of calling")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="call_rules_one"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("until")),
                name="call_rules_open",
                violation_error_message=_("The last hour has to be later than the first."),
            ),
            models.CheckConstraint(
                condition=models.Q(most_a_day__gte=1), name="call_rules_some_calls"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first:%H:%M}–{self.until:%H:%M}"

    @classmethod
    def current(cls) -> "CallRules":
        return cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]

    def limits(self) -> Limits:
        return Limits(
            first=self.first,
            until=self.until,
            most_a_day=self.most_a_day,
            apart=self.minutes_apart,
            are_weekends_allowed=self.are_weekends_allowed,
        )
