from datetime import date

import pytest

from apps.metrics.periods import parse_period
from apps.reports.comparison import Comparison, compare


def comparison(period: str, today: date) -> Comparison:
    chosen = parse_period(period)
    return compare(
        start=chosen.start,
        end=chosen.end,
        previous_start=chosen.previous.start,
        previous_end=chosen.previous.end,
        today=today,
    )


@pytest.mark.parametrize(
    ("period", "today", "end", "previous"),
    [
        # The docstring's case.
        ("2017-11", "2017-11-19", "2017-11-19", ("2017-10-01", "2017-10-19")),
        ("2017-11", "2017-11-01", "2017-11-01", ("2017-10-01", "2017-10-01")),
        # More days have passed than the month before has.
        ("2017-03", "2017-03-30", "2017-03-30", ("2017-02-01", "2017-02-28")),
        # Over the end of a year.
        ("2018-01", "2018-01-05", "2018-01-05", ("2017-12-01", "2017-12-05")),
        ("2018-Q1", "2018-02-10", "2018-02-10", ("2017-10-01", "2017-11-10")),
        ("2020", "2020-02-29", "2020-02-29", ("2019-01-01", "2019-03-01")),
        # The year 2020 has 53 ISO weeks.
        ("2021-W01", "2021-01-06", "2021-01-06", ("2020-12-28", "2020-12-30")),
        ("2020-W53", "2021-01-02", "2021-01-02", ("2020-12-21", "2020-12-26")),
    ],
)
def test_running_period_is_compared_with_as_many_days_of_the_one_before(
    period: str, today: str, end: str, previous: tuple[str, str]
) -> None:
    days = comparison(period, date.fromisoformat(today))

    assert days.is_partial
    assert days.start == parse_period(period).start
    assert days.end.isoformat() == end
    assert (days.previous_start.isoformat(), days.previous_end.isoformat()) == previous


@pytest.mark.parametrize("today", ["2017-12-31", "2018-01-01", "2016-05-05"])
def test_period_that_is_over_or_has_not_begun_is_compared_as_a_whole(today: str) -> None:
    days = comparison("2017-12", date.fromisoformat(today))

    assert not days.is_partial
    assert (days.start, days.end) == (date(2017, 12, 1), date(2017, 12, 31))
    assert days.previous == (date(2017, 11, 1), date(2017, 11, 30))


def test_days_counted_include_both_ends() -> None:
    assert comparison("2017-11", date(2017, 11, 19)).days == 19
