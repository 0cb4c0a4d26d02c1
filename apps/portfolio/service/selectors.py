"""How far the service policy is kept: at one customer as of now, and by member and team."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from apps.activities.models import Activity, Direction
from apps.core.models import Organisation
from apps.customers.models import Channel, Customer, CustomerOwnerChange, Tier
from apps.members.models import Member, Membership, Team
from apps.members.querysets import Viewer
from apps.orders.models import Order
from apps.portfolio.models import BreachKind, FirstResponse, PolicyBreach, TierChange
from apps.portfolio.service import statements
from apps.portfolio.service.clock import Break, BusinessHours, breaks
from apps.portfolio.service.policies import (
    LEAD_KINDS,
    UNRATED_AS,
    Promise,
    business_hours,
    parameters,
    promises,
)
from apps.portfolio.service.querysets import VISITING
from apps.portfolio.service.rules import (
    SOON_DAYS,
    DayClock,
    ResponseClock,
    ResponseState,
    day_clock,
    response_clock,
)

RESPONSE_DAYS = 90
ENDED_SHOWN = 5
# Of a channel that was not allowed nothing is overdue.
DATED_KINDS = (BreachKind.CONTACT, BreachKind.RESPONSE, BreachKind.VISIT)

# ── One customer ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Response:
    """The first response to the present owner's lead, with what stopped its clock."""

    clock: ResponseClock
    answered_at: datetime | None
    stood: list[Break]
    tier: str

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @property
    def is_late(self) -> bool:
        return self.clock.state is ResponseState.LATE


@dataclass(frozen=True)
class Standing:
    """What the customer's policy asks and how far it is kept, as of now."""

    promise: Promise | None
    has_owner: bool
    contact: DayClock | None
    contacted_on: date | None
    visit: DayClock | None
    visited_on: date | None
    response: Response | None
    channels: list[Channel]
    used_wrongly: int
    ended: list[PolicyBreach]

    @property
    def day_clocks(self) -> list[DayClock]:
        return [clock for clock in (self.contact, self.visit) if clock is not None]

    @property
    def missed(self) -> int:
        """How many promises are broken at this moment."""
        response = self.response
        is_unanswered = response is not None and response.is_open and response.is_late
        return sum(clock.overdue > 0 for clock in self.day_clocks) + is_unanswered

    @property
    def asked(self) -> int:
        response = self.response
        return len(self.day_clocks) + (response is not None and response.is_open)

    @property
    def worst(self) -> DayClock | None:
        """The clock of days that is due first, or is overdue longest."""
        return min(self.day_clocks, key=lambda clock: clock.left, default=None)

    @property
    def is_soon(self) -> bool:
        return self.worst is not None and self.worst.left <= SOON_DAYS


def standing_of(customer: Customer, now: datetime | None = None) -> Standing:
    """Read from the sources, whatever the night has found. An unowned customer has no clocks."""
    now = now or timezone.now()
    hours, known = business_hours(), promises()
    promise = known.get(customer.tier)
    today = hours.day_of(now)
    contacted_on = _day(customer.last_contacted_at, hours)
    visited_on = _visited_on(customer, hours) if promise and promise.visit_days else None
    held_on = _held_on(customer, hours)
    asked = promise if promise and customer.owner_id else Promise(customer.tier)
    breaches = PolicyBreach.objects.filter(customer=customer)
    return Standing(
        promise=promise,
        has_owner=customer.owner_id is not None,
        contact=day_clock(
            done_on=contacted_on, held_on=held_on, allowed=asked.contact_days, as_of=today
        ),
        contacted_on=contacted_on,
        visit=day_clock(done_on=visited_on, held_on=held_on, allowed=asked.visit_days, as_of=today),
        visited_on=visited_on,
        response=response_of(customer, known, hours, now),
        channels=promise.channels if promise else [],
        used_wrongly=breaches.filter(
            kind=BreachKind.CHANNEL, since_on__gte=today - timedelta(days=RESPONSE_DAYS)
        ).count(),
        ended=list(
            breaches.filter(ended_on__isnull=False).order_by("-since_on", "-pk")[:ENDED_SHOWN]
        ),
    )


def _day(instant: datetime | None, hours: BusinessHours) -> date | None:
    return None if instant is None else hours.day_of(instant)


