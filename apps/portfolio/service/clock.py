"""The business-hours clock: it runs while the firm works and stands at night and on days off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, pairwise
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
NOTHING = timedelta(0)
# A clock whose firm doesn't work for so long has no due instant: the calendar refuses it before.
LONGEST_BREAK = 366


@dataclass(frozen=True)
class BusinessHours:
    """When the firm works: from `opens` to `closes` of each working day, in its own zone."""

    opens: time
    closes: time
    zone: ZoneInfo
    is_working_day: Callable[[date], bool]

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def window(self, day: date) -> tuple[datetime, datetime]:
        """The day's business hours as instants: right on days of 23 and 25 hours, too."""
        opens = datetime.combine(day, self.opens, tzinfo=self.zone)
        closes = datetime.combine(day, self.closes, tzinfo=self.zone)
        return opens.astimezone(UTC), closes.astimezone(UTC)

    def windows(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        """The business hours of the working days from `first` on, without end.

        Raises ValueError where the firm doesn't work for more than a year.
        """
        rest = 0
        for number in count():
            day = first + number * ONE_DAY
            if self.is_working_day(day):
                rest = 0
                yield self.window(day)
            else:
                rest += 1
            if rest > LONGEST_BREAK:
                message = f"no working day within a year of {day}"
                raise ValueError(message)


class Pause(StrEnum):
    """Why the clock stood; a pause that holds a free day is not called a night."""

    NIGHT = "night"
    DAYS_OFF = "days_off"


@dataclass(frozen=True)
class Break:
    """The clock stood from `starts_at` to `ends_at`; `days` are the free days in it."""

    starts_at: datetime
    ends_at: datetime
    kind: Pause
    days: tuple[date, ...] = ()


def hours_used(start: datetime, end: datetime, hours: BusinessHours) -> timedelta:
    """How long the clock ran between two instants: Σ of the parts of business hours between them.

    Nothing where `end` is not after `start`. From Friday 17:00 to Monday 10:00 with hours from 9 to
    18: 1 h + 1 h = 2 h.
    """
    used = NOTHING
    if end <= start:
        return used
    for opens, closes in hours.windows(hours.day_of(start)):
        if opens >= end:
            break
        used += max(min(closes, end) - max(opens, start), NOTHING)
    return used


def due_at(start: datetime, allowed: timedelta, hours: BusinessHours) -> datetime:
    """The instant at which the clock, started at `start`, has run for `allowed`.

    Friday 17:00 and 4 hours with hours from 9 to 18: Monday 12:00. An allowance that ends with a
    day is due when that day closes. Raises ValueError where `allowed` is not above zero.
    """
    if allowed <= NOTHING:
        message = "an allowance is above zero"
        raise ValueError(message)
    left = allowed
    for opens, closes in hours.windows(hours.day_of(start)):
        begins = max(opens, start)
        runs = max(closes - begins, NOTHING)
        if runs >= left:
            return begins + left
        left -= runs
    raise AssertionError  # windows never end


def breaks(start: datetime, end: datetime, hours: BusinessHours) -> list[Break]:
    """When and why the clock stood between two instants, in order; what it used is the rest."""
    if end <= start:
        return []
    ran = [(start, start)]
    for opens, closes in hours.windows(hours.day_of(start)):
        if opens >= end:
            break
        begins, ends = max(opens, start), min(closes, end)
        if ends > begins:
            ran.append((begins, ends))
    ran.append((end, end))
    return [
        _break(stopped, begins, hours)
        for (_start, stopped), (begins, _end) in pairwise(ran)
        if begins > stopped
    ]


def _break(starts_at: datetime, ends_at: datetime, hours: BusinessHours) -> Break:
    first, last = hours.day_of(starts_at), hours.day_of(ends_at)
    days = (first + number * ONE_DAY for number in range((last - first).days + 1))
    free = tuple(day for day in days if not hours.is_working_day(day))
    return Break(starts_at, ends_at, Pause.DAYS_OFF if free else Pause.NIGHT, free)
