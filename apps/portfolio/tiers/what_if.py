"""What another rule would change of today's customers; reads only."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.customers.models import Customer
from apps.portfolio.models import TierOverride, TierRule
from apps.portfolio.tiers.ranking import TIERS
from apps.portfolio.tiers.selectors import Rated, rated_on

SHOWN = 20


@dataclass(frozen=True)
class TierEffect:
    """A tier before and after; empty `tier`: the unrated. Worth is of the rated customers in it."""

    tier: str
    before: int
    after: int
    worth_before: Decimal
    worth_after: Decimal


@dataclass(frozen=True)
class Moved:
    customer: Customer
    before: str
    after: str
    worth: Decimal | None
    rank: int | None


@dataclass(frozen=True)
class Effect:
    """`moved` names the first of the `changed` customers, those of the greatest worth first."""

    as_of: date
    tiers: list[TierEffect]
    changed: int
    moved: list[Moved]
    by_hand: int


def effect_of(rule: TierRule, as_of: date) -> Effect:
    """The tiers by this rule beside those by the saved one, both as of the day.

    A tier set by hand stays by either rule. Hysteresis is left out: this is where the customers
    stand once the change has held.
    """
    now = {row.customer_id: row for row in rated_on(as_of)}
    then = {row.customer_id: row for row in rated_on(as_of, rule)}
    by_hand = dict(
        TierOverride.objects.in_force().order_by("at", "pk").values_list("customer", "tier")
    )
    pairs = [
        (pk, _tier(row, by_hand), _tier(then[pk], by_hand)) for pk, row in now.items() if pk in then
    ]
    moved = sorted(
        (then[pk].rank or len(then) + pk, pk, before, after)
        for pk, before, after in pairs
        if before != after
    )
    return Effect(
        as_of=as_of,
        tiers=[_effect(tier, pairs, now, then) for tier in (*TIERS, "")],
        changed=len(moved),
        moved=_named([(pk, before, after) for _rank, pk, before, after in moved[:SHOWN]], then),
        by_hand=sum(pk in now for pk in by_hand),
    )


def _tier(row: Rated, by_hand: dict[int, str]) -> str:
    return by_hand.get(row.customer_id, row.tier)


def _effect(
    tier: str,
    pairs: list[tuple[int, str, str]],
    now: dict[int, Rated],
    then: dict[int, Rated],
) -> TierEffect:
    before = [now[pk] for pk, old, _new in pairs if old == tier]
    after = [then[pk] for pk, _old, new in pairs if new == tier]
    return TierEffect(tier, len(before), len(after), _worth(before), _worth(after))


def _worth(rows: list[Rated]) -> Decimal:
    return sum((row.worth for row in rows if row.worth is not None), Decimal(0))


def _named(moved: list[tuple[int, str, str]], then: dict[int, Rated]) -> list[Moved]:
    customers = Customer.objects.in_bulk([pk for pk, _before, _after in moved])
    return [
        Moved(customers[pk], before, after, then[pk].worth, then[pk].rank)
        for pk, before, after in moved
    ]
