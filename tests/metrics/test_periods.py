"""Calendar periods in addresses, over year ends and leap days."""

from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.periods import Kind, NoPeriod, parse_period, period_of, previous_range

KINDS: list[Kind] = ["week", "month", "quarter", "year"]
all_days = st.dates(date(1901, 1, 1), date(2198, 12, 31))


@pytest.mark.parametrize(
    ("text", "start", "end", "previous"),
    [
        ("2017-W40", date(2017, 10, 2), date(2017, 10, 8), "2017-W39"),
        ("2016-W52", date(2016, 12, 26), date(2017, 1, 1), "2016-W51"),
        ("2017-W01", date(2017, 1, 2), date(2017, 1, 8), "2016-W52"),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3), "2020-W52"),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29), "2016-01"),
        ("2017-01", date(2017, 1, 1), date(2017, 1, 31), "2016-12"),
        ("2017-Q4", date(2017, 10, 1), date(2017, 12, 31), "2017-Q3"),
        ("2018-Q1", date(2018, 1, 1), date(2018, 3, 31), "2017-Q4"),
        ("2017", date(2017, 1, 1), date(2017, 12, 31), "2016"),
    ],
)
def test_a_period_is_read_from_its_address(
    text: str, start: date, end: date, previous: str
) -> None:
    period = parse_period(text)

    assert (period.start, period.end, period.key) == (start, end, text)
    assert period.previous.key == previous
    assert period.previous.next == period


@pytest.mark.parametrize(
    "text",
    ["", "2017-W54", "2021-W53", "2017-W00", "2017-13", "2017-00", "2017-Q5", "17", "2017-W4",
     "0001", "9999-12", "2017-W40 ", "２０１７", "2017-Q4\n", "2017-10-01"],
)  # fmt: skip
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(NoPeriod):
        parse_period(text)


@given(day=all_days, kind=st.sampled_from(KINDS))
def test_periods_follow_one_another_without_gap_or_overlap(day: date, kind: Kind) -> None:
    period = period_of(kind, day)

    assert day in period
    assert parse_period(period.key) == period
    assert period.previous.end + timedelta(days=1) == period.start
    assert period.end + timedelta(days=1) == period.next.start


def test_days_are_compared_with_the_calendar_period_before_or_as_many_days() -> None:
    assert previous_range(date(2017, 10, 1), date(2017, 12, 31)) == (
        date(2017, 7, 1),
        date(2017, 9, 30),
    )
    assert previous_range(date(2017, 10, 1), date(2017, 10, 10)) == (
        date(2017, 9, 21),
        date(2017, 9, 30),
    )


def test_labels() -> None:
    with translation.override("en"):
        assert parse_period("2017-W40").label == "Week 40, 2017"
        assert parse_period("2017-10").label == "October 2017"
        assert parse_period("2017-Q4").label == "Q4 2017"
        assert parse_period("2017").label == "2017"
