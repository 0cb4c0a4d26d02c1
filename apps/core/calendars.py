"""On which days the firm works: its weekdays, the holidays of its country, and its own exceptions.

A day is decided by the first of these that knows it:

1. an exception that an administrator entered (`CalendarDay`), day off or extra working day;
2. a public holiday of the country and region;
3. a weekend day on which the country works instead of another one (China's 调休);
4. the weekdays on which the firm works.

Holidays that a government announces year by year are known once the package `holidays` has them;
until then the exceptions say it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache

import holidays
from babel import Locale
from django.conf import settings
from django.utils import translation

from apps.core.models import CalendarDay, Organisation

ONE_DAY = timedelta(days=1)
WEEK = 7
# A year has a working day at the latest after this many days, or the calendar is refused.
LONGEST_BREAK = 366
# Our languages as the package names them, the closest first.
HOLIDAY_LANGUAGES = {
    "en": ("en_GB", "en_US", "en_HK"),
    "zh-hans": ("zh_CN", "zh_HK", "zh_TW"),
    "zh-hant": ("zh_TW", "zh_HK", "zh_CN"),
}
CLDR = {"en": "en_GB", "zh-hans": "zh_Hans_CN", "zh-hant": "zh_Hant_TW"}


@dataclass(frozen=True)
class SpecialDay:
    """A day that differs from what its weekday says, and why."""

    day: date
    name: str
    is_working: bool
    # Entered here, not taken from the country.
    is_own: bool = False


@dataclass(frozen=True)
class WorkCalendar:
    """`weekdays` are ISO weekdays, Monday = 1; `exceptions` go before everything else."""

    weekdays: frozenset[int]
    country: str = ""
    subdivision: str = ""
    exceptions: dict[date, SpecialDay] = field(default_factory=dict)

    @cached_property
    def _years(self) -> dict[int, dict[date, SpecialDay]]:
        return {}

    def special_days(self, year: int) -> dict[date, SpecialDay]:
        """The days of a year that its weekdays alone do not decide, in the order of the year."""
        if year not in self._years:
            days = dict(_country_days(self.country, self.subdivision, year, _language()))
            days |= {day: own for day, own in self.exceptions.items() if day.year == year}
            self._years[year] = dict(sorted(days.items()))
        return self._years[year]

    def is_working_day(self, day: date) -> bool:
        special = self.special_days(day.year).get(day)
        return special.is_working if special else day.isoweekday() in self.weekdays

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days there are from `first` to `last`, both included; 0 if turned round."""
        if last < first:
            return 0
        weeks, rest = divmod((last - first).days + 1, WEEK)
        started = (first + ONE_DAY * n for n in range(rest))
        count = weeks * len(self.weekdays)
        count += sum(day.isoweekday() in self.weekdays for day in started)
        for year in range(first.year, last.year + 1):
            for day, special in self.special_days(year).items():
                if first <= day <= last:
                    count += special.is_working - (day.isoweekday() in self.weekdays)
        return count

    def next_working_day(self, day: date) -> date:
        """The day itself if it is one, else the first one after it.

        Raises ValueError where a year has none.
        """
        for n in range(LONGEST_BREAK):
            if self.is_working_day(day + ONE_DAY * n):
                return day + ONE_DAY * n
        message = f"no working day within a year of {day}"
        raise ValueError(message)


@dataclass(frozen=True)
class CalendarYear:
    """A year as a page shows it; `months` are first days with their month's working days."""

    year: int
    days: list[SpecialDay]
    months: list[tuple[date, int]]

    @property
    def working_days(self) -> int:
        return sum(count for _first, count in self.months)


def year_of(calendar: WorkCalendar, year: int) -> CalendarYear:
    firsts = [date(year, month, 1) for month in range(1, 13)]
    lasts = [first - ONE_DAY for first in [*firsts[1:], date(year, 12, 31) + ONE_DAY]]
    months = [
        (first, calendar.working_days_between(first, last))
        for first, last in zip(firsts, lasts, strict=True)
    ]
    return CalendarYear(year, list(calendar.special_days(year).values()), months)


