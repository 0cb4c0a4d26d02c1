"""When a customer may be called or texted. Plain Python.

Everything is decided by the clock and the calendar where the customer is: a day is theirs, the hours
are those on their wall, and clocks that are put forward or back change neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.core.calendars import WorkCalendar

CALL, MESSAGE = "call", "message"
# Ways that disturb somebody at once; letters, emails, faxes and visits may be sent or made any time.
DISTURBING = frozenset({CALL, MESSAGE})
ONE_DAY = timedelta(days=1)
# Days that are searched for the next allowed instant; a calendar without any in them has none.
LONGEST_SEARCH = 400


class Rule(StrEnum):
    """What stands against a call or a text, the most lasting first."""

    DO_NOT_CALL = "do_not_call"
    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    HOURS = "hours"
    MOST_A_DAY = "most_a_day"
    TOO_SOON = "too_soon"


@dataclass(frozen=True)
class Limits:
    """From `first` on and before `until` (both wall clock), `most_a_day` calls, `apart` in minutes."""

    first: time
    until: time
    most_a_day: int
    apart: int
    are_weekends_allowed: bool = False


@dataclass(frozen=True)
class Refusal:
    """The rule that stands against it now, and when nothing does any more (UTC); None: never."""

    rule: Rule
    next_at: datetime | None


@dataclass(frozen=True)
class Place:
    """Where the customer is: its clock, its days off, and when it was called before."""

    zone: tzinfo
    calendar: "WorkCalendar"
    earlier_calls: tuple[datetime, ...] = ()


def check(
    *,
    now: datetime,
    channel: str,
    place: Place,
    limits: Limits,
    has_asked: bool = False,
    is_do_not_call: bool = False,
) -> Refusal | None:
    """None where the customer may be reached by the channel now, else what stands against it.

    Calls and texts keep to the hours, weekends and holidays; how many a day and how far apart is
    counted of calls alone. Whoever asked for it may be called at any time; whoever must not be
    called, never. `now` and `place.earlier_calls` are aware instants.
    Example: in Berlin on Friday, 6 March 2026, at 20:00, hours 09:00-20:00: HOURS, until Monday, 9
    March, 08:00 UTC (weekends are not allowed).
    Source: docs/calling.md.
    """
    if channel not in DISTURBING:
        return None
    if is_do_not_call:
        return Refusal(Rule.DO_NOT_CALL, None)
    if has_asked:
        return None
    instant = now.astimezone(UTC)
    calls = [at.astimezone(UTC) for at in place.earlier_calls] if channel == CALL else None
    rule = _against(instant, place, limits, calls)
    if rule is None:
        return None
    return Refusal(rule, _next(instant, place, limits, calls))


def _against(
    instant: datetime, place: Place, limits: Limits, calls: Sequence[datetime] | None
) -> Rule | None:
    there = instant.astimezone(place.zone)
    day_off = _day_off(there.date(), place.calendar, limits)
    if day_off is not None:
        return day_off
    if not limits.first <= there.time() < limits.until:
        return Rule.HOURS
    if calls is None:
        return None
    that_day = sum(at.astimezone(place.zone).date() == there.date() for at in calls)
    if that_day >= limits.most_a_day:
        return Rule.MOST_A_DAY
    if any(abs(instant - at) < timedelta(minutes=limits.apart) for at in calls):
        return Rule.TOO_SOON
    return None


def _day_off(day: date, calendar: "WorkCalendar", limits: Limits) -> Rule | None:
    special = calendar.special_days(day.year).get(day)
    if special is not None:
        return None if special.is_working else Rule.HOLIDAY
    if limits.are_weekends_allowed or day.isoweekday() in calendar.weekdays:
        return None
    return Rule.WEEKEND


def _next(
    instant: datetime, place: Place, limits: Limits, calls: Sequence[datetime] | None
) -> datetime | None:
    """The first instant after the refused one at which nothing stands against it.

    Allowed times are stretches that begin at the opening hour, where the clock jumps into the hours,
    or when a call is long enough ago: so these alone are tried, day by day.
    """
    waited = [at + timedelta(minutes=limits.apart) for at in calls or ()]
    first = instant.astimezone(place.zone).date()
    for n in range(LONGEST_SEARCH):
        day = first + ONE_DAY * n
        starts = {*_openings(day, limits.first, place.zone), *_jumps(day, place.zone), *waited}
        for start in sorted(start for start in starts if start > instant):
            is_of_day = start.astimezone(place.zone).date() == day
            if is_of_day and _against(start, place, limits, calls) is None:
                return start
    return None


def _openings(day: date, first: time, zone: tzinfo) -> Iterator[datetime]:
    """When the clock shows the hour: twice on a night in which it is put back."""
    for fold in (0, 1):
        yield datetime.combine(day, first, zone).replace(fold=fold).astimezone(UTC)


def _jumps(day: date, zone: tzinfo) -> Iterator[datetime]:
    """The second at which the clock is put forward or back around the day; mostly never."""
    noon = datetime.combine(day, time(12), UTC)
    # Wide enough for every zone: they lie up to 14 hours from UTC.
    early, late = noon - ONE_DAY * 1.5, noon + ONE_DAY * 1.5
    before = early.astimezone(zone).utcoffset()
    if before == late.astimezone(zone).utcoffset():
        return
    while late - early > timedelta(seconds=1):
        middle = (early + (late - early) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    yield late
