"""What My day shows: the numbers of today, the queue in words, the customer in front."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils import timezone

from apps.activities.models import Activity, Direction, FollowUp, Outcome
from apps.activities.outcomes.selectors import proposals
from apps.calling.selectors import call_desk
from apps.calling.words import from_words, rule_words
from apps.customers.models import Channel, Contact, Customer
from apps.funnel.models import Level, Opportunity
from apps.funnel.models import State as OpportunityState
from apps.members.models import Member
from apps.portfolio.models import PolicyBreach
from apps.workday.queue.order import Candidate, Reason
from apps.workday.queue.selectors import queue_of

# As many entries the page lists; there are seldom time for more on one day.
SHOWN = 40
LAST_ACTIVITIES = 6
STEPS = (Reason.PROMISED, Reason.DUE)


@dataclass(frozen=True)
class Numbers:
    """What the member has done today, by their own day."""

    calls: int
    reached: int
    quotes: int
    next_steps: int


def numbers_of(member: Member, now: datetime | None = None) -> Numbers:
    start, end = day_of(member, now)
    counts = Activity.objects.filter(member=member, at__gte=start, at__lt=end).aggregate(
        calls=Count("pk", filter=Q(channel=Channel.CALL, direction=Direction.OUT)),
        reached=Count("pk", filter=Q(channel=Channel.CALL, is_contact=True)),
        quotes=Count("pk", filter=Q(outcome=Outcome.QUOTED)),
    )
    planned = FollowUp.objects.filter(owner=member, made_at__gte=start, made_at__lt=end)
    return Numbers(**counts, next_steps=planned.count())


def day_of(member: Member, now: datetime | None = None) -> tuple[datetime, datetime]:
    """The beginning and the end of the member's day; 23 or 25 hours where the clocks change."""
    zone = ZoneInfo(member.time_zone)
    day = timezone.localdate(now or timezone.now(), zone)
    start = datetime.combine(day, time.min, zone)
    return start, datetime.combine(day + timedelta(days=1), time.min, zone)


@dataclass(frozen=True)
class QueueLine:
    """An entry of the queue in words: `purpose` of a follow-up, `days` overdue or at the level."""

    customer: Customer
    reason: Reason
    purpose: str = ""
    days: int | None = None


@dataclass(frozen=True)
class QueuePanel:
    """The first entries with their words; `count` is of all, the other numbers of those left out."""

    lines: Sequence[QueueLine]
    count: int
    leased: int
    resting: int
    closed: int
    opens_at: datetime | None


def queue_panel(member: Member) -> QueuePanel:
    """The member's queue as the page lists it. As many queries however long it is."""
    queue = queue_of(member)
    shown = queue.entries[:SHOWN]
    customers = Customer.objects.filter(pk__in=[one.customer for one in shown])
    known = customers.only("name", "tier", "is_tier_provisional", "region").in_bulk()
    steps = FollowUp.objects.in_bulk(_sources(shown, *STEPS))
    breaches = PolicyBreach.objects.in_bulk(_sources(shown, Reason.BREACH))
    deals = Opportunity.objects.in_bulk(_sources(shown, Reason.STUCK))
    today = timezone.localdate(timezone.now(), ZoneInfo(member.time_zone))
    lines = []
    for one in shown:
        source, since, purpose = one.source or 0, None, ""
        if one.reason in STEPS and (step := steps.get(source)):
            since, purpose = step.due_on, step.purpose
        elif one.reason is Reason.BREACH and (breach := breaches.get(source)):
            since = breach.since_on
        elif one.reason is Reason.STUCK and (deal := deals.get(source)):
            since = deal.level_since_on
        days = (today - since).days if since else None
        lines.append(QueueLine(known[one.customer], one.reason, purpose, days))
    return QueuePanel(
        lines, len(queue.entries), queue.leased, queue.resting, queue.closed, queue.opens_at
    )


def _sources(shown: Sequence[Candidate], *reasons: Reason) -> list[int]:
    return [one.source for one in shown if one.reason in reasons and one.source is not None]


@dataclass(frozen=True)
class Callee:
    """Somebody to call there: the time on their wall, and what stands against a call, in words."""

    contact: Contact
    clock: str
    refusal: str

    @property
    def is_dialled(self) -> bool:
        return not self.refusal


@dataclass(frozen=True)
class Focus:
    """The customer in front of the member, with what one has to know before dialling."""

    customer: Customer
    callees: Sequence[Callee]
    opportunity: Opportunity | None
    step: FollowUp | None
    last: Sequence[Activity]
    attempts: int


def focus_of(customer: Customer, member: Member) -> Focus:
    """Whom to call there, what for, and what happened last."""
    contacts = Contact.objects.visible_to(member).filter(
        customer=customer, do_not_call_at__isnull=True, phone__gt=""
    )
    deals = Opportunity.objects.visible_to(member).filter(
        customer=customer, state=OpportunityState.OPEN
    )
    steps = FollowUp.objects.filter(customer=customer, done_at__isnull=True)
    last = list(
        Activity.objects.filter(customer=customer)
        .select_related("member", "contact")
        .order_by("-at", "-pk")[:LAST_ACTIVITIES]
    )
    return Focus(
        customer=customer,
        callees=_callees(customer, contacts.order_by("pk"), member),
        opportunity=deals.select_related("level", "line", "product", "level__pipeline")
        .order_by("-level__rank", "pk")
        .first(),
        step=steps.order_by("due_on", "pk").first(),
        last=last,
        attempts=_unanswered(last),
    )


def _callees(customer: Customer, contacts: Iterable[Contact], member: Member) -> list[Callee]:
    desk = call_desk([customer.pk], now=timezone.now(), user=member)
    found = []
    for contact in contacts:
        reach = desk.reach(customer.pk, contact=contact, channel=Channel.CALL)
        words = rule_words(reach.refusal, reach.limits) if reach.refusal else ""
        refusal = f"{words} {from_words(reach.next_there, reach.there)}".strip()
        found.append(Callee(contact, f"{reach.there:%H:%M}", refusal))
    return found


def is_logged(key: str, customer: Customer, member: Member) -> bool:
    """Whether the member's log of that key is written down already."""
    try:
        rows = Activity.objects.filter(key=UUID(key), customer=customer, member=member)
    except ValueError:
        return False
    return rows.exists()


def _unanswered(last: Sequence[Activity]) -> int:
    """How many calls in a row nobody answered, the latest first."""
    found = 0
    for one in last:
        if one.channel != Channel.CALL or one.is_contact:
            break
        found += 1
    return found


def proposed(focus: Focus, member: Member) -> dict[str, dict[str, object]]:
    """Outcome → what the form is filled with, ready for JSON."""
    today = timezone.localdate(timezone.now(), ZoneInfo(member.time_zone))
    found = proposals(focus.opportunity, today)
    codes = {one.level for one in found.values() if one.level}
    names = {}
    if focus.opportunity is not None and codes:
        rows = Level.objects.filter(pipeline=focus.opportunity.level.pipeline_id, code__in=codes)
        names = {row.code: f"{row.code} · {row.name}" for row in rows}
    return {
        outcome: {
            "on": one.on.isoformat(),
            "channel": str(one.channel),
            "purpose": one.purpose,
            "level": names.get(one.level, ""),
            "loses": one.loses,
            "needs": one.needs_next_step,
        }
        for outcome, one in found.items()
    }
