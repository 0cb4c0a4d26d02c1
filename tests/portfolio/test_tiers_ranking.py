"""Worth, rank and tier by the rule: tables of cases, and what holds for whatever worths."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portfolio.tiers.ranking import (
    BY_COUNT,
    BY_VALUE,
    TIERS,
    Borders,
    Candidate,
    Place,
    Sale,
    concentration,
    months_before,
    places,
    provisional_tier,
    worth_of,
)

COUNT = Borders(BY_COUNT, Decimal("0.2"), Decimal("0.5"))
VALUE = Borders(BY_VALUE, Decimal("0.8"), Decimal("0.95"))
BORN = datetime(2020, 1, 1, tzinfo=UTC)


def candidates(*worths: str | int) -> list[Candidate]:
    return [Candidate(pk, BORN, Decimal(worth)) for pk, worth in enumerate(worths, start=1)]


def tiers(borders: Borders, *worths: str | int) -> str:
    """The tiers of customers with these worths, in the order given."""
    found = {place.pk: place.tier for place in places(candidates(*worths), borders)}
    return "".join(found[pk] for pk in sorted(found))


@pytest.mark.parametrize(
    ("worths", "expected"),
    [
        ((), ""),
        ((5,), "A"),
        ((0,), "C"),
        ((-5,), "C"),
        ((5, 4), "AC"),
        ((5, 4, 3), "ACC"),
        ((5, 4, 3, 2), "ABCC"),
        ((5, 4, 3, 2, 1), "ABCCC"),
        ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "CCCCCBBBAA"),
        ((10, 9, 8, 7, 6, 5, 4, 3, 2), "ABBBCCCCC"),
        # By count the rank decides, also among those that cost more than they bring.
        ((3, -1, -2, -3, -4, -5, -6, -7, -8, -9), "AABBBCCCCC"),
    ],
)
def test_by_count(worths: tuple[int, ...], expected: str) -> None:
    assert tiers(COUNT, *worths) == expected


@pytest.mark.parametrize(
    ("worths", "expected"),
    [
        ((), ""),
        ((100,), "A"),
        ((70, 10, 12, -5), "ACBC"),
        # Exactly on a border belongs above it; whoever crosses it, below.
        ((80, 15, 5), "ABC"),
        ((80, "15.01", "4.99"), "ACC"),
        # The best customer is Tier A, even with more than the whole border.
        ((97, 2, 1), "ACC"),
        ((50, 40, 10), "ABC"),
        ((0, 0), "CC"),
        ((-1, -9), "CC"),
        # Losses take nothing from the shares of the others.
        ((80, 15, 5, -100), "ABCC"),
    ],
)
def test_by_value(worths: tuple[int, ...], expected: str) -> None:
    assert tiers(VALUE, *worths) == expected


def test_shares_are_of_all_positive_worth_and_end_at_one() -> None:
    found = places(candidates(70, 10, 12, -5), VALUE)

    assert [place.pk for place in found] == [1, 3, 2, 4]
    assert [place.share for place in found] == [
        Decimal(70) / 92,
        Decimal(82) / 92,
        Decimal(1),
        Decimal(1),
    ]
    assert places(candidates(0, -1), VALUE)[0].share is None


def test_equal_worth_goes_to_the_earlier_customer_then_to_the_lower_key() -> None:
    later = BORN.replace(month=2)
    rows = [
        Candidate(1, later, Decimal(5)),
        Candidate(2, BORN, Decimal(5)),
        Candidate(3, BORN, Decimal(5)),
        Candidate(4, later, Decimal(6)),
    ]

    assert [place.pk for place in places(rows, COUNT)] == [4, 2, 3, 1]


def test_worth_is_profit_where_the_cost_is_known_and_revenue_where_it_is_not() -> None:
    sold = worth_of(
        [
            Sale(Decimal(100), Decimal(60)),
            Sale(Decimal(50)),
            Sale(Decimal(-10), Decimal(-6)),
        ]
    )

    assert sold is not None
    assert (sold.worth, sold.revenue) == (Decimal(86), Decimal(140))
    assert (sold.orders, sold.orders_without_cost, sold.basis) == (3, 1, "mixed")


def test_worth_says_its_basis_and_is_none_without_orders() -> None:
    profit, revenue = worth_of([Sale(Decimal(1), Decimal(0))]), worth_of([Sale(Decimal(1))])

    assert profit is not None
    assert revenue is not None
    assert (profit.basis, revenue.basis) == ("profit", "revenue")
    assert worth_of([]) is None


@pytest.mark.parametrize(
    ("score", "tier"),
    [(None, ""), (3, "C"), (7, "C"), (8, "B"), (10, "B"), (11, "A"), (12, "A")],
)
def test_the_potential_score_gives_a_provisional_tier(score: int | None, tier: str) -> None:
    assert provisional_tier(score, minimum=8, maximum=12) == tier


def test_who_was_parked_by_a_veto_is_tier_c_whatever_the_score() -> None:
    assert provisional_tier(12, minimum=8, maximum=12, is_parked=True) == "C"


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 21), 12, date(2025, 11, 21)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 11, 21), -12, date(2027, 11, 21)),
    ],
)
def test_months_before_a_day(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_concentration_says_each_tiers_share_of_customers_and_of_worth() -> None:
    sums = concentration([("A", 2, Decimal(900)), ("C", 8, Decimal(100))])

    assert [(s.tier, s.customers, s.share_of_customers, s.share_of_worth) for s in sums] == [
        ("A", 2, Decimal("0.2"), Decimal("0.9")),
        ("B", 0, Decimal(0), Decimal(0)),
        ("C", 8, Decimal("0.8"), Decimal("0.1")),
    ]
    assert concentration([])[0].share_of_customers is None
    assert concentration([("C", 1, Decimal(-5))])[2].share_of_worth is None


WORTHS = st.lists(st.decimals(-1000, 1000, places=2), max_size=60)
SHARES = st.tuples(st.integers(1, 98), st.integers(1, 98)).filter(lambda pair: sum(pair) < 100)
BORDERS = st.builds(
    lambda mode, pair: Borders(mode, Decimal(pair[0]) / 100, Decimal(sum(pair)) / 100),
    st.sampled_from([BY_COUNT, BY_VALUE]),
    SHARES,
)


def found(worths: list[Decimal], borders: Borders) -> list[Place]:
    return places([Candidate(n, BORN, worth) for n, worth in enumerate(worths)], borders)


@given(WORTHS, BORDERS)
def test_every_rated_customer_has_exactly_one_tier_and_rank(
    worths: list[Decimal], borders: Borders
) -> None:
    rows = found(worths, borders)

    assert sorted(row.pk for row in rows) == list(range(len(worths)))
    assert [row.rank for row in rows] == list(range(1, len(worths) + 1))
    assert {row.tier for row in rows} <= set(TIERS)


@given(WORTHS, BORDERS)
def test_more_worth_is_never_a_lower_tier(worths: list[Decimal], borders: Borders) -> None:
    rows = found(worths, borders)

    assert [row.tier for row in rows] == sorted(row.tier for row in rows)
    ordered = [worths[row.pk] for row in rows]
    assert ordered == sorted(worths, reverse=True)


@given(WORTHS, BORDERS, st.randoms())
def test_the_order_of_the_rows_changes_nothing(
    worths: list[Decimal], borders: Borders, random: object
) -> None:
    rows = [Candidate(n, BORN, worth) for n, worth in enumerate(worths)]
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]

    assert places(mixed, borders) == places(rows, borders)


@given(WORTHS, SHARES)
def test_no_tier_has_more_customers_than_its_share_and_one_more_would_pass_it(
    worths: list[Decimal], pair: tuple[int, int]
) -> None:
    borders = Borders(BY_COUNT, Decimal(pair[0]) / 100, Decimal(sum(pair)) / 100)
    rows = found(worths, borders)
    count, first = len(rows), sum(row.tier == "A" for row in rows)
    upto = sum(row.tier in "AB" for row in rows)

    best = bool(rows) and worths[rows[0].pk] > 0
    assert first == max(int(borders.a * count), int(best))
    assert upto == max(int(borders.b * count), first)


@given(WORTHS, SHARES)
def test_by_value_tier_a_brings_at_most_its_share_but_for_the_best(
    worths: list[Decimal], pair: tuple[int, int]
) -> None:
    borders = Borders(BY_VALUE, Decimal(pair[0]) / 100, Decimal(sum(pair)) / 100)
    rows = found(worths, borders)
    total = sum(max(worth, Decimal(0)) for worth in worths)
    brought = sum(worths[row.pk] for row in rows if row.tier == "A")

    assert sum(row.tier == "A" for row in rows) <= 1 or brought <= borders.a * total
    assert all(row.tier == "C" for row in rows if worths[row.pk] <= 0)
