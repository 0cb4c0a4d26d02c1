"""The order of the call queue, and who is left alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workday.queue.order import (
    Candidate,
    Dialled,
    Reason,
    in_order,
    is_resting,
    minutes_apart,
)

BERLIN = ZoneInfo("Europe/Berlin")
TEN = datetime(2026, 11, 16, 10, 0, tzinfo=BERLIN)
CANDIDATES = st.lists(
    st.builds(
        Candidate, st.integers(1, 8), st.sampled_from(Reason), st.floats(0, 100), st.integers(1, 99)
    ),
    max_size=40,
)


def test_the_first_reason_counts() -> None:
    found = in_order(
        [
            Candidate(1, Reason.PROSPECT, 0),
            Candidate(2, Reason.DUE, 5),
            Candidate(1, Reason.BREACH, 3),
            Candidate(3, Reason.DUE, 4),
            Candidate(1, Reason.DUE, 1),
        ]
    )

    assert [(one.customer, one.reason) for one in found] == [
        (1, Reason.BREACH),
        (3, Reason.DUE),
        (2, Reason.DUE),
    ]


@given(CANDIDATES)
def test_everybody_stands_once_and_nobody_is_lost(candidates: list[Candidate]) -> None:
    found = in_order(candidates)

    assert {one.customer for one in found} == {one.customer for one in candidates}
    assert len({one.customer for one in found}) == len(found)
    assert found == sorted(found, key=lambda one: (one.reason, one.place, one.customer))
    for one in found:
        reasons = [other.reason for other in candidates if other.customer == one.customer]
        assert one.reason == min(reasons)


@given(CANDIDATES, st.randoms())
def test_the_order_does_not_depend_on_who_came_first(
    candidates: list[Candidate], rnd: object
) -> None:
    turned = list(candidates)
    rnd.shuffle(turned)  # type: ignore[attr-defined]

    as_shown = [(one.customer, one.reason, one.place) for one in in_order(candidates)]
    assert [(one.customer, one.reason, one.place) for one in in_order(turned)] == as_shown


@pytest.mark.parametrize(
    ("later", "was_answered", "rests"),
    [
        (timedelta(0), True, True),
        (timedelta(minutes=59), True, True),
        (timedelta(minutes=60), True, False),
        (timedelta(minutes=60), False, False),
        (timedelta(days=1), False, True),
        (timedelta(days=1, minutes=59), False, True),
        (timedelta(days=1, minutes=-60), False, False),
        (timedelta(days=1, minutes=60), False, False),
        (timedelta(days=4, hours=23, minutes=59), False, True),
        (timedelta(days=5), False, False),
        (timedelta(days=1), True, False),
    ],
)
def test_who_rests(later: timedelta, was_answered: bool, rests: bool) -> None:
    assert is_resting(Dialled(TEN, was_answered), TEN + later, BERLIN) is rests


def test_nobody_who_was_never_dialled_rests() -> None:
    assert not is_resting(None, TEN, BERLIN)


def test_the_time_of_day_is_that_of_the_clock_on_the_wall() -> None:
    # 10:00 before the clocks went back on 25 October 2026, 10:00 after it: 25 hours apart.
    before = datetime(2026, 10, 24, 10, 0, tzinfo=BERLIN)
    after = datetime(2026, 10, 25, 10, 0, tzinfo=BERLIN)

    assert is_resting(Dialled(before, was_answered=False), after, BERLIN)
    # In UTC these are an hour apart.
    assert not is_resting(Dialled(before, was_answered=False), after, UTC)


@pytest.mark.parametrize(
    ("one", "other", "minutes"),
    [
        ("10:00", "10:00", 0),
        ("23:30", "00:15", 45),
        ("00:15", "23:30", 45),
        ("06:00", "18:00", 720),
    ],
)
def test_minutes_apart(one: str, other: str, minutes: int) -> None:
    times = [TEN.replace(hour=int(text[:2]), minute=int(text[3:])) for text in (one, other)]

    assert minutes_apart(*times) == minutes