def _held_on(customer: Customer, hours: BusinessHours) -> date:
    """Since when this owner keeps the promises of this tier."""
    held_on = hours.day_of(customer.held_since or customer.created_at)
    is_rise = Q(from_tier="") | Q(to_tier__lt=F("from_tier"))
    rises = TierChange.objects.filter(is_rise, customer=customer).exclude(to_tier="")
    risen_on = rises.aggregate(on=Max("on"))["on"]
    return max(held_on, risen_on) if risen_on else held_on


def _visited_on(customer: Customer, hours: BusinessHours) -> date | None:
    visits = Activity.objects.filter(customer=customer, is_contact=True, channel__in=VISITING)
    last = visits.order_by("-at").first()
    return None if last is None else hours.day_of(last.at)


def response_of(
    customer: Customer, known: dict[str, Promise], hours: BusinessHours, now: datetime
) -> Response | None:
    """The clock of the present owner's lead; None where the customer is no new lead of theirs."""
    lead = _lead(customer)
    if lead is None:
        return None
    kept = FirstResponse.objects.filter(customer=customer, started_at=lead.at).first()
    tier = kept.tier if kept else _tier_at(customer, lead.at)
    promise = known.get(tier or UNRATED_AS)
    allowed = kept.allowed_hours if kept else promise.response_hours if promise else None
    if allowed is None:
        return None
    answers = Activity.objects.filter(customer=customer, at__gte=lead.at).filter(
        Q(direction=Direction.OUT) | Q(is_contact=True)
    )
    first = answers.order_by("at").first()
    answered_at = first.at if first else None
    clock = response_clock(
        starts_at=lead.at,
        allowed_hours=allowed,
        answered_at=answered_at,
        passed_on_at=None,
        now=now,
        hours=hours,
    )
    return Response(clock, answered_at, breaks(lead.at, answered_at or now, hours), tier)


def _lead(customer: Customer) -> CustomerOwnerChange | None:
    """How the present owner got it, if that was as a lead with whom nobody had done anything."""
    changes = CustomerOwnerChange.objects.filter(customer=customer)
    last = changes.order_by("-on", "-at", "-pk").first()
    if last is None or last.to_owner_id is None or last.to_owner_id != customer.owner_id:
        return None
    is_known = (
        Activity.objects.filter(customer=customer, at__lt=last.at).exists()
        or Order.objects.filter(customer=customer, value__gt=0, ordered_on__lte=last.on).exists()
    )
    found: CustomerOwnerChange = last
    return None if is_known or last.kind not in LEAD_KINDS else found


def _tier_at(customer: Customer, instant: datetime) -> str:
    changes = TierChange.objects.filter(customer=customer)
    before = changes.filter(at__lte=instant).order_by("-at", "-pk").first()
    if before is not None:
        return str(before.to_tier)
    after = changes.filter(at__gt=instant).order_by("at", "pk").first()
    return str(customer.tier if after is None else after.from_tier)


# ── Members and teams ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Kept:
    """How far the policy is kept by somebody: counts that add up, and rates that don't.

    `held`: customers with a tier; `broken`: those of them with an open breach; `open`: open
    breaches by kind; `answered`: first responses of the last 90 days that are decided; `in_time`.
    """

    held: int = 0
    broken: int = 0
    contact: int = 0
    visit: int = 0
    response: int = 0
    answered: int = 0
    in_time: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Customers without an open breach ÷ customers held; None where none is held."""
        return Decimal(self.held - self.broken) / self.held if self.held else None

    @property
    def response_rate(self) -> Decimal | None:
        """First responses in time ÷ those decided; None where there was none."""
        return Decimal(self.in_time) / self.answered if self.answered else None

    @property
    def open(self) -> int:
        return self.contact + self.visit + self.response


@dataclass(frozen=True)
class KeptRow:
    """A member or a team of the page."""

    of: Member | Team
    kept: Kept


@dataclass(frozen=True)
class Compliance:
    """Everything that the reader sees, by member and by team."""

    total: Kept
    own: Kept
    members: list[KeptRow]
    teams: list[KeptRow]
    since_on: date


def added(several: Collection[Kept]) -> Kept:
    names = ("held", "broken", "contact", "visit", "response", "answered", "in_time")
    return Kept(**{name: sum(getattr(one, name) for one in several) for name in names})


def compliance_of(user: Viewer) -> Compliance:
    """What the reader sees of the firm's service; each figure is one of rows that they may open."""
    organisation = Organisation.current()
    since_on = organisation.today() - timedelta(days=RESPONSE_DAYS)
    kept = _by_owner(user, organisation, since_on)
    people = Member.objects.visible_to(user).in_bulk(kept)
    members = [KeptRow(people[pk], one) for pk, one in kept.items() if pk in people]
    return Compliance(
        total=added(kept.values()),
        own=kept.get(user.pk or 0, Kept()),
        members=sorted(members, key=_worst_first),
        teams=_teams(user, organisation.today(), kept),
        since_on=since_on,
    )