def calendar_of(organisation: Organisation) -> WorkCalendar:
    """The organisation's calendar, with its exceptions of all years: one query."""
    own = (
        SpecialDay(exception.day, exception.name, exception.is_working, is_own=True)
        for exception in CalendarDay.objects.all()
    )
    return WorkCalendar(
        weekdays=frozenset(organisation.working_days),
        country=organisation.country,
        subdivision=organisation.subdivision,
        exceptions={special.day: special for special in own},
    )


# The calendar that a request has read already; outside a request nothing is kept, as with the
# organisation.
_known: ContextVar[list[WorkCalendar] | None] = ContextVar("calendar", default=None)


@contextmanager
def calendar_scope() -> Iterator[None]:
    """Within this block the calendar is read from the database at most once."""
    token = _known.set([])
    try:
        yield
    finally:
        _known.reset(token)


def current_calendar() -> WorkCalendar:
    known = _known.get()
    if known:
        return known[0]
    calendar = calendar_of(Organisation.current())
    if known is not None:
        known.append(calendar)
    return calendar


def is_working_day(day: date) -> bool:
    """Whether the firm works on the day."""
    return current_calendar().is_working_day(day)


def working_days_between(first: date, last: date) -> int:
    """The firm's working days from `first` to `last`, both included."""
    return current_calendar().working_days_between(first, last)


def next_working_day(day: date) -> date:
    """The day itself if the firm works on it, else the next day on which it does."""
    return current_calendar().next_working_day(day)


def countries() -> list[tuple[str, str]]:
    """Codes and names of the countries whose holidays are known, by name in the active language."""
    return list(_countries(_language()))


def subdivisions(country: str) -> list[tuple[str, str]]:
    """Codes and names of a country's regions with holidays of their own; empty where it has none."""
    return list(_subdivisions(country))


def _language() -> str:
    code = translation.get_language() or settings.LANGUAGE_CODE
    return code if code in CLDR else "en"


@lru_cache(maxsize=len(CLDR))
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(CLDR[language]).territories
    codes = holidays.list_supported_countries(include_aliases=False)
    return tuple(sorted(((code, names.get(code, code)) for code in codes), key=lambda one: one[1]))


@lru_cache(maxsize=256)
def _subdivisions(country: str) -> tuple[tuple[str, str], ...]:
    if not country:
        return ()
    known = holidays.country_holidays(country)
    # Several languages may name one region; the first name is the country's own.
    names = {code: name for name, code in reversed(known.subdivisions_aliases.items())}
    pairs = ((code, names.get(code, code)) for code in known.subdivisions)
    return tuple(sorted(pairs, key=lambda one: one[1]))


@lru_cache(maxsize=512)
def _country_days(
    country: str, subdivision: str, year: int, language: str
) -> tuple[tuple[date, SpecialDay], ...]:
    """Public holidays, and weekend days worked instead of others; none without a country."""
    if not country:
        return ()
    # A region that the firm's former country had must not break a page.
    region = subdivision if subdivision in dict(_subdivisions(country)) else None
    known = holidays.country_holidays(country, subdiv=region, years=year, expand=False)
    spoken = [code for code in HOLIDAY_LANGUAGES[language] if code in known.supported_languages]
    if spoken:
        known = holidays.country_holidays(
            country, subdiv=region, years=year, expand=False, language=spoken[0]
        )
    days = [(day, SpecialDay(day, name, is_working=False)) for day, name in known.items()]
    worked = (day for day in known.weekend_workdays if day.year == year and day not in known)
    days += [(day, SpecialDay(day, "", is_working=True)) for day in worked]
    return tuple(sorted(days, key=lambda one: one[0]))
