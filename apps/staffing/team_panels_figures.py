"""Arithmetic of the signs by which a team's stage shows; docs/teams.md has each formula.

None says that there is no basis for a figure, never 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

# A spread needs somebody to compare with, a share somebody to share with.
FEWEST = 2


@dataclass(frozen=True)
class Spread:
    """Results of `n` members: `ratio` is best ÷ median; None where the median is not above 0."""

    best: Decimal
    median: Decimal
    n: int
    ratio: Decimal | None


def spread(results: Sequence[Decimal]) -> Spread | None:
    """How far the best result lies above the middle one; None with fewer than two members.

    Example: 100, 200 and 600 spread 600 ÷ 200 = 3.
    """
    if len(results) < FEWEST:
        return None
    middle = Decimal(median(results))
    best = max(results)
    return Spread(best, middle, len(results), best / middle if middle > 0 else None)


def best_share(results: Sequence[Decimal]) -> Decimal | None:
    """The best result ÷ the sum of all, 0–1; None with fewer than two members or no sum above 0.

    Results below 0 (more returned than sold) count as 0, so that no share exceeds 1. Example: 100,
    100 and 200 give 0.5.
    """
    counted = [max(result, Decimal(0)) for result in results]
    total = sum(counted, Decimal(0))
    if len(counted) < FEWEST or total <= 0:
        return None
    return max(counted) / total


def share(part: int, whole: int) -> Decimal | None:
    """Part ÷ whole, 0–1; None of nobody. Example: 1 of 4 is 0.25."""
    return Decimal(part) / whole if whole else None


def middle(values: Sequence[Decimal | int | None]) -> Decimal | None:
    """The median of the known values; None where none is known. Example: 1, 2 and 5 give 2."""
    known = [Decimal(value) for value in values if value is not None]
    return Decimal(median(known)) if known else None
