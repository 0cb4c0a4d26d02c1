"""Days of next steps that repeat, and the groups of the coming days."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from apps.activities.planning.days import is_passed, spans
from apps.activities.planning.series import Repeats, day_of_series, months_later, next_of_series

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
REPEATING = [one for one in Repeats if one is not Repeats.NONE]
STEPS = {
    Repeats.WEEKLY: relativedelta(weeks=1),
    Repeats.TWO_WEEKS: relativedelta(weeks=2),
    Repeats.MONTHLY: relativedelta(months=1),
    Repeats.QUARTERLY: relativedelta(months=3),
    Repeats.YEARLY: relativedelta(years=1),
}


def test_end_of_a_short_month_changes_nothing_after_it() -> None:
    first, found = date(2026, 1, 31), []
    day = first
    for _step in range(4):
        following = next_of_series("monthly", first=first, after=day)
        assert following is not None
        day = following
        found.append(day)

    assert found == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


@pytest.mark.parametrize(
    ("repeats", "first", "after", "expected"),
    [
        ("monthly", date(2028, 1, 31), date(2028, 1, 31), date(2028, 2, 29)),
        ("yearly", date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 28)),
        ("yearly", date(2028, 2, 29), date(2031, 3, 1), date(2032, 2, 29)),
        ("quarterly", date(2026, 11, 30), date(2026, 11, 30), date(2027, 2, 28)),
        ("weekly", date(2026, 11, 2), date(2026, 11, 5), date(2026, 11, 9)),
        ("two_weeks", date(2026, 11, 2), date(2026, 11, 16), date(2026, 11, 30)),
        # Snoozed to before the first day, which comes next then.
        ("weekly", date(2026, 11, 9), date(2026, 11, 5), date(2026, 11, 9)),
        ("none", date(2026, 11, 2), date(2026, 11, 2), None),
    ],
)
def test_next_of_series(repeats: str, first: date, after: date, expected: date | None) -> None:
    assert next_of_series(repeats, first=first, after=after) == expected


@given(st.sampled_from(REPEATING), DAYS, st.integers(0, 200))
def test_days_are_those_of_the_calendar(repeats: Repeats, first: date, number: int) -> None:
    assert day_of_series(repeats, first, number) == first + STEPS[repeats] * number


@given(st.sampled_from(REPEATING), DAYS, st.integers(-60, 4000))
def test_next_is_the_earliest_day_of_the_series_after_a_day(
    repeats: Repeats, first: date, later: int
) -> None:
    after = first + timedelta(days=later)

    found = next_of_series(repeats, first=first, after=after)

    assert found is not None
    assert found > after
    number = next(n for n in range(700) if first + STEPS[repeats] * n == found)
    assert number == 0 or first + STEPS[repeats] * (number - 1) <= after


@given(DAYS, st.integers(0, 500))
def test_months_later_keeps_the_day_where_the_month_has_it(day: date, months: int) -> None:
    found = months_later(day, months)

    assert found.day == day.day or (found + timedelta(days=1)).day == 1
    assert found.day <= day.day


@given(DAYS, st.integers(-400, 400))
def test_each_day_is_in_one_group(today: date, apart: int) -> None:
    day = today + timedelta(days=apart)

    assert sum(one.has(day) for one in spans(today)) == 1


@pytest.mark.parametrize(
    ("today", "week"),
    [
        (date(2026, 11, 23), (date(2026, 11, 25), date(2026, 11, 29))),  # Monday
        (date(2026, 11, 27), (date(2026, 11, 29), date(2026, 11, 29))),  # Friday
    ],
)
def test_week_ends_on_sunday(today: date, week: tuple[date, date]) -> None:
    found = next(one for one in spans(today) if one.key == "week")

    assert (found.first, found.last) == week


@pytest.mark.parametrize("today", [date(2026, 11, 28), date(2026, 11, 29)])
def test_nothing_is_left_of_the_week_beyond_tomorrow(today: date) -> None:
    assert next(one for one in spans(today) if one.key == "week").is_empty


@pytest.mark.parametrize(
    ("day", "at", "passed"),
    [
        (date(2026, 11, 22), None, True),
        (date(2026, 11, 23), None, False),
        (date(2026, 11, 23), time(9, 59), True),
        (date(2026, 11, 23), time(10), False),
        (date(2026, 11, 24), time(9), False),
    ],
)
def test_time_of_today_passes(day: date, at: time | None, passed: bool) -> None:
    assert is_passed(day, at, now=datetime(2026, 11, 23, 10)) is passed  # noqa: DTZ001
