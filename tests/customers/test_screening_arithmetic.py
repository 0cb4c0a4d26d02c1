"""What grades come to: total, minimum, vetoes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.customers.screening.arithmetic import Dimension, minimum_range, screened

KEYS = ("size", "fit", "pain")
GRADES = st.integers(1, 4)
# The first draw of a process takes long on a busy machine.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def dimensions(*vetoes: int | None) -> list[Dimension]:
    return [Dimension(key, veto) for key, veto in zip(KEYS, vetoes, strict=True)]


@pytest.mark.parametrize(
    ("grades", "vetoes", "total", "is_qualified", "by"),
    [
        ((3, 2, 3), (None, None, None), 8, True, ()),
        ((3, 2, 2), (None, None, None), 7, False, ()),
        ((3, 2, 3), (None, 2, None), 8, False, ("fit",)),
        ((4, 4, 1), (None, None, 1), 9, False, ("pain",)),
        ((1, 1, 4), (1, 1, 3), 6, False, ("size", "fit")),
        ((2, 4, 4), (1, 3, 3), 10, True, ()),
    ],
)
def test_total_minimum_and_vetoes_decide(
    grades: tuple[int, ...],
    vetoes: tuple[int | None, ...],
    total: int,
    is_qualified: bool,
    by: tuple[str, ...],
) -> None:
    given_grades = dict(zip(KEYS, grades, strict=True))

    verdict = screened(given_grades, dimensions=dimensions(*vetoes), minimum=8)

    assert (verdict.total, verdict.highest) == (total, 12)
    assert verdict.is_qualified is is_qualified
    assert verdict.vetoes == by


@pytest.mark.parametrize(
    "grades",
    [
        {},
        {"size": 1, "fit": 2},
        {"size": 1, "fit": 2, "pain": 3, "more": 4},
        {"size": 0, "fit": 2, "pain": 3},
        {"size": 1, "fit": 5, "pain": 3},
    ],
)
def test_grades_that_are_none_are_refused(grades: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="grades"):
        screened(grades, dimensions=dimensions(None, None, None), minimum=8)


def test_without_dimensions_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="grades"):
        screened({}, dimensions=[], minimum=1)


@PATIENT
@given(
    grades=st.lists(GRADES, min_size=1, max_size=8),
    share=st.floats(0, 1),
)
def test_without_vetoes_the_verdict_is_the_sum_against_the_minimum(
    grades: list[int], share: float
) -> None:
    given_grades = {str(place): grade for place, grade in enumerate(grades)}
    asked = [Dimension(key) for key in given_grades]
    least, most = minimum_range(len(grades))
    minimum = least + round((most - least) * share)

    verdict = screened(given_grades, dimensions=asked, minimum=minimum)

    assert verdict.total == sum(grades)
    assert least <= verdict.total <= most == verdict.highest
    assert verdict.is_qualified is (sum(grades) >= minimum)


@PATIENT
@given(
    grades=st.tuples(GRADES, GRADES, GRADES),
    vetoes=st.tuples(*[st.none() | st.integers(1, 3)] * 3),
    place=st.integers(0, 2),
    minimum=st.integers(3, 12),
)
def test_a_better_grade_never_parks_and_a_veto_always_does(
    grades: tuple[int, ...], vetoes: tuple[int | None, ...], place: int, minimum: int
) -> None:
    asked = dimensions(*vetoes)
    before = screened(dict(zip(KEYS, grades, strict=True)), dimensions=asked, minimum=minimum)
    better = [*grades]
    better[place] = min(4, better[place] + 1)

    after = screened(dict(zip(KEYS, better, strict=True)), dimensions=asked, minimum=minimum)

    assert after.is_qualified >= before.is_qualified
    assert set(after.vetoes) <= set(before.vetoes)
    if before.vetoes:
        assert not before.is_qualified
