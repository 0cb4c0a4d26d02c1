"""Which tier a customer's worth gives: plain arithmetic, no database, no clock.

The night does the same set-based (`statements`); a test holds the two together on random data.
Source: domain handbook, section 2; docs/metrics.md, “Tiers”.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

# Worth by number of customers, or by the profit that they bring together.
BY_COUNT, BY_VALUE = "count", "value"
TIERS = ("A", "B", "C")
# Of the room between the minimum that qualifies and the highest score, where provisional A begins.
PROVISIONAL_A = Decimal("0.75")


@dataclass(frozen=True)
class Borders:
    """Where the tiers end, as cumulative shares 0–1 of customers (by count) or of worth (by value).

    By count 20 % A and then 30 % B are `a` 0.2 and `b` 0.5.
    """

    mode: str
    a: Decimal
    b: Decimal


@dataclass(frozen=True)
class Sale:
    """An order of the window: value and cost in the organisation's currency; a return is negative."""

    value: Decimal
    cost: Decimal | None = None


@dataclass(frozen=True)
class Worth:
    """What a customer's orders of the window come to, in the organisation's currency."""

    worth: Decimal
    revenue: Decimal
    orders: int
    orders_without_cost: int

    @property
    def basis(self) -> str:
        if not self.orders_without_cost:
            return "profit"
        return "revenue" if self.orders_without_cost == self.orders else "mixed"


@dataclass(frozen=True)
class Candidate:
    """A customer with orders in the window."""

    pk: int
    created_at: datetime
    worth: Decimal


@dataclass(frozen=True)
class Place:
    """Where a customer stands: `rank` from 1, the tier, and the share reached with it.

    `share` is of all positive worth, 0–1, what this customer and those before it bring; None where
    nobody's worth is above zero.
    """

    pk: int
    rank: int
    share: Decimal | None
    tier: str


def months_before(day: date, months: int) -> date:
    """The same day so many months before, or the month's last: 29 February − 12 is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def worth_of(sales: Iterable[Sale]) -> Worth | None:
    """Σ (value − cost) of the orders with a known cost + Σ value of the others; None without orders.

    An order of 100 that cost 60, one of 50 of unknown cost and a return of 10 that cost 6 back:
    (100 − 60) + 50 + (−10 + 6) = 86.
    """
    rows = list(sales)
    if not rows:
        return None
    return Worth(
        worth=sum((sale.value - (sale.cost or 0) for sale in rows), Decimal(0)),
        revenue=sum((sale.value for sale in rows), Decimal(0)),
        orders=len(rows),
        orders_without_cost=sum(sale.cost is None for sale in rows),
    )


def places(candidates: Iterable[Candidate], borders: Borders) -> list[Place]:
    """Every candidate's place, the best first; of equal worth, the earlier customer goes first.

    Earlier is by the moment of creation, then by the key. A customer belongs to a tier while the share reached with it does not pass the tier's border:
    by count rank ÷ n, by value (worth of it and those before it) ÷ (all positive worth). So shares
    of customers round down, and who crosses a border belongs below it. The best customer is A
    whatever its share, if its worth is above zero. By value, worth of zero or less is C.

    Worked, by value, borders 0.8 and 0.95: worths 70, 10, 12, −5 stand at 70, 12, 10, −5 with the
    shares 0.761, 0.891, 1, 1 of 92: A, B, C, C.
    """
    ranked = sorted(candidates, key=lambda one: (-one.worth, one.created_at, one.pk))
    total = sum((one.worth for one in ranked if one.worth > 0), Decimal(0))
    found, upto = [], Decimal(0)
    for rank, one in enumerate(ranked, start=1):
        upto += max(one.worth, Decimal(0))
        tier = _tier(one.worth, rank, upto, (len(ranked), total), borders)
        found.append(Place(one.pk, rank, upto / total if total else None, tier))
    return found


def _tier(
    worth: Decimal, rank: int, upto: Decimal, of: tuple[int, Decimal], borders: Borders
) -> str:
    count, total = of
    if borders.mode == BY_VALUE and worth <= 0:
        return "C"
    reached, whole = (Decimal(rank), count) if borders.mode == BY_COUNT else (upto, total)
    if (rank == 1 and worth > 0) or reached <= borders.a * whole:
        return "A"
    return "B" if reached <= borders.b * whole else "C"


def provisional_from(minimum: int, maximum: int) -> Decimal:
    """The score from which provisional A begins: minimum + ¾ × (maximum − minimum); 8 of 12: 11."""
    return minimum + PROVISIONAL_A * (maximum - minimum)


def provisional_tier(
    score: int | None, minimum: int, maximum: int, *, is_parked: bool = False
) -> str:
    """The tier that a potential score stands for until there are orders; empty without a score.

    Below the minimum that qualifies, or parked by a veto: C. From `provisional_from` on: A. Between
    them B. With 8 of 12: 11 and 12 are A, 8 to 10 B, 7 and less C.
    """
    if score is None:
        return ""
    if score < minimum or is_parked:
        return "C"
    return "A" if score >= provisional_from(minimum, maximum) else "B"


@dataclass(frozen=True)
class TierSum:
    """One tier's part of the whole; a share is None where there is nothing to share."""

    tier: str
    customers: int
    worth: Decimal
    share_of_customers: Decimal | None
    share_of_worth: Decimal | None


def concentration(worths: Sequence[tuple[str, int, Decimal]]) -> list[TierSum]:
    """Each tier's share of the rated customers and of their worth, from (tier, customers, worth).

    The share of worth is of the plain sum, losses included: None where that is not above zero.
    Tier A with 2 of 10 customers and 900 of 1,000: 0.2 and 0.9.
    """
    known = {tier: (customers, worth) for tier, customers, worth in worths}
    count = sum(customers for customers, _worth in known.values())
    total = sum((worth for _customers, worth in known.values()), Decimal(0))
    sums = []
    for tier in TIERS:
        customers, worth = known.get(tier, (0, Decimal(0)))
        share = Decimal(customers) / count if count else None
        sums.append(TierSum(tier, customers, worth, share, worth / total if total > 0 else None))
    return sums
