"""Plain arithmetic: worked numbers, edges, and properties that hold for all."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.change import relative_change, win_rate
from apps.metrics.conversion import conversion_rate, leaning_rate, wilson_interval
from apps.metrics.dwell import days_between, is_stuck, limit_for, percentile

counts = st.integers(0, 100_000)


@pytest.mark.parametrize(
    ("ups", "lost", "rate"), [(0, 0, None), (3, 1, "0.75"), (0, 5, "0"), (5, 0, "1")]
)
def test_conversion_rate(ups: int, lost: int, rate: str | None) -> None:
    assert conversion_rate(ups, lost) == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize("function", [conversion_rate, wilson_interval, win_rate])
def test_negative_counts_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="not negative"):
        function(-1, 2)


def test_wilson_interval_of_the_textbook() -> None:
    low, high = wilson_interval(8, 2) or (None, None)

    assert low is not None
    assert high is not None
    assert (round(low, 4), round(high, 4)) == (Decimal("0.4902"), Decimal("0.9433"))


def test_wilson_interval_without_cases_is_none() -> None:
    assert wilson_interval(0, 0) is None


@given(ups=counts, lost=counts)
def test_the_interval_holds_the_rate_and_stays_between_0_and_1(ups: int, lost: int) -> None:
    interval = wilson_interval(ups, lost)
    rate = conversion_rate(ups, lost)

    if rate is None:
        assert interval is None
        return
    assert interval is not None
    hair = Decimal("1e-20")
    assert 0 <= interval[0] <= rate + hair
    assert rate - hair <= interval[1] <= 1


@given(ups=st.integers(1, 1000), lost=st.integers(1, 1000))
def test_more_cases_of_the_same_rate_narrow_the_interval(ups: int, lost: int) -> None:
    few, many = wilson_interval(ups, lost), wilson_interval(10 * ups, 10 * lost)

    assert few is not None
    assert many is not None
    assert many[1] - many[0] < few[1] - few[0]


def test_leaning_rate_of_the_docstring() -> None:
    assert leaning_rate(3, 1, Decimal("0.45")) == Decimal("0.5")
    assert leaning_rate(0, 0, Decimal("0.45")) == Decimal("0.45")
    assert leaning_rate(3, 1, None) == Decimal("0.75")
    assert leaning_rate(0, 0, None) is None


@given(ups=counts, lost=counts, wider=st.decimals(0, 1, places=4))
def test_the_leaning_rate_lies_between_the_raw_and_the_wider_rate(
    ups: int, lost: int, wider: Decimal
) -> None:
    leaning, raw = leaning_rate(ups, lost, wider), conversion_rate(ups, lost)

    assert leaning is not None
    bounds = [wider, wider if raw is None else raw]
    hair = Decimal("1e-20")
    assert min(bounds) - hair <= leaning <= max(bounds) + hair


def test_percentile_of_the_docstring_and_its_edges() -> None:
    assert percentile([10, 1, 3, 2], Decimal("0.8")) == Decimal("5.8")
    assert percentile([], Decimal("0.5")) is None
    assert percentile([7], Decimal("0.8")) == 7
    assert percentile([1, 2], Decimal("0.5")) == Decimal("1.5")
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1], Decimal("1.1"))


@pytest.mark.django_db
@pytest.mark.parametrize("fraction", ["0.5", "0.8", "0", "1"])
def test_percentile_is_that_of_the_database(fraction: str) -> None:
    days = [0, 0, 3, 9, 9, 40, 41, 77]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(%s) WITHIN GROUP (ORDER BY d) FROM unnest(%s) d",
            [Decimal(fraction), days],
        )
        found = cursor.fetchall()[0][0]

    assert float(percentile(days, Decimal(fraction)) or 0) == pytest.approx(found)


@given(
    days=st.lists(st.integers(0, 400), min_size=1), low=st.integers(0, 10), step=st.integers(0, 10)
)
def test_percentiles_grow_with_the_fraction_within_the_values(
    days: list[int], low: int, step: int
) -> None:
    first = percentile(days, Decimal(low) / 20)
    second = percentile(days, Decimal(low + step) / 20)

    assert first is not None
    assert second is not None
    assert min(days) <= first <= second <= max(days)


def test_days_and_limits() -> None:
    assert days_between(date(2017, 12, 30), date(2018, 1, 2)) == 3
    assert not is_stuck(10, None)
    assert not is_stuck(10, Decimal(10))
    assert is_stuck(11, Decimal(10))
    assert limit_for(team_n=20, team_p80=Decimal(5), wider_p80=Decimal(9)) == 5
    assert limit_for(team_n=19, team_p80=Decimal(5), wider_p80=Decimal(9)) == 9
    assert limit_for(team_n=0, team_p80=None, wider_p80=None) is None


def test_relative_change() -> None:
    assert relative_change(Decimal(110), Decimal(100)) == Decimal("0.1")
    assert relative_change(Decimal(-50), Decimal(-100)) == Decimal("0.5")
    assert relative_change(Decimal(1), Decimal(0)) is None
    assert relative_change(None, Decimal(1)) is None
    assert relative_change(Decimal(1), None) is None


def test_win_rate() -> None:
    assert win_rate(3, 1) == Decimal("0.75")
    assert win_rate(0, 0) is None
