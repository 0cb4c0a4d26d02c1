"""Comparison of a figure with the one before."""

from decimal import Decimal


def relative_change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """(now − before) ÷ |before| as a rate: 0.1 is 10 % more; None without a basis (None or 0).

    Example: 110 after 100 is 0.1.
    """
    if now is None or before is None or before == 0:
        return None
    return (now - before) / abs(before)


def win_rate(won: int, lost: int) -> Decimal | None:
    """Share of the closed opportunities that were won, 0–1; None where none was closed.

    Example: 3 won and 1 lost are 0.75.
    """
    if won < 0 or lost < 0:
        raise ValueError("counts are not negative")
    return Decimal(won) / (won + lost) if won + lost else None
