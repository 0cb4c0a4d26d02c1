"""Working days and seasons of the countries where the sample firm sells.

Everything that happens in the firm happens on a working day of the seller's country, so days are
counted by their position in the country's list of working days.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

FRIDAY = 4
# Minutes of an office day.
OFFICE_MINUTES = 540
# Share of the usual activity by month: a slow start of the year, strong spring and autumn.
MONTHS = {
    "DE": (0.95, 1.0, 1.15, 0.95, 0.95, 1.1, 0.9, 0.75, 1.15, 1.05, 1.15, 0.85),
    "CN": (0.95, 0.85, 1.15, 1.05, 1.0, 1.1, 0.95, 0.95, 1.1, 0.95, 1.25, 1.0),
}
SUMMER = ((7, 15), (8, 25), 0.6)
CHRISTMAS = ((12, 18), (1, 7), 0.4)
NEW_YEAR_DIP = 0.4
NEW_YEAR_DAYS = 12


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of a country, with the season's pace and the quarter's end of each."""

    country: str
    days: list[date]
    pace: list[float]
    # Position of the last working day of the quarter before the day's own; -1 where none is known.
    previous_quarter_end: list[int]

    def at_or_after(self, day: date) -> int:
        return bisect_left(self.days, day)

    def at_or_before(self, day: date) -> int:
        return bisect_right(self.days, day) - 1

    @property
    def last(self) -> int:
        return len(self.days) - 1

    def office_instant(
        self, day: date, minute: int, zone: ZoneInfo, organisation_zone: ZoneInfo
    ) -> datetime:
        """A minute of the office day, or of the last working day before it (at least the first)."""
        index = max(self.at_or_before(day), 0)
        return office_instant(self.days[index], minute, zone, organisation_zone)


def working_calendar(country: str, start: date, until: date) -> WorkingCalendar:
    """Monday to Friday without the public holidays of the country, both days included."""
    years = range(start.year - 1, until.year + 2)
    free = holidays.country_holidays(country, years=list(years))
    festivals = sorted(day for day, name in free.items() if "春节" in name)
    span = (start + timedelta(days=n) for n in range((until - start).days + 1))
    days = [day for day in span if day.weekday() <= FRIDAY and day not in free]
    ends: list[int] = []
    end = -1
    for index, day in enumerate(days):
        if index and _quarter(days[index - 1]) != _quarter(day):
            end = index - 1
        ends.append(end)
    return WorkingCalendar(country, days, [_pace(country, d, festivals) for d in days], ends)


def working_calendars(
    countries: Iterable[str], start: date, until: date
) -> dict[str, WorkingCalendar]:
    """The calendar of each of the countries."""
    return {country: working_calendar(country, start, until) for country in sorted(set(countries))}


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _pace(country: str, day: date, festivals: list[date]) -> float:
    pace = MONTHS[country][day.month - 1]
    if country == "DE":
        if _within(day, SUMMER[0], SUMMER[1]):
            pace *= SUMMER[2]
        if _within(day, CHRISTMAS[0], CHRISTMAS[1]):
            pace *= CHRISTMAS[2]
    elif any(abs((day - festival).days) <= NEW_YEAR_DAYS for festival in festivals):
        pace *= NEW_YEAR_DIP
    return pace


def _within(day: date, first: tuple[int, int], last: tuple[int, int]) -> bool:
    at = (day.month, day.day)
    return first <= at <= last if first <= last else at >= first or at <= last


def office_instant(day: date, minute: int, zone: ZoneInfo, organisation_zone: ZoneInfo) -> datetime:
    """A minute of the office day (0 = 08:30) in the seller's zone.

    Falls back to the organisation's zone where the seller's morning is still the day before
    there: the record of a day has to lie on that day for the whole firm.
    """
    wall = datetime.combine(day, time(8, 30)) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=zone)
    if instant.astimezone(organisation_zone).date() != day:
        instant = wall.replace(tzinfo=organisation_zone)
    return instant
