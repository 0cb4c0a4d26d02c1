"""Who stands in a member's call queue now, and why.

Each reason is one query over what the member owns, by an index; `order` puts them together. At most
`MOST` of a reason: nobody calls more in a day. The count of the page goes no further either.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.activities.models import Activity, Direction, FollowUp, Outcome
from apps.calling.selectors import call_desk
from apps.core.models import Organisation
from apps.customers.models import Channel, Customer, CustomerOwnerChange, Tier
from apps.funnel.models import Level, Opportunity
from apps.funnel.models import State as OpportunityState
from apps.members.models import Member
from apps.metrics.selectors import stuck_everywhere
from apps.portfolio.models import BreachKind, PolicyBreach
from apps.workday.models import Lease
from apps.workday.queue.order import AVOIDED_DAYS, Candidate, Dialled, Reason, in_order, is_resting

MOST = 300
# The levels at which an opportunity that stands too long is called about: Intent and Ready.
HIGHEST_LEVELS = 2
# Reached by dialling or typing on the phone: what the queue is for.
BY_PHONE = (Channel.CALL, Channel.MESSAGE)


@dataclass(frozen=True)
class Queue:
    """Candidates in the order in which they are called; how many are left out, and by what.

    `closed` may not be called now (hours, days off, enough calls); the first may at `opens_at`.
    """

    entries: Sequence[Candidate]
    leased: int
    resting: int
    closed: int
    opens_at: datetime | None


def queue_of(member: Member, *, now: datetime | None = None) -> Queue:
    """The member's queue now: own customers only. As many queries however many customers."""
    now = now or timezone.now()
    found = in_order(
        [
            *_due(member, now),
            *_breaches(member),
            *_stuck(member),
            *_prospects(member),
            *_recycled(member),
        ]
    )
    ids = [one.customer for one in found]
    own = _callable(member, ids)
    leased = _leased(ids, member, now) & own
    desk = call_desk(own, now=now, user=member)
    dialled = last_dialled(ids, since=now - timedelta(days=AVOIDED_DAYS))
    entries, resting, closed, opens_at = [], 0, 0, None
    for one in found:
        if one.customer not in own or one.customer in leased:
            continue
        reach = desk.reach(one.customer, channel=Channel.CALL)
        if is_resting(dialled.get(one.customer), now, reach.there.tzinfo or UTC):
            resting += 1
        elif reach.refusal is not None:
            closed += 1
            opens_at = _earlier(opens_at, reach.refusal.next_at)
        else:
            entries.append(one)
    return Queue(entries, len(leased), resting, closed, opens_at)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _due(member: Member, now: datetime) -> Iterable[Candidate]:
    """Call-backs that were promised, and follow-ups by phone; “due” by the member's own clock."""
    there = now.astimezone(ZoneInfo(member.time_zone))
    is_due = Q(due_on__lt=there.date()) | Q(due_on=there.date()) & (
        Q(due_at__isnull=True) | Q(due_at__lte=there.time())
    )
    rows = FollowUp.objects.filter(is_due, owner=member, done_at__isnull=True, channel__in=BY_PHONE)
    told = rows.order_by("due_on", F("due_at").asc(nulls_last=True), "pk")
    due = told.values_list("pk", "customer", "is_promised")[: 2 * MOST]
    for place, (pk, customer, is_promised) in enumerate(due):
        yield Candidate(customer, Reason.PROMISED if is_promised else Reason.DUE, place, pk)


def _breaches(member: Member) -> Iterable[Candidate]:
    rows = PolicyBreach.objects.filter(
        owner=member, tier=Tier.A, kind__in=(BreachKind.CONTACT, BreachKind.RESPONSE)
    ).standing(Organisation.current())
    told = rows.order_by("since_on", "pk").values_list("pk", "customer")
    for place, (pk, customer) in enumerate(told[:MOST]):
        yield Candidate(customer, Reason.BREACH, place, pk)


def _stuck(member: Member) -> Iterable[Candidate]:
    own = Opportunity.objects.filter(
        owner=member, state=OpportunityState.OPEN, customer__isnull=False
    )
    rows = stuck_everywhere(Organisation.current().today()).filter(
        pk__in=own.values("pk"), level_on_id__in=highest_levels()
    )
    told = rows.order_by("since_on", "pk").values_list("pk", "customer")
    for place, (pk, customer) in enumerate(told[:MOST]):
        yield Candidate(customer, Reason.STUCK, place, pk)


def highest_levels() -> list[int]:
    """Ids of the two highest levels of each pipeline."""
    found: dict[int, list[int]] = {}
    for pipeline, pk in Level.objects.order_by("-rank").values_list("pipeline", "pk"):
        found.setdefault(pipeline, []).append(pk)
    return [pk for ids in found.values() for pk in ids[:HIGHEST_LEVELS]]


def _prospects(member: Member) -> Iterable[Candidate]:
    rows = Customer.objects.alive().filter(
        ~Exists(_lost()),
        owner=member,
        last_ordered_on__isnull=True,
        last_contacted_at__isnull=True,
    )
    told = rows.order_by(F("potential_score").desc(nulls_last=True), "-created_at", "-pk")
    for place, pk in enumerate(told.values_list("pk", flat=True)[:MOST]):
        yield Candidate(pk, Reason.PROSPECT, place)


def _recycled(member: Member) -> Iterable[Candidate]:
    """Back from the pool, where a former owner lost them, and not reached since."""
    rows = Customer.objects.alive().filter(
        Q(last_contacted_at__isnull=True) | Q(last_contacted_at__lt=F("held_since")),
        Exists(_lost()),
        owner=member,
        held_since__isnull=False,
    )
    told = rows.order_by("held_since", "pk").values_list("pk", flat=True)
    for place, pk in enumerate(told[:MOST]):
        yield Candidate(pk, Reason.RECYCLED, place)


def _lost() -> QuerySet[CustomerOwnerChange]:
    """An owner lost the customer to the pool."""
    rows: QuerySet[CustomerOwnerChange] = CustomerOwnerChange.objects.filter(
        customer=OuterRef("pk"), to_owner__isnull=True, from_owner__isnull=False
    )
    return rows.order_by()


def _callable(member: Member, ids: Collection[int]) -> set[int]:
    """Still the member's, with somebody to call there."""
    rows = Customer.objects.alive().filter(pk__in=ids, owner=member)
    reachable = rows.filter(
        contacts__deleted_at__isnull=True,
        contacts__do_not_call_at__isnull=True,
        contacts__phone__gt="",
    )
    return set(reachable.values_list("pk", flat=True))


def _leased(ids: Collection[int], member: Member, now: datetime) -> set[int]:
    rows = Lease.objects.filter(customer__in=ids, expires_at__gt=now).exclude(member=member)
    return set(rows.values_list("customer", flat=True))


def last_dialled(ids: Collection[int], *, since: datetime) -> Mapping[int, Dialled]:
    """Customer → the last outgoing call since then, whoever made it."""
    rows = Activity.objects.filter(
        customer__in=ids, at__gte=since, channel=Channel.CALL, direction=Direction.OUT
    )
    told = rows.order_by("customer", "-at", "-pk").distinct("customer")
    return {
        customer: Dialled(at, was_answered=outcome not in {Outcome.NO_ANSWER, Outcome.BUSY})
        for customer, at, outcome in told.values_list("customer", "at", "outcome")
    }
