"""Reads of the pool's pages: its rows, one's own limits, and how a hold stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.activities.models import Activity
from apps.core.models import Organisation
from apps.customers.holding import Holding, holding_of, losses
from apps.customers.models import Customer, CustomerOwnerChange, HoldingLimits, Tier
from apps.funnel.models import Level, LevelChange, Opportunity, Outcome, State
from apps.members.models import Member
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind
from apps.pool.clocks import Clock, Events, Hold, Trigger, goes_on, hold
from apps.pool.models import UNRATED, HoldWarning, PoolRule
from apps.pool.states import Rules, rules_now

DAY = timedelta(days=1)


@dataclass(frozen=True)
class PoolLine:
    """A row of the pool list.

    `free_on`: from when on the reader, who lost it lately, can have it again. `taken`: what the row
    says after a claim, `is_mine` whether it was theirs.
    """

    customer: Customer
    pooled_at: datetime
    lost_by: Member | None
    free_on: date | None
    taken: str = ""
    is_mine: bool = False


@dataclass(frozen=True)
class ClockLine:
    """A clock of the panel: `length` is what its day count has become, `left` what remains of it."""

    clock: Clock
    length: int
    left: int

    @property
    def is_over(self) -> bool:
        return self.left < 0

    @property
    def passed(self) -> int:
        return max(self.length - max(self.left, 0), 0)


@dataclass(frozen=True)
class HoldPanel:
    """Who holds a customer and until when; the rest is empty for one of the pool."""

    customer: Customer
    pooled_at: datetime | None
    lost_by: Member | None
    free_on: date | None
    is_on: bool
    hold: Hold | None
    lines: Sequence[ClockLine]
    first: Trigger | None
    ends_on: date | None
    warned_on: date | None
    is_exempt: bool
    exempt_until: date | None


def may_claim(user: Viewer) -> bool:
    return writes(user, RecordKind.SALES) >= Reach.OWN


def pool_rows(user: Viewer) -> "QuerySet[Customer]":
    rows: QuerySet[Customer] = Customer.objects.visible_to(user).filter(owner__isnull=True)
    return rows


def with_pooled_at(rows: "QuerySet[Customer]") -> "QuerySet[Customer]":
    """Since when a customer of the pool has been there: its last change of owner, else its start."""
    last = CustomerOwnerChange.objects.filter(customer=OuterRef("pk"))
    latest = last.order_by("-on", "-at", "-pk").values("at")[:1]
    return rows.annotate(pooled_at=Coalesce(Subquery(latest), "created_at"))


def lost_by(rows: "QuerySet[Customer]", member: Member | None) -> "QuerySet[Customer]":
    """Those of the pool that the member lost last; of everybody where none is named."""
    if member is None:
        return rows
    lost = CustomerOwnerChange.objects.filter(
        customer=OuterRef("pk"), from_owner=member, to_owner__isnull=True
    )
    later = CustomerOwnerChange.objects.filter(customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
    return rows.filter(Exists(lost.filter(~Exists(later))))


def own_limits(member: Member) -> Holding:
    return holding_of(member, Organisation.current().today())


def pool_lines(customers: Iterable[Customer], user: Member) -> list[PoolLine]:
    """The rows of a page (with `pooled_at`) with who lost them last."""
    rows = list(customers)
    ids = [row.pk for row in rows]
    lost = _losers(ids)
    free = _free_on(ids, user)
    return [
        PoolLine(row, row.pooled_at, lost.get(row.pk), free.get(row.pk))  # type: ignore[attr-defined]
        for row in rows
    ]


def pool_line(customer: Customer, user: Member) -> PoolLine:
    row = with_pooled_at(Customer.objects.filter(pk=customer.pk)).select_related("owner").get()
    return pool_lines([row], user)[0]


def hold_panel(customer: Customer, user: Member) -> HoldPanel:
    """How the hold of a customer stands now, computed live."""
    rules = rules_now()
    if customer.owner_id is None:
        line = pool_line(customer, user)
        return HoldPanel(
            customer, line.pooled_at, line.lost_by, line.free_on, rules.is_on, None, (), None,
            None, None, False, None,
        )  # fmt: skip
    today = Organisation.current().today()
    found = hold(
        events_of(customer, rules), rules.by_tier[customer.tier], Organisation.current().zone
    )
    warned_on = _warned_on(customer, found.due_on, rules)
    last = goes_on(found.due_on, night=today + DAY, shortest=rules.shortest, warned_on=warned_on)
    is_exempt = found.is_exempt(today)
    return HoldPanel(
        customer=customer,
        pooled_at=None,
        lost_by=None,
        free_on=None,
        is_on=rules.is_on,
        hold=found,
        lines=[_line(clock, today) for clock in found.clocks],
        first=found.first.trigger if found.first else None,
        ends_on=last if rules.is_on else None,
        warned_on=warned_on,
        is_exempt=is_exempt,
        exempt_until=found.exempt_until if is_exempt else None,
    )


def events_of(customer: Customer, rules: Rules) -> Events:
    """What the clocks of one customer read."""
    since = customer.held_since or customer.created_at
    acts = Activity.objects.filter(customer=customer, at__gt=since).order_by("at")
    up = LevelChange.objects.filter(
        Q(outcome=Outcome.WON) | Q(to_level__rank__gt=F("from_level__rank")),
        opportunity__customer=customer,
        from_level__isnull=False,
    )
    return Events(
        held_since=since,
        activities=tuple(acts.values_list("at", flat=True)),
        moved_up_at=up.aggregate(last=Max("at"))["last"],
        ordered_on=customer.last_ordered_on,
        is_at_top=_is_at_top(customer, rules.exempt_levels),
    )


def _is_at_top(customer: Customer, levels: int) -> bool:
    """An open opportunity at one of the highest levels of its pipeline."""
    rows = Opportunity.objects.filter(customer=customer, state=State.OPEN).select_related("level")
    stand = [one.level for one in rows]
    pipelines = {level.pipeline_id for level in stand}
    ranks: dict[int, list[int]] = {}
    for pipeline, rank in Level.objects.filter(pipeline__in=pipelines).values_list(
        "pipeline", "rank"
    ):
        ranks.setdefault(pipeline, []).append(rank)
    return any(
        level.rank in sorted(ranks[level.pipeline_id], reverse=True)[:levels] for level in stand
    )


def _warned_on(customer: Customer, due_on: date | None, rules: Rules) -> date | None:
    if due_on is None:
        return None
    rows = HoldWarning.objects.filter(customer=customer, owner=customer.owner_id, due_on=due_on)
    since = rules.on_since or date.min
    if due_on < since:
        rows = rows.filter(warned_on__gte=since)
    found: date | None = rows.order_by("warned_on").values_list("warned_on", flat=True).first()
    return found


def _line(clock: Clock, today: date) -> ClockLine:
    return ClockLine(clock, (clock.ends_on - clock.starts_on).days, (clock.ends_on - today).days)


def _losers(customers: Sequence[int]) -> dict[int, Member]:
    """Customer → who lost it to the pool last."""
    rows = CustomerOwnerChange.objects.filter(customer__in=customers, to_owner__isnull=True)
    last = rows.order_by("customer", "-on", "-at", "-pk").distinct("customer")
    pairs = dict(last.values_list("customer", "from_owner"))
    people = Member.objects.in_bulk({pk for pk in pairs.values() if pk is not None})
    return {customer: people[pk] for customer, pk in pairs.items() if pk in people}


def _free_on(customers: Sequence[int], member: Member) -> dict[int, date]:
    days = HoldingLimits.current().cool_down_days
    if not days:
        return {}
    length = timedelta(days=days)
    lost = losses(customers, [member.pk], Organisation.current().today() - length)
    return {customer: on + length for (customer, _member), on in lost.items()}


def rules_of_tiers() -> list[PoolRule]:
    """A rule for every tier, then for the unrated; made where none is kept yet."""
    known = {rule.tier: rule for rule in PoolRule.objects.all()}
    tiers = (*Tier.values, UNRATED)
    return [known.get(tier) or PoolRule.objects.create(tier=tier) for tier in tiers]
