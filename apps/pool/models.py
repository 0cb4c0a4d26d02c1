"""The rules by which owners lose customers to the pool."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer, Tier
from apps.members.models import Member

UNRATED = ""


def default_warnings() -> list[int]:
    return [7, 1]


class PoolSettings(models.Model):
    """What holds for every tier; exactly one row."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    is_on = models.BooleanField(_("customers are recycled overnight"), default=True)
    # The day of the last switching on; none where it has been on from the start.
    on_since = models.DateField(null=True, editable=False)
    # Days that each activity adds to a running clock, and the most that a clock may then last.
    extension_days = models.PositiveSmallIntegerField(_("days an activity adds"), default=7)
    most_days = models.PositiveSmallIntegerField(_("longest protection, days"), default=90)
    exempt_order_months = models.PositiveSmallIntegerField(
        _("months after an order without recycling"), default=12
    )
    # How many of the highest open levels of a pipeline exempt a customer.
    exempt_levels = models.PositiveSmallIntegerField(
        _("highest levels without recycling"), default=2
    )
    warning_days: "ArrayField[list[int], list[int]]" = ArrayField(
        models.PositiveSmallIntegerField(), default=default_warnings
    )

    class Meta:
        verbose_name = _("settings of the pool")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="pool_settings_one"),
        ]

    def __str__(self) -> str:
        return str(self.is_on)

    @classmethod
    def current(cls) -> "PoolSettings":
        return cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]


class PoolRule(models.Model):
    """The three clocks for customers of a tier (empty: unrated), in days; empty: never."""

    tier = models.CharField(_("tier"), max_length=1, choices=Tier.choices, blank=True, unique=True)
    no_activity_days = models.PositiveSmallIntegerField(
        _("without activity, days"), null=True, blank=True, default=30
    )
    no_progress_days = models.PositiveSmallIntegerField(
        _("without an opportunity moved up, days"), null=True, blank=True, default=60
    )
    no_order_days = models.PositiveSmallIntegerField(
        _("without an order, days"), null=True, blank=True, default=180
    )

    class Meta:
        verbose_name = _("pool rule")
        verbose_name_plural = _("pool rules")
        ordering = ["tier"]

    def __str__(self) -> str:
        return self.tier or "–"


class HoldWarning(models.Model):
    """An owner was told that a hold ends: what makes sure that nobody loses a customer unwarned.

    `due_on` is the end by the clocks, `days` which of the warnings it was.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, db_index=False, related_name="hold_warnings"
    )
    owner = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    due_on = models.DateField(_("hold ends"))
    days = models.PositiveSmallIntegerField(_("days before"))
    warned_on = models.DateField(_("warned on"))

    class Meta:
        verbose_name = _("warning of a hold's end")
        verbose_name_plural = _("warnings of holds' ends")
        ordering = ["customer", "due_on", "-days"]
        indexes: ClassVar = [models.Index(fields=["warned_on"], name="hold_warning_by_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "owner", "due_on", "days"], name="hold_warning_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.due_on}"
