"""The next time that a day of every year comes round. Plain Python."""

import calendar
from dataclasses import dataclass
from datetime import date

FEBRUARY, LEAP_DAY = 2, 29


@dataclass(frozen=True)
class NextTime:
    """`turns` is the number of years since the first one, None where its year is not known."""

    on: date
    days: int
    turns: int | None


def is_day_of_a_year(*, month: int, day: int, year: int | None = None) -> bool:
    """Whether there is such a day, in that year or, without one, in some year."""
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        return False
    # 2000 was a leap year.
    return 1 <= day <= calendar.monthrange(2000 if year is None else year, month)[1]


def next_time(*, month: int, day: int, year: int | None, as_of: date) -> NextTime:
    """The next day, `as_of` included, on which the day of the year is kept.

    29 February is kept on the 28th in years that lack it, so that no greeting comes a day late.
    Formula: turns = year of that day − `year` (1–9999, the year of the first one); None without it,
    and where that is not above 0. Raises ValueError where no year has such a day.
    Example: 29 February 1988, as of 20 February 2027 → 28 February 2027, in 8 days, turns 39.
    """
    on = _in_year(month, day, as_of.year)
    if on < as_of:
        on = _in_year(month, day, as_of.year + 1)
    turns = None if year is None else on.year - year
    return NextTime(on, (on - as_of).days, turns if turns is None or turns > 0 else None)


def _in_year(month: int, day: int, year: int) -> date:
    if (month, day) == (FEBRUARY, LEAP_DAY) and not calendar.isleap(year):
        return date(year, FEBRUARY, LEAP_DAY - 1)
    return date(year, month, day)
