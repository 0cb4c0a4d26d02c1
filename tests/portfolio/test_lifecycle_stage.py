"""The rule of a customer's stage."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.members.lifecycle import LifecycleStage
from apps.portfolio.lifecycle.stage import Facts, firm_gap, life_of, median_gap

NEW_YEAR = date(2026, 1, 1)
DAYS = st.integers(-730, 180).map(lambda number: NEW_YEAR + timedelta(days=number))
FACTS = st.builds(
    Facts,
    order_days=st.lists(DAYS, max_size=8),
    lines=st.frozensets(st.integers(1, 3), max_size=3),
    open_lines=st.frozensets(st.integers(1, 3), max_size=3),
    is_reached=st.booleans(),
)
GAPS = st.none() | st.decimals(1, 200, places=1)


def day(number: int) -> date:
    return NEW_YEAR + timedelta(days=number)


def test_the_worked_example() -> None:
    orders = [date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 31)]

    life = life_of(Facts(orders, frozenset({1})), firm=None, as_of=date(2026, 2, 1))

    assert life.median_gap_days == Decimal(15)
    assert (life.risk_on, life.lapses_on) == (date(2026, 4, 1), date(2026, 5, 1))
    assert life.stage == LifecycleStage.MAINTAIN


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (Facts(), LifecycleStage.ATTRACT),
        (Facts(is_reached=True), LifecycleStage.CONVERT),
        (Facts(open_lines=frozenset({1})), LifecycleStage.CONVERT),
        (Facts([day(0)], frozenset({1})), LifecycleStage.MAINTAIN),
        (Facts([day(0)], frozenset({1}), frozenset({1})), LifecycleStage.MAINTAIN),
        (Facts([day(0)], frozenset({1}), frozenset({1, 2})), LifecycleStage.DEEPEN),
        (Facts([day(0)], frozenset({1, 2})), LifecycleStage.DEEPEN),
        (Facts([day(10)], frozenset({1, 2})), LifecycleStage.DEEPEN),
        (Facts([day(-90)], frozenset({1, 2}), frozenset({3}), True), LifecycleStage.WIN_BACK),
        (Facts([day(-60)], frozenset({1})), LifecycleStage.WIN_BACK),
        (Facts([day(-59)], frozenset({1})), LifecycleStage.MAINTAIN),
    ],
)
def test_the_first_rule_that_holds_decides(facts: Facts, stage: LifecycleStage) -> None:
    as_of = day(10) if facts.order_days == [day(10)] else NEW_YEAR

    assert life_of(facts, firm=None, as_of=as_of).stage == stage


def test_one_order_day_takes_the_firms_gap() -> None:
    facts = Facts([NEW_YEAR, NEW_YEAR], frozenset({1}))

    life = life_of(facts, firm=Decimal("70.3"), as_of=NEW_YEAR)

    assert (life.median_gap_days, life.gap_days) == (None, Decimal("70.3"))
    assert (life.risk_on, life.lapses_on) == (day(106), day(141))


def test_orders_of_later_days_are_ignored() -> None:
    life = life_of(Facts([day(5)], frozenset({1})), firm=None, as_of=day(4))

    assert life.stage == LifecycleStage.ATTRACT
    assert life.lapses_on is None


@pytest.mark.parametrize(
    ("days", "gap"),
    [
        ([], None),
        ([day(0)], None),
        ([day(0), day(0)], None),
        ([day(3), day(0)], Decimal(3)),
        ([day(0), day(3), day(7)], Decimal("3.5")),
    ],
)
def test_median_gap(days: list[date], gap: Decimal | None) -> None:
    assert median_gap(days) == gap


def test_the_firms_gap_is_the_median_of_the_customers_own() -> None:
    assert firm_gap([]) is None
    assert firm_gap([Decimal(10), Decimal("12.5")]) == Decimal("11.3")


@given(FACTS, GAPS, DAYS)
def test_who_is_at_risk_or_lapsed_is_to_be_won_back(
    facts: Facts, firm: Decimal | None, as_of: date
) -> None:
    life = life_of(facts, firm=firm, as_of=as_of)

    if life.last_ordered_on is None:
        assert life.stage in {LifecycleStage.ATTRACT, LifecycleStage.CONVERT}
        assert not life.is_at_risk(as_of)
        return
    assert life.risk_on is not None
    assert life.lapses_on is not None
    assert life.last_ordered_on < life.risk_on < life.lapses_on
    has_lapsed = as_of >= life.lapses_on
    is_lost = has_lapsed or life.is_at_risk(as_of)
    assert (life.stage == LifecycleStage.WIN_BACK) is is_lost
    assert not (has_lapsed and life.is_at_risk(as_of))


@given(FACTS, GAPS, DAYS)
def test_a_fresh_order_ends_every_lapse(facts: Facts, firm: Decimal | None, as_of: date) -> None:
    ordered = Facts([*facts.order_days, as_of], facts.lines, facts.open_lines, facts.is_reached)

    assert life_of(ordered, firm=firm, as_of=as_of).stage in {
        LifecycleStage.MAINTAIN,
        LifecycleStage.DEEPEN,
    }
