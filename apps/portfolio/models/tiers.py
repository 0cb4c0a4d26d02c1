"""Tiers: the rule, each customer's latest figures, overrides, and every change."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer, Tier
from apps.members.models import Member
from apps.portfolio.tiers.querysets import (
    TierChangeQuerySet,
    TierFigureQuerySet,
    TierOverrideQuerySet,
)


class TierMode(models.TextChoices):
    COUNT = "count", _("By share of customers")
    VALUE = "value", _("By cumulative share of profit")


class TierBasis(models.TextChoices):
    PROFIT = "profit", _("Gross profit")
    REVENUE = "revenue", _("Revenue")
    # Profit of the orders whose cost is known, revenue of the others.
    MIXED = "mixed", _("Gross profit, and revenue where the cost is unknown")


class TierRule(models.Model):
    """How tiers are computed; exactly one row. Shares are 0–1 of customers, or of profit."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    mode = models.CharField(
        _("mode"), max_length=8, choices=TierMode.choices, default=TierMode.COUNT
    )
    # By count: the first 20 % are A, the next 30 % B.
    count_a = models.DecimalField(
        _("share of customers in tier A"), max_digits=5, decimal_places=4, default=Decimal("0.2")
    )
    count_b = models.DecimalField(
        _("share of customers in tier B"), max_digits=5, decimal_places=4, default=Decimal("0.3")
    )
    # By value: A up to 80 % of the profit, B up to 95 %.
    value_a = models.DecimalField(
        _("tier A up to this share of profit"),
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.8"),
    )
    value_b = models.DecimalField(
        _("tier B up to this share of profit"),
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.95"),
    )
    months = models.PositiveSmallIntegerField(_("months looked back on"), default=12)
    # Runs in a row that a change has to hold before it is applied.
    runs_to_change = models.PositiveSmallIntegerField(_("runs before a change"), default=3)

    class Meta:
        verbose_name = _("tier rule")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="tier_rule_is_one"),
            models.CheckConstraint(
                condition=models.Q(
                    count_a__gt=0,
                    count_b__gt=0,
                    count_a__lt=1,
                    count_b__lt=Decimal(1) - models.F("count_a"),
                ),
                name="tier_counts_leave_c",
            ),
            models.CheckConstraint(
                condition=models.Q(value_a__gt=0, value_b__gt=models.F("value_a"), value_b__lt=1),
                name="tier_values_leave_c",
            ),
            models.CheckConstraint(
                condition=models.Q(months__gte=1, runs_to_change__gte=1),
                name="tier_rule_looks_back",
            ),
        ]

    def __str__(self) -> str:
        return self.mode

    @classmethod
    def current(cls) -> "TierRule":
        return cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]


class TierFigure(models.Model):
    """What the latest run found of a customer: the figures behind its tier.

    `computed` is the tier by the rule alone; `pending` another than the applied one, found on
    `pending_runs` runs in a row. While `pending_runs` is above 0, an empty `pending` is “unrated”.
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="tier_figure")
    as_of = models.DateField()
    basis = models.CharField(max_length=8, choices=TierBasis.choices, blank=True)
    # In the organisation's currency, over the rule's months; none without orders.
    worth = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    orders = models.PositiveIntegerField(default=0)
    # Those that count with their revenue, because nobody knows what they cost.
    orders_without_cost = models.PositiveIntegerField(default=0, db_default=0)
    # From 1, among the rated.
    rank = models.PositiveIntegerField(null=True)
    # Of all positive worth, of this customer and those before it, 0–1.
    cumulative_share = models.DecimalField(max_digits=9, decimal_places=8, null=True)
    computed = models.CharField(max_length=1, choices=Tier.choices, blank=True)
    is_provisional = models.BooleanField(default=False)
    pending = models.CharField(max_length=1, choices=Tier.choices, blank=True)
    pending_runs = models.PositiveSmallIntegerField(default=0)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = TierFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figures of a tier")
        verbose_name_plural = _("figures of tiers")
        # No index on what a night changes in every row: so the rows are renewed where they stand.

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.computed}"


class TierOverride(models.Model):
    """A tier set by hand, through `ends_on`; the latest that is in force counts.

    In force is what was neither cancelled by somebody nor ended by a night.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tier_overrides")
    tier = models.CharField(_("tier"), max_length=1, choices=Tier.choices)
    reason = models.CharField(_("reason"), max_length=500)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    ends_on = models.DateField(_("until"))
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = TierOverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier set by hand")
        verbose_name_plural = _("tiers set by hand")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["ends_on"],
                condition=models.Q(cancelled_at__isnull=True, ended_at__isnull=True),
                name="tier_override_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.tier}"


class TierChangeKind(models.TextChoices):
    COMPUTED = "computed", _("Computed")
    PROVISIONAL = "provisional", _("By potential score")
    OVERRIDE = "override", _("Set by hand")
    OVERRIDE_END = "override_end", _("Set by hand, ended")
    MERGE = "merge", _("Merged")


class TierChange(models.Model):
    """A customer's tier became another; never edited, never deleted (but sample rows)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="tier_changes"
    )
    from_tier = models.CharField(max_length=1, choices=Tier.choices, blank=True)
    to_tier = models.CharField(max_length=1, choices=Tier.choices, blank=True)
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now, editable=False)
    kind = models.CharField(max_length=16, choices=TierChangeKind.choices)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    # The figures of the day, where it was computed.
    worth = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    rank = models.PositiveIntegerField(null=True)
    rated = models.PositiveIntegerField(null=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = TierChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at", "-id"], name="tier_change_timeline"),
            models.Index(fields=["-on", "-id"], name="tier_change_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.from_tier} → {self.to_tier}"
