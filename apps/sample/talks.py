"""Calls, visits and messages with customers of the sample firm, and the next steps."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Max, Model

from apps.activities.models import Activity, Direction, FollowUp, Outcome
from apps.customers.models import (
    Channel,
    Contact,
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
)
from apps.funnel.models import LevelChange, Opportunity, State
from apps.sample import talk_words
from apps.sample.accounts import OWNER_CHANGE_FIELDS, Accounts, held_from
from apps.sample.calendars import OFFICE_MINUTES, working_calendars
from apps.sample.context import Context, drawn, happens
from apps.sample.copying import copy_rows
from apps.sample.leads import Leads
from apps.sample.people import People, Seller

if TYPE_CHECKING:
    from random import Random

NEEDS = ("people", "accounts", "leads", "opportunities", "sales")
MODELS: Sequence[type[Model]] = (Activity, FollowUp)

ACTIVITY_FIELDS = (
    "customer", "contact", "opportunity", "member", "channel", "direction", "at", "minutes",
    "outcome", "note", "is_sample", "recorded_at",
)  # fmt: skip
FOLLOW_UP_FIELDS = (
    "customer", "opportunity", "owner", "due_on", "channel", "purpose", "made_at", "done_at",
    "is_sample",
)  # fmt: skip
# How a customer is looked after: share, days between talks, days since the last one.
CARES = {
    "kept": (0.78, (7, 20), (1, 13)),
    "thin": (0.13, (20, 45), (15, 40)),
    "neglected": (0.09, (30, 60), (45, 120)),
}
MOST_TALKS = 22
# Customers that nothing protects are about to be lost by their owner: days left.
ENDING = (1, 7, 2, 1, 5, 7, 3, 12)
ENDING_SHARE = 0.08
NO_ACTIVITY_DAYS = 30
PROGRESS_DAYS = 55
PROTECTED_MONTHS_DAYS = 360
LATE_RANK = 4
CHANNELS = (
    (Channel.CALL, 62), (Channel.EMAIL, 15), (Channel.MESSAGE, 12), (Channel.VISIT, 6),
    (Channel.MEETING, 5),
)  # fmt: skip
OUTCOMES = (
    (Outcome.REACHED, 46), (Outcome.NO_ANSWER, 24), (Outcome.BUSY, 7), (Outcome.CALL_BACK, 9),
    (Outcome.QUOTED, 8), (Outcome.REFUSED, 3), (Outcome.AGREED, 3),
)  # fmt: skip
UNANSWERED = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.WRONG_NUMBER)
CALLED_ONLY = (*UNANSWERED, Outcome.CALL_BACK)
NOTE_SHARE, INBOUND_SHARE, FOLLOW_UP_SHARE = 0.4, 0.14, 0.86


@dataclass
class Known:
    """What the talks with a customer depend on."""

    pk: int
    sellers: list[Seller]
    since: date
    contacts: list[int] = field(default_factory=list)
    opportunity: int | None = None
    is_late: bool = False
    progressed_on: date | None = None
    ordered_on: date | None = None

    def seller_on(self, day: date) -> Seller:
        """Who had it on the day: whoever left had it until then."""
        first = self.sellers[0]
        return self.sellers[-1] if first.left_on and day >= first.left_on else first


def build(context: Context) -> Mapping[str, int]:
    """Talks oldest first; whoever has a customer of their own keeps a next step with most."""
    talks = Talks(context)
    rows = sorted(talks.rows(), key=lambda row: (row[6], row[0]))
    activities = copy_rows(Activity, ACTIVITY_FIELDS, rows)
    copy_rows(CustomerOwnerChange, OWNER_CHANGE_FIELDS, talks.hands)
    held_from(talks.hands)
    steps = copy_rows(FollowUp, FOLLOW_UP_FIELDS, talks.steps)
    return {"activities": activities, "follow_ups": steps}


class Talks:
    """Draws what was said with each customer, and collects the next steps on the way."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rng: Random = context.random("talks")
        self.zone = context.organisation.zone
        countries = (one.country for one in context.made(People).sellers)
        self.calendars = working_calendars(countries, context.start, context.until)
        self.steps: list[tuple[Any, ...]] = []
        self.hands: list[tuple[Any, ...]] = []
        self.endings = 0

    def rows(self) -> Iterator[tuple[Any, ...]]:
        known = _known(self.context)
        for one in known:
            yield from self._customer(one)
        for lead in self.context.made(Leads).made:
            if lead.held_since is not None and lead.holder is not None:
                one = Known(lead.customer, [lead.holder], lead.held_since.date())
                one.contacts = _contacts([lead.customer])[lead.customer]
                yield from self._lead(one)

    def _customer(self, known: Known) -> Iterator[tuple[Any, ...]]:
        care = self.rng.choices(list(CARES), [share for share, _gap, _last in CARES.values()])[0]
        _share, gaps, last = CARES[care]
        days_ago = self.rng.randint(*last)
        if not self._is_protected(known):
            days_ago = self._exposed(known, days_ago)
        if known.opportunity and happens(self.rng, FOLLOW_UP_SHARE):
            self._step(known)
        yield from self._talks(known, days_ago, gaps)

    def _is_protected(self, known: Known) -> bool:
        """What the pool's rules leave alone."""
        ordered = known.ordered_on and (
            (self.context.until - known.ordered_on).days < PROTECTED_MONTHS_DAYS
        )
        return bool(ordered) or known.is_late

    def _exposed(self, known: Known, days_ago: int) -> int:
        """An unprotected customer was claimed again of late; some are about to be lost again."""
        if self.endings < len(ENDING) or happens(self.rng, ENDING_SHARE):
            left = ENDING[self.endings % len(ENDING)]
            self.endings += 1
            days_ago = NO_ACTIVITY_DAYS - left
        else:
            days_ago = min(days_ago, self.rng.randint(2, NO_ACTIVITY_DAYS - 10))
        progressed = known.progressed_on
        if progressed is None or (self.context.until - progressed).days > PROGRESS_DAYS:
            self._claimed_again(known, days_ago + self.rng.randint(1, 12))
        return days_ago

    def _claimed_again(self, known: Known, days_ago: int) -> None:
        seller = known.sellers[-1]
        claimed = self._instant(seller, self.context.until - timedelta(days=days_ago))
        lost = self._instant(seller, claimed.date() - timedelta(days=21))
        member = seller.member.pk
        rows = (
            (member, None, lost, None, CustomerOwnerChangeKind.RECYCLE, talk_words.RECYCLED),
            (None, member, claimed, member, CustomerOwnerChangeKind.CLAIM, None),
        )
        for from_owner, to_owner, at, by, kind, reason in rows:
            text = reason[seller.country] if reason else ""
            on = at.astimezone(self.zone).date()
            self.hands.append(
                (known.pk, from_owner, to_owner, on, at, by, kind.value, text, True, at)
            )

    def _talks(
        self, known: Known, days_ago: int, gaps: tuple[int, int]
    ) -> Iterator[tuple[Any, ...]]:
        day = self.context.until - timedelta(days=days_ago)
        is_last = True
        for _number in range(MOST_TALKS):
            if day < max(known.since, self.context.start):
                return
            yield self._talk(known, day, must_reach=is_last)
            is_last = False
            day -= timedelta(days=self.rng.randint(*gaps))

    def _lead(self, known: Known) -> Iterator[tuple[Any, ...]]:
        """Most new leads are answered the same or the next day, a few late, the latest not yet."""
        waits = self.rng.choices((0, 1, 2, 6), (45, 35, 12, 8))[0]
        day = known.since + timedelta(days=waits)
        gap = 0
        while day <= self.context.until:
            yield self._talk(known, day, must_reach=bool(gap))
            gap = self.rng.randint(4, 13)
            day += timedelta(days=gap)
        if gap and happens(self.rng, FOLLOW_UP_SHARE):
            self._step(known)

    def _talk(self, known: Known, day: date, *, must_reach: bool) -> tuple[Any, ...]:
        rng, seller = self.rng, known.seller_on(day)
        at = self._instant(seller, day)
        channel = drawn(rng, CHANNELS)
        outcome = drawn(rng, OUTCOMES)
        if (must_reach and outcome in UNANSWERED) or (
            channel != Channel.CALL and outcome in CALLED_ONLY
        ):
            outcome = Outcome.REACHED
        inbound = outcome not in UNANSWERED and happens(rng, INBOUND_SHARE)
        note = ""
        if outcome not in UNANSWERED and happens(rng, NOTE_SHARE):
            note = rng.choice(talk_words.NOTES[seller.country][outcome.value])
        return (
            known.pk,
            rng.choice(known.contacts) if known.contacts else None,
            known.opportunity if happens(rng, 0.5) and day > self._recent else None,
            seller.member.pk,
            channel.value,
            (Direction.IN if inbound else Direction.OUT).value,
            at,
            self._minutes(channel, outcome),
            outcome.value,
            note,
            True,
            at,
        )

    @property
    def _recent(self) -> date:
        return self.context.until - timedelta(days=20)

    def _minutes(self, channel: Channel, outcome: Outcome) -> int | None:
        if outcome in UNANSWERED or channel in (Channel.EMAIL, Channel.MESSAGE):
            return None
        long = channel in (Channel.VISIT, Channel.MEETING)
        return self.rng.randint(30, 90) if long else self.rng.randint(1, 22)

    def _step(self, known: Known) -> None:
        seller = known.sellers[-1]
        due = self.context.until + timedelta(days=self.rng.randint(-3, 14))
        channel = drawn(self.rng, CHANNELS)
        made = self._instant(seller, self.context.until - timedelta(days=self.rng.randint(4, 9)))
        purpose = self.rng.choice(talk_words.PURPOSES[seller.country])
        self.steps.append(
            (known.pk, known.opportunity, seller.member.pk, due, channel.value, purpose, made,
             None, True)
        )  # fmt: skip

    def _instant(self, seller: Seller, day: date) -> datetime:
        zone = ZoneInfo(seller.member.time_zone)
        minute = self.rng.randrange(OFFICE_MINUTES)
        return self.calendars[seller.country].office_instant(day, minute, zone, self.zone)


