"""Which stages of a customer's life a team covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.members.teams.coverage import coverage

STAGES = ("attract", "convert", "win_back")


def people(*holdings: tuple[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {line.stage: line.people for line in coverage(STAGES, holdings)}


@pytest.mark.parametrize(
    ("holdings", "expected"),
    [
        ((), {"attract": (), "convert": (), "win_back": ()}),
        (
            (("Mia", ("attract",)), ("Jonas", ("attract",))),
            {"attract": ("Mia", "Jonas"), "convert": (), "win_back": ()},
        ),
        (
            (("Mia", ("attract", "convert")), ("Mia", ("convert", "win_back"))),
            {"attract": ("Mia",), "convert": ("Mia",), "win_back": ("Mia",)},
        ),
        (
            (("Mia", ()), ("Jonas", ("deepen",))),
            {"attract": (), "convert": (), "win_back": ()},
        ),
    ],
)
def test_who_covers_which_stage(
    holdings: tuple[tuple[str, tuple[str, ...]], ...], expected: dict[str, tuple[str, ...]]
) -> None:
    assert people(*holdings) == expected


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sets(st.sampled_from([*STAGES, "deepen"])))))
def test_a_stage_is_covered_exactly_if_somebody_holds_a_position_for_it(
    holdings: list[tuple[str, set[str]]],
) -> None:
    for line in coverage(STAGES, holdings):
        expected = {person for person, stages in holdings if line.stage in stages}
        assert set(line.people) == expected
        assert len(line.people) == len(expected)
        assert line.is_covered is bool(expected)
