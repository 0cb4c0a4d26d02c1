"""A customer's stage, from its orders, contacts and open opportunities. Plain arithmetic.

    orders    those with a value above zero; a return is none. Order days are different days.
    gap       median of the days between one order day and the next; with fewer than two order days
              the firm's: the median of the customers' own gaps, to a tenth of a day; else none
    at risk   from  last order + max(60 days, 1.5 × gap)
    lapsed    from  last order + max(90 days, 2 × gap)          both rounded up to whole days

The first line that holds decides:

    1. never ordered, never reached, nothing offered        attract
    2. never ordered                                        convert
    3. at risk or lapsed                                    win back
    4. ordered from more than one product line, or an open
       opportunity in a line that it has not ordered from   deepen
    5. else                                                 maintain

Source: domain.md, section 2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import median

from apps.members.lifecycle import LifecycleStage

LAPSE_FACTOR, LAPSE_LEAST = Decimal(2), 90
RISK_FACTOR, RISK_LEAST = Decimal("1.5"), 60
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Facts:
    """What is known of a customer on a day; lines are any hashable names of product lines."""

    order_days: Sequence[date] = ()
    lines: frozenset[int] = frozenset()
    open_lines: frozenset[int] = frozenset()
    is_reached: bool = False


@dataclass(frozen=True)
class Life:
    """The stage and why; `risk_on` and `lapses_on` are None without orders."""

    stage: LifecycleStage
    median_gap_days: Decimal | None
    gap_days: Decimal | None
    last_ordered_on: date | None
    risk_on: date | None
    lapses_on: date | None

    def is_at_risk(self, day: date) -> bool:
        """By the day an order was to be expected, and it has not lapsed yet."""
        if self.risk_on is None or self.lapses_on is None:
            return False
        return self.risk_on <= day < self.lapses_on


def median_gap(order_days: Iterable[date]) -> Decimal | None:
    """Median of the days between an order day and the next; None with fewer than two of them.

    1 January, 11 January, 31 January: gaps of 10 and 20 days, so 15.
    """
    days = sorted(set(order_days))
    gaps = [Decimal((later - earlier).days) for earlier, later in pairwise(days)]
    return median(gaps) if gaps else None


def firm_gap(gaps: Iterable[Decimal]) -> Decimal | None:
    """The median of the customers' own gaps, to a tenth of a day; None where nobody has one."""
    known = list(gaps)
    return median(known).quantize(TENTH, ROUND_HALF_UP) if known else None


def _after(last: date, factor: Decimal, gap: Decimal | None, least: int) -> date:
    days = least
    if gap is not None:
        days = max(least, int((factor * gap).to_integral_value(ROUND_CEILING)))
    return last + timedelta(days=days)


def life_of(facts: Facts, *, firm: Decimal | None, as_of: date) -> Life:
    """The customer's stage on a day; orders of later days are ignored. `firm`: see `firm_gap`.

    Order days 1 January, 11 January, 31 January: gap 15, at risk and so to be won back from 1 April
    (60 days), lapsed from 1 May (90 days) of a year without 29 February.
    """
    days = [day for day in facts.order_days if day <= as_of]
    if not days:
        is_known = facts.is_reached or bool(facts.open_lines)
        stage = LifecycleStage.CONVERT if is_known else LifecycleStage.ATTRACT
        return Life(stage, None, firm, None, None, None)
    last, own = max(days), median_gap(days)
    gap = firm if own is None else own
    lapses_on = _after(last, LAPSE_FACTOR, gap, LAPSE_LEAST)
    risk_on = _after(last, RISK_FACTOR, gap, RISK_LEAST)
    stage = LifecycleStage.WIN_BACK if as_of >= risk_on else _ordering(facts)
    return Life(stage, own, gap, last, risk_on, lapses_on)


def _ordering(facts: Facts) -> LifecycleStage:
    is_wider = len(facts.lines) > 1 or bool(facts.open_lines - facts.lines)
    return LifecycleStage.DEEPEN if is_wider else LifecycleStage.MAINTAIN
