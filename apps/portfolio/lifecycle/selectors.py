"""Reads of the lifecycle pages: one customer as of now, and all that a reader sees by stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.funnel.models import Opportunity, State
from apps.members.lifecycle import LifecycleStage
from apps.members.querysets import Viewer
from apps.orders.models import Order
from apps.portfolio.lifecycle.stage import Facts, Life, life_of
from apps.portfolio.models import LifecycleChange, LifecycleOverride

MOVE_DAYS = 90
FIRM_GAP = """
SELECT round((percentile_cont(0.5) WITHIN GROUP (ORDER BY median_gap_days))::numeric, 1)
FROM portfolio_lifecyclefigure
"""


def facts_of(customer: Customer, day: date) -> Facts:
    """What is known of a customer on a day."""
    ordered = list(
        Order.objects.filter(customer=customer, value__gt=0, ordered_on__lte=day)
        .order_by()
        .values_list("ordered_on", "line_id")
        .distinct()
    )
    offered = Opportunity.objects.filter(customer=customer, state=State.OPEN).order_by()
    return Facts(
        order_days=sorted({ordered_on for ordered_on, _line in ordered}),
        lines=frozenset(line for _day, line in ordered),
        open_lines=frozenset(offered.values_list("line_id", flat=True).distinct()),
        is_reached=customer.last_contacted_at is not None,
    )


def firm_gap_known() -> Decimal | None:
    """The firm's usual gap as the latest run found it."""
    with connection.cursor() as cursor:
        cursor.execute(FIRM_GAP)
        found: Decimal | None = cursor.fetchone()[0]
    return found


def life_now(customer: Customer, day: date | None = None) -> Life:
    """The customer's stage by its figures of this moment, whatever the night has found."""
    day = day or Organisation.current().today()
    facts = facts_of(customer, day)
    has_own = len(facts.order_days) > 1
    return life_of(facts, firm=None if has_own else firm_gap_known(), as_of=day)


@dataclass(frozen=True)
class LifePanel:
    """A customer's stage: the one in force, the one by the figures, and how it came about."""

    stage: LifecycleStage | None
    life: Life
    facts: Facts
    is_at_risk: bool
    days_since_order: int | None
    override: LifecycleOverride | None
    changes: list[LifecycleChange]

    @property
    def is_changing(self) -> bool:
        """The figures have changed since the night: the next one applies it."""
        return self.override is None and self.stage != self.life.stage


def lifecycle_panel(customer: Customer) -> LifePanel:
    day = Organisation.current().today()
    facts = facts_of(customer, day)
    life = life_now(customer, day)
    last = life.last_ordered_on
    override = LifecycleOverride.objects.select_related("by").filter(
        customer=customer, cancelled_at__isnull=True
    )
    changes = LifecycleChange.objects.filter(customer=customer).select_related("by")
    return LifePanel(
        stage=LifecycleStage(customer.lifecycle) if customer.lifecycle else None,
        life=life,
        facts=facts,
        is_at_risk=life.is_at_risk(day),
        days_since_order=(day - last).days if last else None,
        override=override.first(),
        changes=list(changes.order_by("-at", "-pk")),
    )


@dataclass(frozen=True)
class StageRow:
    """A stage with the customers that the reader sees in it; `revenue` is None without orders."""

    stage: LifecycleStage
    customers: int
    revenue: Decimal | None
    at_risk: int
    joined: int
    left: int


@dataclass(frozen=True)
class Portfolio:
    """All stages, those without a stage yet, and the moves between stages since `moves_from`."""

    rows: list[StageRow]
    customers: int
    revenue: Decimal | None
    without_stage: int
    moves: list[tuple[LifecycleStage, list[tuple[LifecycleStage, int]]]]
    moved: int
    moves_from: date


def portfolio_of(user: Viewer) -> Portfolio:
    """What the reader sees of the customer base, stage by stage."""
    today = Organisation.current().today()
    moves_from = today - timedelta(days=MOVE_DAYS)
    found = _by_stage(user, today)
    moves = _moves(user, moves_from)
    rows = [
        StageRow(
            stage=stage,
            customers=found.get(stage, {}).get("customers", 0),
            revenue=found.get(stage, {}).get("revenue"),
            at_risk=found.get(stage, {}).get("at_risk", 0),
            joined=sum(n for (_from, to), n in moves.items() if to == stage),
            left=sum(n for (origin, _to), n in moves.items() if origin == stage),
        )
        for stage in LifecycleStage
    ]
    return Portfolio(
        rows=rows,
        customers=sum(entry["customers"] for entry in found.values()),
        revenue=_sum([row.revenue for row in rows]),
        without_stage=found.get("", {}).get("customers", 0),
        moves=[
            (origin, [(to, moves.get((origin, to), 0)) for to in LifecycleStage])
            for origin in LifecycleStage
        ],
        moved=sum(moves.values()),
        moves_from=moves_from,
    )


def _by_stage(user: Viewer, today: date) -> dict[str, dict[str, Any]]:
    is_at_risk = Q(lifecycle_figure__risk_on__lte=today, lifecycle_figure__lapses_on__gt=today)
    rows = Customer.objects.visible_to(user).order_by().values("lifecycle")
    counted = rows.annotate(
        customers=Count("pk"),
        revenue=Sum("lifecycle_figure__revenue"),
        at_risk=Count("pk", filter=is_at_risk),
    )
    return {row["lifecycle"]: row for row in counted}


def _moves(user: Viewer, first: date) -> dict[tuple[str, str], int]:
    rows = LifecycleChange.objects.visible_to(user).moves_since(first).order_by()
    counted = rows.values_list("from_stage", "to_stage").annotate(n=Count("pk"))
    return {(origin, to): n for origin, to, n in counted}


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
