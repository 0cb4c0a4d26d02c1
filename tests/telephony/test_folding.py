"""What events add up to, in any order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.telephony.folding import Event, facts_of
from tests.telephony.conftest import START, event

EVENTS = st.builds(
    Event,
    event_id=st.uuids().map(str),
    kind=st.sampled_from(["started", "answered", "ended"]),
    direction=st.sampled_from(["in", "out"]),
    from_number=st.sampled_from(["", "1", "2"]),
    to_number=st.sampled_from(["", "3", "4"]),
    extension=st.sampled_from(["", "101", "102"]),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(st.lists(EVENTS, min_size=1, max_size=8), st.randoms())
def test_order_and_repetition_make_no_difference(events: list[Event], random: object) -> None:
    mixed = [*events, *events[:2]]
    random.shuffle(mixed)  # type: ignore[attr-defined]

    assert facts_of(mixed) == facts_of(events)


@given(st.lists(EVENTS, min_size=1, max_size=8))
def test_a_talk_is_never_negative_and_ends_a_call(events: list[Event]) -> None:
    facts = facts_of(events)

    assert facts.talk_seconds is None or facts.talk_seconds >= 0
    assert (facts.state == "ended") is any(one.kind == "ended" for one in events)
    assert facts.at == min(
        one for one in (facts.started_at, facts.answered_at, facts.ended_at) if one
    )


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (1, 1), (60, 1), (61, 2), (3600, 60), (10**6, 1440)]
)
def test_minutes_are_rounded_up_to_a_day_at_most(seconds: int, minutes: int) -> None:
    facts = facts_of([event("started"), event("answered", 5), event("ended", 5 + seconds)])

    assert (facts.talk_seconds, facts.minutes) == (seconds, minutes)


def test_a_call_that_nobody_answered_has_no_talk() -> None:
    facts = facts_of([event("ended", 20), event("started")])

    assert (facts.talk_seconds, facts.minutes, facts.is_whole) == (None, None, True)


def test_an_end_before_the_answer_is_no_talk() -> None:
    assert facts_of([event("started"), event("answered", 9), event("ended", 5)]).talk_seconds == 0


def test_whoever_answers_has_the_call() -> None:
    facts = facts_of([event("started", extension="100"), event("answered", 3, extension="102")])

    assert (facts.extension, facts.state) == ("102", "talking")
    assert facts.started_at == START
    assert facts.answered_at == START + timedelta(seconds=3)


def test_of_an_outgoing_call_the_number_is_whom_we_called() -> None:
    facts = facts_of([event("started", direction="out", from_number="101", to_number="030 5")])

    assert facts.raw_number == "030 5"


def test_without_events_there_is_no_call() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        facts_of([])
