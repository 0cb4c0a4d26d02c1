"""Satisfaction, recommendation and response as arithmetic."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.satisfaction.scores import (
    Csat,
    Nps,
    csat_of,
    is_high,
    is_low,
    nps_of,
    response_rate,
)

# The first draw of a process takes long on a busy machine.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CSAT = st.lists(st.none() | st.integers(1, 5), max_size=20)
NPS = st.lists(st.none() | st.integers(0, 10), max_size=20)


def test_without_answers_there_is_no_figure() -> None:
    assert csat_of([]).average is None
    assert csat_of([None, None]).satisfied_rate is None
    assert nps_of([None]).score is None
    assert response_rate(Csat(), Nps()) is None
    assert response_rate(csat_of([None]), Nps()) == 0


def test_the_docstrings_numbers() -> None:
    assert csat_of([5, 4, 3]).average == 4
    assert csat_of([5, 4, 3]).satisfied_rate == Decimal(2) / 3
    assert nps_of([10, 9, 8, 3]).score == 25
    assert response_rate(csat_of([5, None]), nps_of([3, 10])) == Decimal("0.75")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([9], 100), ([10], 100), ([8], 0), ([7], 0), ([6], -100), ([0], -100), ([9, 6], 0)],
)
def test_promoters_begin_at_nine_and_detractors_end_at_six(
    scores: list[int | None], expected: int
) -> None:
    assert nps_of(scores).score == expected


@pytest.mark.parametrize(
    ("kind", "score", "low", "high"),
    [
        ("csat", 2, True, False),
        ("csat", 3, False, False),
        ("csat", 4, False, True),
        ("nps", 0, True, False),
        ("nps", 6, True, False),
        ("nps", 7, False, False),
        ("nps", 9, False, True),
    ],
)
def test_which_answers_are_low_and_which_high(kind: str, score: int, low: bool, high: bool) -> None:
    assert is_low(kind, score) is low
    assert is_high(kind, score) is high


@PATIENT
@given(CSAT)
def test_satisfaction_is_the_mean_and_stays_in_its_scale(scores: list[int | None]) -> None:
    counted, given_scores = csat_of(scores), [score for score in scores if score is not None]

    assert (counted.asked, counted.answers) == (len(scores), len(given_scores))
    if given_scores:
        assert counted.average == Decimal(sum(given_scores)) / len(given_scores)
        assert counted.satisfied_rate is not None
        assert 0 <= counted.satisfied_rate <= 1


@PATIENT
@given(NPS)
def test_nps_is_the_shares_difference(scores: list[int | None]) -> None:
    counted, given_scores = nps_of(scores), [score for score in scores if score is not None]

    assert counted.promoters + counted.passives + counted.detractors == len(given_scores)
    if given_scores:
        share = Decimal(100) / len(given_scores)
        up = sum(score in (9, 10) for score in given_scores)
        down = sum(score < 7 for score in given_scores)
        assert counted.score is not None
        assert abs(counted.score - (up * share - down * share)) < Decimal("1e-20")
        assert -100 <= counted.score <= 100


@PATIENT
@given(st.lists(CSAT, max_size=5), st.lists(NPS, max_size=5))
def test_groups_add_up_to_the_whole(
    csat: list[list[int | None]], nps: list[list[int | None]]
) -> None:
    assert sum(map(csat_of, csat), Csat()) == csat_of([score for group in csat for score in group])
    assert sum(map(nps_of, nps), Nps()) == nps_of([score for group in nps for score in group])
