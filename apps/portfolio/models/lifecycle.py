"""Lifecycle stages: the figures behind them, what is set by hand, and every change."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.customers.querysets import ChangedOfCustomerQuerySet
from apps.members.lifecycle import LifecycleStage
from apps.members.models import Member
from apps.portfolio.lifecycle.querysets import LifecycleChangeQuerySet, LifecycleFigureQuerySet


class LifecycleFigure(models.Model):
    """What the latest run found of a customer: the figures behind its stage."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, related_name="lifecycle_figure"
    )
    as_of = models.DateField()
    stage = models.CharField(max_length=16, choices=LifecycleStage.choices)
    orders = models.PositiveIntegerField(default=0)
    first_ordered_on = models.DateField(null=True)
    last_ordered_on = models.DateField(null=True)
    # Days between orders; none with fewer than two order days.
    median_gap_days = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    # The gap that decides: its own, else the firm's; none while the firm has none either.
    gap_days = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    # From these days on the customer counts as at risk, and as lapsed; none without orders.
    risk_on = models.DateField(null=True)
    lapses_on = models.DateField(null=True)
    # Product lines it has bought from.
    lines = models.PositiveIntegerField(default=0)
    # Of the twelve months up to `as_of`, returns taken off; none without any order in them.
    revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = LifecycleFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figures of a lifecycle stage")
        verbose_name_plural = _("figures of lifecycle stages")
        indexes: ClassVar = [
            models.Index(fields=["lapses_on"], name="lifecycle_lapses"),
            models.Index(fields=["risk_on", "id"], name="lifecycle_at_risk"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.stage}"


class LifecycleOverride(models.Model):
    """A stage set by hand, until it is taken back."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="lifecycle_overrides"
    )
    stage = models.CharField(_("stage"), max_length=16, choices=LifecycleStage.choices)
    reason = models.CharField(_("reason"), max_length=500)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = ChangedOfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("lifecycle stage set by hand")
        verbose_name_plural = _("lifecycle stages set by hand")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(cancelled_at__isnull=True),
                name="lifecycle_override_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.stage}"


class LifecycleChange(models.Model):
    """A customer came to another stage; never edited, never deleted (but sample rows)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="lifecycle_changes"
    )
    from_stage = models.CharField(max_length=16, choices=LifecycleStage.choices, blank=True)
    to_stage = models.CharField(max_length=16, choices=LifecycleStage.choices)
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = LifecycleChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("lifecycle change")
        verbose_name_plural = _("lifecycle changes")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at", "-id"], name="lifecycle_change_timeline"),
            models.Index(fields=["-on", "-id"], name="lifecycle_change_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.from_stage} → {self.to_stage}"
