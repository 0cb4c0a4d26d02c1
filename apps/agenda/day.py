"""Where days begin in a zone, and the days and hours that a calendar shows. Plain Python."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = 7
# Hours of the day that a calendar shows in any case: from 07:00 until 20:00.
FIRST_HOUR, LAST_HOUR = 7, 19
# Days beyond these are taken for these: nothing happened there, and every zone knows them.
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


def within(day: date) -> date:
    """The day, or the nearest one that a calendar reaches."""
    return min(max(day, EARLIEST), LATEST)


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the day in the zone.

    Where the clock leaps over midnight, that is the instant of the leap: in Beirut 27 March 2022
    begins at 01:00.
    """
    return _midnight(within(day), zone)


def ends(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after the day: 23, 24 or 25 hours after its first."""
    return _midnight(within(day) + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    # Of a time that does not exist, the way to UTC and back gives the one after the leap.
    return midnight.astimezone(UTC).astimezone(zone)


def week_of(day: date, first_weekday: int) -> list[date]:
    """The seven days of the day's week; `first_weekday` is 0 for Monday … 6 for Sunday.

    The week of Sunday, 22 November 2026, is 16 to 22 with 0 and 22 to 28 with 6.
    """
    start = within(day) - timedelta(days=(within(day).weekday() - first_weekday) % WEEK)
    return [start + timedelta(days=n) for n in range(WEEK)]


def hours_shown(hours: Iterable[int]) -> range:
    """The hours that a calendar shows for entries that begin in these (0–23): 7 to 19, or more."""
    known = [FIRST_HOUR, LAST_HOUR, *hours]
    return range(min(known), max(known) + 1)
