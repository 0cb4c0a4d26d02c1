"""Weeks, months, quarters and years as they stand in addresses: 2017-W40, 2017-10, 2017-Q4, 2017.

Days are inclusive. Weeks are ISO weeks: 2016-W52 ends on 1 January 2017.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

type Kind = Literal["week", "month", "quarter", "year"]

PATTERN = re.compile(
    r"(?P<year>[0-9]{4})(?:-W(?P<week>[0-9]{2})|-Q(?P<quarter>[1-4])|-(?P<month>[0-9]{2}))?"
)
# Far enough from the ends of the calendar that every period has one before and one after it.
FIRST_YEAR, LAST_YEAR = 1900, 2199
DAY = timedelta(days=1)


class NoPeriod(ValueError):  # noqa: N818 - named for what it says
    """The text names no week, month, quarter or year."""


@dataclass(frozen=True)
class Period:
    """A calendar period from `start` to `end`, both included; `key` is its form in addresses."""

    kind: Kind
    start: date
    end: date

    @property
    def key(self) -> str:
        if self.kind == "week":
            year, week, _day = self.start.isocalendar()
            return f"{year:04d}-W{week:02d}"
        if self.kind == "month":
            return f"{self.start.year:04d}-{self.start.month:02d}"
        if self.kind == "quarter":
            return f"{self.start.year:04d}-Q{(self.start.month + 2) // 3}"
        return f"{self.start.year:04d}"

    @property
    def label(self) -> str:
        """The period's name in the active language."""
        if self.kind == "week":
            year, week, _day = self.start.isocalendar()
            return _("Week %(week)d, %(year)d") % {"week": week, "year": year}
        if self.kind == "month":
            return date_format(self.start, "YEAR_MONTH_FORMAT", use_l10n=True)
        if self.kind == "quarter":
            quarter = (self.start.month + 2) // 3
            return _("Q%(quarter)d %(year)d") % {"quarter": quarter, "year": self.start.year}
        return str(self.start.year)

    @property
    def previous(self) -> "Period":
        """The period of the same kind just before."""
        return period_of(self.kind, self.start - DAY)

    @property
    def next(self) -> "Period":
        return period_of(self.kind, self.end + DAY)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def period_of(kind: Kind, day: date) -> Period:
    """The week, month, quarter or year in which a day lies."""
    if kind == "week":
        start = day - timedelta(days=day.weekday())
        return Period(kind, start, start + 6 * DAY)
    if kind == "year":
        return Period(kind, date(day.year, 1, 1), date(day.year, 12, 31))
    months = 1 if kind == "month" else 3
    first = day.month - (day.month - 1) % months
    return Period(kind, date(day.year, first, 1), _month_end(day.year, first + months - 1))


def parse_period(text: str) -> Period:
    """Read 2017-W40, 2017-10, 2017-Q4 or 2017; raises NoPeriod for anything else."""
    match = PATTERN.fullmatch(text)
    if match is None or not FIRST_YEAR <= int(match["year"]) <= LAST_YEAR:
        raise NoPeriod(_("“%(text)s” is not a period such as 2017-Q4.") % {"text": text})
    year = int(match["year"])
    try:
        if match["week"]:
            return period_of("week", date.fromisocalendar(year, int(match["week"]), 1))
        if match["quarter"]:
            return period_of("quarter", date(year, 3 * int(match["quarter"]), 1))
        if match["month"]:
            return period_of("month", date(year, int(match["month"]), 1))
        return period_of("year", date(year, 1, 1))
    except (ValueError, OverflowError) as error:
        raise NoPeriod(_("“%(text)s” is not a period such as 2017-Q4.") % {"text": text}) from error


def previous_range(start: date, end: date) -> tuple[date, date]:
    """The days to compare with: the calendar period before, else as many days just before."""
    for kind in ("week", "month", "quarter", "year"):
        period = period_of(kind, start)
        if (period.start, period.end) == (start, end):
            return period.previous.start, period.previous.end
    return start - (end - start) - DAY, start - DAY


def _month_end(year: int, month: int) -> date:
    return date(year, 12, 31) if month == 12 else date(year, month + 1, 1) - DAY  # noqa: PLR2004