def _known(context: Context) -> list[Known]:
    """Owned customers in the order of their keys, with what was done with them so far."""
    people, books = context.made(People), context.made(Accounts).books
    known: dict[int, Known] = {}
    created = dict(Customer.objects.filter(is_sample=True).values_list("pk", "created_at"))
    for seller in people.sellers:
        sellers = [seller, people.successor] if seller.left_on else [seller]
        for pk in books[seller.member.pk]:
            since = max(created[pk].date(), seller.since)
            known[pk] = Known(pk, sellers, since)
    found = [known[pk] for pk in sorted(known)]
    for pk, contacts in _contacts(list(known)).items():
        known[pk].contacts = contacts
    open_ones = Opportunity.objects.filter(customer__in=list(known), state=State.OPEN)
    for pk, opportunity, rank in open_ones.order_by("level__rank", "pk").values_list(
        "customer", "pk", "level__rank"
    ):
        known[pk].opportunity, known[pk].is_late = opportunity, rank >= LATE_RANK
    ups = LevelChange.objects.filter(opportunity__customer__in=list(known), is_dated=True)
    for pk, on in ups.order_by().values_list("opportunity__customer").annotate(on=Max("on")):
        known[pk].progressed_on = on
    ordered = Customer.objects.filter(pk__in=list(known), last_ordered_on__isnull=False)
    for pk, on in ordered.values_list("pk", "last_ordered_on"):
        known[pk].ordered_on = on
    return found


def _contacts(customers: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = Contact.objects.filter(customer__in=customers).order_by("customer_id", "pk")
    for customer, pk in rows.values_list("customer", "pk"):
        found[customer].append(pk)
    return found
