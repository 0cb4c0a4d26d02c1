"""Dwell time: how many days opportunities stay at a level before they move up."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

MEDIAN = Decimal("0.5")
LONG = Decimal("0.8")
# A team's own 80th percentile is used from this many cases on; below, the organisation's.
ENOUGH = 20


def percentile(days: Sequence[int], fraction: Decimal) -> Decimal | None:
    """The value below which a `fraction` (0–1) of the days lies, interpolated; None without days.

    With n sorted values the place is fraction·(n−1), counted from 0; between two values it lies
    proportionally, as PostgreSQL’s percentile_cont has it. Example: 80 % of 1, 2, 3, 10 is 5.8:
    place 2.4, between 3 and 10.
    """
    if not 0 <= fraction <= 1:
        raise ValueError("a fraction lies between 0 and 1")
    if not days:
        return None
    ordered = sorted(days)
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def days_between(entered: date, moved: date) -> int:
    """Whole days from entering a level to leaving it; the same day is 0."""
    return (moved - entered).days


def is_stuck(days_at_level: int, limit_days: Decimal | None) -> bool:
    """Longer at its level than 80 % of those that moved up; never without such a limit."""
    return limit_days is not None and days_at_level > limit_days


def limit_for(
    *, team_n: int, team_p80: Decimal | None, wider_p80: Decimal | None
) -> Decimal | None:
    """The limit that an opportunity is measured by: its team's, below 20 cases the organisation's."""
    return team_p80 if team_n >= ENOUGH else wider_p80
