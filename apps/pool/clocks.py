"""How long an owner keeps a customer: three clocks, what lengthens them, what stops them.

Source: domain handbook, section 2 (customer pool). The night computes the same set-based in
`apps.pool.states`; a test holds the two together.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)
LEAST = timedelta(microseconds=1)


class Trigger(StrEnum):
    """What did not happen; the earlier one names the reason where two clocks end on a day."""

    ACTIVITY = "activity"
    PROGRESS = "progress"
    ORDER = "order"


@dataclass(frozen=True)
class Rule:
    """Lengths of the clocks of a tier in days (None: this clock never ends), and what holds for all.

    `exempt_order_months`: calendar months after an order without recycling; 0: none.
    """

    activity_days: int | None
    progress_days: int | None
    order_days: int | None
    extension_days: int
    most_days: int
    exempt_order_months: int


@dataclass(frozen=True)
class Events:
    """What happened at a customer. Instants are aware; `ordered_on` is its last order.

    `moved_up_at`: when an opportunity last moved up a level or was won. `is_at_top`: an open
    opportunity stands at one of the levels that exempt.
    """

    held_since: datetime
    activities: tuple[datetime, ...] = ()
    moved_up_at: datetime | None = None
    ordered_on: date | None = None
    is_at_top: bool = False


@dataclass(frozen=True)
class Clock:
    """One running clock: through `ends_on` the owner keeps the customer."""

    trigger: Trigger
    starts_on: date
    days: int
    activities: int
    ends_on: date


@dataclass(frozen=True)
class Hold:
    """The clocks that run, and what exempts; `exempt_until` is the last day of the order's year."""

    clocks: tuple[Clock, ...]
    is_at_top: bool
    exempt_until: date | None

    @property
    def first(self) -> Clock | None:
        """The clock that ends first."""
        return min(self.clocks, key=lambda clock: clock.ends_on, default=None)

    @property
    def due_on(self) -> date | None:
        """The last day of the hold if nothing happens; None: it has no end in sight."""
        if self.first is None or self.is_at_top:
            return None
        return max(self.first.ends_on, self.exempt_until or date.min)

    def is_exempt(self, on: date) -> bool:
        return self.is_at_top or (self.exempt_until is not None and on <= self.exempt_until)


def hold(events: Events, rule: Rule, zone: tzinfo) -> Hold:
    """The three clocks of a customer that somebody owns.

    A clock starts at the later of the claim and its last event; an order counts to the end of its
    day. Each activity after the start adds days, but no clock is lengthened beyond `most_days`:
    ends = start + max(days, min(days + extension_days × activities, most_days)).

    Claimed on 1 March, one opportunity moved up on 10 March, two calls since; rule 30, 60, 180 days,
    7 days an activity, at most 90: progress starts on 10 March and lasts 60 + 2 × 7 = 74 days, to
    23 May. With five calls it would be 95, cut at 90.
    """
    instants = {
        Trigger.ACTIVITY: max(events.activities, default=None),
        Trigger.PROGRESS: events.moved_up_at,
        Trigger.ORDER: _end_of(events.ordered_on, zone) if events.ordered_on else None,
    }
    lengths = {
        Trigger.ACTIVITY: rule.activity_days,
        Trigger.PROGRESS: rule.progress_days,
        Trigger.ORDER: rule.order_days,
    }
    clocks = []
    for trigger, days in lengths.items():
        if days is None:
            continue
        start = max(events.held_since, instants[trigger] or events.held_since)
        n = sum(at > start for at in events.activities)
        length = max(days, min(days + rule.extension_days * n, rule.most_days))
        on = start.astimezone(zone).date()
        clocks.append(Clock(trigger, on, days, n, on + timedelta(days=length)))
    return Hold(tuple(clocks), events.is_at_top, _exempt_until(events.ordered_on, rule))


def goes_on(
    due_on: date | None, *, night: date, shortest: int | None, warned_on: date | None
) -> date | None:
    """The last day on which the owner has the customer, warnings considered.

    Nobody loses a customer unwarned: whoever was not warned of `due_on` yet hears of it in the next
    night (of the day `night`) at the earliest, and keeps the customer for the shortest warning
    period (days) from then on. `shortest` is None where nobody is warned.

    Due on 5 March, warned on 4 March a day before: 5 March. Due on 5 March, but never warned, the
    next night is that of 20 March: 21 March.
    """
    if due_on is None or shortest is None:
        return due_on
    return max(due_on, (warned_on or night) + timedelta(days=shortest))


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: 31 January and a month: 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def shortest_of(warning_days: Iterable[int]) -> int | None:
    return min(warning_days, default=None)


def _end_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day + DAY, time(), tzinfo=zone) - LEAST


def _exempt_until(ordered_on: date | None, rule: Rule) -> date | None:
    if ordered_on is None or not rule.exempt_order_months:
        return None
    return months_after(ordered_on, rule.exempt_order_months)
