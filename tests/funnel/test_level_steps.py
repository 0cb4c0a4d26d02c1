"""How an opportunity went through the levels, as its page says it."""

from datetime import date

import pytest

from apps.funnel.selectors import history_of, level_steps
from tests.factories import make_member, make_opportunity, make_team

MAY = [date(2026, 5, day) for day in range(1, 11)]


def words(*steps: tuple[str, date]) -> dict[str, str]:
    opportunity = make_opportunity(*steps, owner=make_member(team=make_team()))
    said = {}
    for step in level_steps(opportunity, history_of(opportunity)):
        passed = "passed" if step.is_passed else "before" if step.is_before else "never"
        said[step.level.code] = str(step.reached_on.day) if step.reached_on else passed
    return said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("E", MAY[0])], {"E": "1", "D": "never", "C": "never", "B": "never", "A": "never"}),
        (
            [("E", MAY[0]), ("C", MAY[3])],
            {"E": "1", "D": "passed", "C": "4", "B": "never", "A": "never"},
        ),
        (
            [("C", MAY[0]), ("won", MAY[5])],
            {"E": "before", "D": "before", "C": "1", "B": "passed", "A": "passed"},
        ),
        (
            [("C", MAY[0]), ("lost", MAY[5])],
            {"E": "before", "D": "before", "C": "1", "B": "never", "A": "never"},
        ),
        (
            [("C", MAY[0]), ("D", MAY[2]), ("B", MAY[4])],
            {"E": "before", "D": "3", "C": "1", "B": "5", "A": "never"},
        ),
    ],
)
def test_page_says_how_each_level_was_met(
    steps: list[tuple[str, date]], expected: dict[str, str]
) -> None:
    assert words(*steps) == expected