def _worst_first(row: KeptRow) -> tuple[Decimal, int, str]:
    rate = row.kept.rate
    return (Decimal(2) if rate is None else rate, -row.kept.open, row.of.name)


def _by_owner(user: Viewer, organisation: Organisation, since_on: date) -> dict[int, Kept]:
    found: defaultdict[int, Kept] = defaultdict(Kept)
    held = Customer.objects.visible_to(user).filter(owner__isnull=False).exclude(tier="")
    for owner, count in held.order_by().values_list("owner").annotate(n=Count("pk")):
        found[owner] = replace(found[owner], held=count)
    standing = PolicyBreach.objects.visible_to(user).standing(organisation).order_by()
    is_rated = ~Q(customer__tier="")
    counted = standing.values_list("owner").annotate(
        broken=Count("customer", distinct=True, filter=is_rated),
        **{f"of_{kind}": Count("pk", filter=Q(kind=kind)) for kind in DATED_KINDS},
    )
    for owner, broken, contact, response, visit in counted:
        found[owner] = replace(
            found[owner], broken=broken, contact=contact, response=response, visit=visit
        )
    responses = FirstResponse.objects.visible_to(user).decided().order_by()
    recent = responses.filter(started_at__gte=_midnight(since_on, organisation))
    decided = recent.values_list("owner").annotate(
        answered=Count("pk"), in_time=Count("pk", filter=Q(state=ResponseState.IN_TIME))
    )
    for owner, answered, in_time in decided:
        found[owner] = replace(found[owner], answered=answered, in_time=in_time)
    return dict(found)


def _midnight(day: date, organisation: Organisation) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=organisation.zone)


def _teams(user: Viewer, today: date, kept: dict[int, Kept]) -> list[KeptRow]:
    """Teams whose figures the reader opens: what their members of today hold, each once."""
    teams = Team.objects.visible_to(user).open_on(today).order_by("name", "pk").in_bulk()
    members: defaultdict[int, set[int]] = defaultdict(set)
    running = Membership.objects.running_on(today).filter(member__in=list(kept))
    for member, path in running.values_list("member", "team__path"):
        for team in path:
            members[team].add(member)
    rows = [
        KeptRow(team, added([kept[member] for member in members[pk]]))
        for pk, team in teams.items()
        if members[pk]
    ]
    return sorted(rows, key=_worst_first)


# ── What another policy would find ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Effect:
    """Customers in breach today, of contact and visit, under a policy; by kind and tier too."""

    customers: int
    by_kind: dict[tuple[str, str], int]


@dataclass(frozen=True)
class EffectLine:
    """How many customers of a tier are overdue of a kind, now and with another policy."""

    tier: Tier
    kind: BreachKind
    now: int
    then: int


def effect_lines(now: Effect, then: Effect) -> list[EffectLine]:
    """What changes; the kinds and tiers of which neither policy finds any are left out."""
    lines = [
        EffectLine(
            tier,
            kind,
            now.by_kind.get((kind, tier), 0),
            then.by_kind.get((kind, tier), 0),
        )
        for tier in Tier
        for kind in (BreachKind.CONTACT, BreachKind.VISIT)
    ]
    return [line for line in lines if line.now or line.then]


def effect_of(wanted: Sequence[Promise]) -> Effect:
    """What the policy would find today. First responses are left out: they keep their promise."""
    with connection.cursor() as cursor:
        values = parameters(wanted, Organisation.current().today())
        cursor.execute(statements.COUNT_OVERDUE, values)
        counts = {(kind, tier): count for kind, tier, count in cursor.fetchall()}
    return Effect(counts.pop(("", ""), 0), counts)
