"""The stage of a team by its age: months of the calendar, and the days around their ends."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.members.models import TeamStage
from apps.members.teams.stage import (
    BEGINNINGS,
    age_in_months,
    months_after,
    next_stage,
    stage_by_age,
)

FORMED = date(2026, 6, 1)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))


@pytest.mark.parametrize(
    ("as_of", "stage"),
    [
        (date(2026, 5, 31), None),
        (date(2026, 6, 1), "forming"),
        (date(2026, 7, 31), "forming"),
        (date(2026, 8, 1), "storming"),
        (date(2026, 9, 30), "storming"),
        (date(2026, 10, 1), "norming"),
        (date(2026, 11, 30), "norming"),
        (date(2026, 12, 1), "performing"),
        (date(2036, 12, 1), "performing"),
    ],
)
def test_the_stage_follows_from_the_age(as_of: date, stage: str | None) -> None:
    assert stage_by_age(FORMED, as_of) == stage


def test_a_team_without_a_first_day_has_no_stage_by_age() -> None:
    assert stage_by_age(None, FORMED) is None
    assert next_stage(None, FORMED) is None


@pytest.mark.parametrize(
    ("formed_on", "as_of", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), 0),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2024, 1, 31), date(2024, 2, 28), 0),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2025, 12, 31), date(2026, 1, 31), 1),
        (date(2026, 1, 15), date(2026, 1, 14), None),
    ],
)
def test_the_age_in_months_at_the_ends_of_months(
    formed_on: date, as_of: date, months: int | None
) -> None:
    assert age_in_months(formed_on, as_of) == months


@pytest.mark.parametrize(
    ("as_of", "following"),
    [
        (date(2026, 6, 15), ("storming", date(2026, 8, 1))),
        (date(2026, 8, 1), ("norming", date(2026, 10, 1))),
        (date(2026, 11, 30), ("performing", date(2026, 12, 1))),
        (date(2026, 12, 1), None),
        (date(2026, 5, 31), None),
    ],
)
def test_the_next_stage_and_its_first_day(as_of: date, following: tuple[str, date] | None) -> None:
    assert next_stage(FORMED, as_of) == following


def test_the_stages_are_those_that_a_team_can_be_given() -> None:
    assert [stage for stage, _begins in BEGINNINGS] == TeamStage.values


@given(DAYS, st.integers(0, 60))
def test_a_day_so_many_months_later_is_that_many_months_old(day: date, months: int) -> None:
    later = months_after(day, months)

    assert age_in_months(day, later) == months
    if months:
        assert age_in_months(day, later - timedelta(days=1)) == months - 1


@given(DAYS, st.integers(0, 400))
def test_the_next_stage_begins_on_the_day_that_is_announced(formed_on: date, days: int) -> None:
    as_of = formed_on + timedelta(days=days)
    following = next_stage(formed_on, as_of)

    if following is None:
        assert stage_by_age(formed_on, as_of) == "performing"
    else:
        stage, begins = following
        assert begins > as_of
        assert stage_by_age(formed_on, begins) == stage
        assert stage_by_age(formed_on, begins - timedelta(days=1)) != stage
