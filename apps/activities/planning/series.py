"""Days of a next step that repeats."""

from calendar import monthrange
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Repeats(models.TextChoices):
    NONE = "none", _("Once")
    WEEKLY = "weekly", _("Every week")
    TWO_WEEKS = "two_weeks", _("Every two weeks")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    YEARLY = "yearly", _("Every year")


WEEKS = {Repeats.WEEKLY: 1, Repeats.TWO_WEEKS: 2}
MONTHS = {Repeats.MONTHLY: 1, Repeats.QUARTERLY: 3, Repeats.YEARLY: 12}


def months_later(day: date, months: int) -> date:
    """The same day of the month that many months later, or the month's last day if it has no such.

    >>> months_later(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_of_series(repeats: str, first: date, number: int) -> date:
    """The day with that number, counted from the first, which has 0.

    Counted from the first day and not from the one before, so that the end of a short month changes
    nothing after it: 31 January, 28 February, 31 March.
    """
    if repeats in WEEKS:
        return first + timedelta(weeks=WEEKS[Repeats(repeats)] * number)
    return months_later(first, MONTHS[Repeats(repeats)] * number)


def next_of_series(repeats: str, *, first: date, after: date) -> date | None:
    """The earliest day of the series after a day; None where nothing repeats.

    >>> next_of_series("monthly", first=date(2026, 1, 31), after=date(2026, 2, 28))
    datetime.date(2026, 3, 31)
    """
    if repeats == Repeats.NONE:
        return None
    if repeats in WEEKS:
        passed = (after - first).days // (7 * WEEKS[Repeats(repeats)])
    else:
        apart = (after.year - first.year) * 12 + after.month - first.month
        # The day may come later in the month than `after`.
        passed = apart // MONTHS[Repeats(repeats)] - 1
    number = max(passed, 0)
    while (day := day_of_series(repeats, first, number)) <= after:
        number += 1
    return day
