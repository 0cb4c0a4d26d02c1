"""The day of a person, and the groups into which the coming days fall."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OVERDUE, TODAY, TOMORROW, WEEK, LATER = "overdue", "today", "tomorrow", "week", "later"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days of a group, both included; None: without end on that side. Empty if first > last."""

    key: str
    first: date | None
    last: date | None

    @property
    def is_empty(self) -> bool:
        return self.first is not None and self.last is not None and self.first > self.last

    def has(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def spans(today: date) -> tuple[Span, ...]:
    """Overdue, today, tomorrow, the rest of this week up to Sunday, later: each day in one of them.

    On a Saturday and a Sunday nothing is left of the week beyond tomorrow.
    """
    tomorrow = today + ONE_DAY
    sunday = today + timedelta(days=6 - today.weekday())
    end = max(sunday, tomorrow)
    return (
        Span(OVERDUE, None, today - ONE_DAY),
        Span(TODAY, today, today),
        Span(TOMORROW, tomorrow, tomorrow),
        Span(WEEK, tomorrow + ONE_DAY, end),
        Span(LATER, end + ONE_DAY, None),
    )


def zone_of(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone; one that this machine doesn't know becomes the other."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return otherwise


def is_passed(day: date, at: time | None, *, now: datetime) -> bool:
    """Whether the time of that day lies before `now`, which stands in the zone of both."""
    local = (now.date(), now.time().replace(tzinfo=None))
    return day < local[0] or (day == local[0] and at is not None and at < local[1])
