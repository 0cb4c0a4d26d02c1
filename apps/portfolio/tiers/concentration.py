"""How unevenly worth is spread over customers: the points of a Pareto curve, in plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Bucket:
    """Some customers that follow each other in rank, with the worth that they bring together."""

    customers: int
    worth: Decimal


def curve(buckets: Sequence[Bucket], steps: int) -> list[Decimal] | None:
    """The share of worth that the best 0/steps, 1/steps … of the customers bring; None without worth.

    Between the ends of two buckets the curve runs straight. Losses count: where there are any, it
    climbs above 1 and comes back to it. Worked, 2 steps of buckets 1 × 90 and 3 × 10: the best half
    is the first customer and a third of the others, (90 + 10/3) ÷ 100 = 0.9333: [0, 0.9333, 1].
    """
    count = sum(bucket.customers for bucket in buckets)
    total = sum((bucket.worth for bucket in buckets), Decimal(0))
    if total <= 0:
        return None
    shares, reached, worth, place = [], 0, Decimal(0), 0
    for step in range(steps + 1):
        asked = Decimal(count * step) / steps
        while place < len(buckets) and reached + buckets[place].customers <= asked:
            reached += buckets[place].customers
            worth += buckets[place].worth
            place += 1
        part = Decimal(0)
        if place < len(buckets):
            part = (asked - reached) / buckets[place].customers * buckets[place].worth
        shares.append((worth + part) / total)
    return shares
