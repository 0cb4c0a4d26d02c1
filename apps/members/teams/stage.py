"""How far a team has grown together, by its age in its present form.

    forming     from its first day until it is two months old
    storming    from two months until four
    norming     from four months until six
    performing  from six months on

Months are those of the calendar: a team formed on 31 January is one month old on the last day of
February. docs/teams.md says it in words, with a worked table.
"""

from calendar import monthrange
from datetime import date

FORMING, STORMING, NORMING, PERFORMING = "forming", "storming", "norming", "performing"
# Stage and the age in months at which it begins, in order.
BEGINNINGS = ((FORMING, 0), (STORMING, 2), (NORMING, 4), (PERFORMING, 6))
YEAR = 12


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day where it has no such day.

    Example: two months after 31 December 2025 is 28 February 2026.
    """
    year, month = divmod(day.year * YEAR + day.month - 1 + months, YEAR)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def age_in_months(formed_on: date, as_of: date) -> int | None:
    """Whole calendar months from the first day to a day; None before the first day.

    Example: formed on 31 January, on 28 February of a common year it is 1.
    """
    if as_of < formed_on:
        return None
    months = (as_of.year - formed_on.year) * YEAR + as_of.month - formed_on.month
    return months if months_after(formed_on, months) <= as_of else months - 1


def stage_by_age(formed_on: date | None, as_of: date) -> str | None:
    """The stage of a day; None where the first day is not known or has not come.

    Example: formed on 1 June 2026, on 1 August 2026 it is storming.
    """
    age = None if formed_on is None else age_in_months(formed_on, as_of)
    if age is None:
        return None
    return next(stage for stage, begins in reversed(BEGINNINGS) if begins <= age)


def next_stage(formed_on: date | None, as_of: date) -> tuple[str, date] | None:
    """The stage that comes next and its first day; None without a first day, or in the last stage.

    Example: formed on 1 June 2026, on 15 June the next is storming, from 1 August 2026.
    """
    age = None if formed_on is None else age_in_months(formed_on, as_of)
    if formed_on is None or age is None:
        return None
    for stage, begins in BEGINNINGS:
        if begins > age:
            return stage, months_after(formed_on, begins)
    return None
