"""The business-hours clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portfolio.service.clock import BusinessHours, Pause, breaks, due_at, hours_used
from apps.portfolio.service.rules import (
    DayClock,
    ResponseState,
    day_clock,
    is_allowed,
    response_clock,
)

BERLIN = ZoneInfo("Europe/Berlin")
HOLIDAYS = {date(2026, 11, 18), date(2026, 12, 25)}


def works(day: date) -> bool:
    return day.isoweekday() <= 5 and day not in HOLIDAYS


HOURS = BusinessHours(time(9), time(18), BERLIN, works)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 300 * 24 * 3600).map(lambda seconds: MARCH + timedelta(seconds=seconds))
ALLOWED = st.integers(1, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(20, 17), at(23, 10), 2),  # Friday to Monday
        (at(20, 19), at(23, 8), 0),  # from evening to morning
        (at(17, 17), at(19, 10), 2),  # the 18th is a holiday
        (at(20, 10), at(20, 10), 0),
        (at(20, 12), at(20, 10), 0),
        (at(16, 0), at(21, 0), 36),  # four working days of the week
    ],
)
def test_hours_used(start: datetime, end: datetime, hours: int) -> None:
    assert hours_used(start, end, HOURS) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "allowed", "due"),
    [
        (at(20, 17), 4, at(23, 12)),
        (at(20, 20), 4, at(23, 13)),
        (at(21, 12), 9, at(23, 18)),  # a Saturday; ends with the day
        (at(17, 17), 24, at(23, 14)),  # 1 + (holiday) + 9 + 9 + 5
    ],
)
def test_due_at(start: datetime, allowed: int, due: datetime) -> None:
    assert due_at(start, timedelta(hours=allowed), HOURS) == due


def test_an_allowance_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        due_at(at(20, 10), timedelta(0), HOURS)


def test_a_firm_that_never_works_is_refused() -> None:
    idle = BusinessHours(time(9), time(18), BERLIN, lambda _day: False)

    with pytest.raises(ValueError, match="no working day"):
        due_at(at(20, 10), timedelta(hours=1), idle)


def test_a_day_of_25_hours_has_as_many_business_hours() -> None:
    assert hours_used(at(24, 0, month=10), at(27, 0, month=10), HOURS) == timedelta(hours=9)


def test_breaks_say_when_and_why_the_clock_stood() -> None:
    found = breaks(at(19, 16), at(23, 10), HOURS)

    assert [(pause.kind, pause.starts_at, pause.ends_at) for pause in found] == [
        (Pause.NIGHT, at(19, 18), at(20, 9)),
        (Pause.DAYS_OFF, at(20, 18), at(23, 9)),
    ]
    assert found[1].days == (date(2026, 11, 21), date(2026, 11, 22))


@given(INSTANTS, INSTANTS, INSTANTS)
def test_the_clock_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))

    parts = hours_used(first, middle, HOURS) + hours_used(middle, last, HOURS)

    assert parts == hours_used(first, last, HOURS) <= last - first


@given(INSTANTS, ALLOWED)
def test_at_the_due_instant_just_the_allowance_is_used(start: datetime, allowed: timedelta) -> None:
    due = due_at(start, allowed, HOURS)

    assert hours_used(start, due, HOURS) == allowed
    assert hours_used(start, due - timedelta(seconds=1), HOURS) < allowed


@given(INSTANTS, INSTANTS)
def test_breaks_are_what_the_clock_did_not_use(one: datetime, two: datetime) -> None:
    start, end = sorted((one, two))

    stood = sum(
        (pause.ends_at - pause.starts_at for pause in breaks(start, end, HOURS)), timedelta()
    )

    assert stood == (end - start) - hours_used(start, end, HOURS)


# ── Clocks of days ───────────────────────────────────────────────────────────────────────────────


def test_the_worked_example_of_a_day_clock() -> None:
    clock = DayClock(date(2026, 3, 1), 14, date(2026, 3, 20))

    assert (clock.used, clock.due_on, clock.left, clock.overdue) == (19, date(2026, 3, 15), -5, 5)
    assert clock.since_on == date(2026, 3, 16)


def test_on_the_due_day_it_is_still_in_time() -> None:
    clock = DayClock(date(2026, 3, 1), 14, date(2026, 3, 15))

    assert (clock.left, clock.overdue) == (0, 0)


def test_a_new_owner_gets_the_whole_gap() -> None:
    clock = day_clock(
        done_on=date(2026, 1, 1), held_on=date(2026, 3, 1), allowed=14, as_of=date(2026, 3, 10)
    )

    assert clock is not None
    assert clock.due_on == date(2026, 3, 15)


def test_a_policy_that_asks_nothing_has_no_clock() -> None:
    held = date(2026, 3, 1)

    assert day_clock(done_on=None, held_on=held, allowed=None, as_of=held) is None


def test_a_policy_without_channels_allows_each() -> None:
    assert is_allowed("visit", [])
    assert is_allowed("email", ["email", "call"])
    assert not is_allowed("visit", ["email", "call"])


# ── First responses ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answered", "passed_on", "now", "state", "used"),
    [
        (at(23, 11), None, at(30, 9), ResponseState.IN_TIME, 3),
        (at(23, 13), None, at(30, 9), ResponseState.LATE, 5),
        (None, None, at(23, 11), ResponseState.RUNNING, 3),
        (None, None, at(23, 12), ResponseState.RUNNING, 4),
        (None, None, at(23, 13), ResponseState.LATE, 5),
        (None, at(23, 10), at(30, 9), ResponseState.PASSED_ON, 2),
        (None, at(24, 10), at(30, 9), ResponseState.LATE, 11),
        (at(24, 11), at(23, 10), at(30, 9), ResponseState.PASSED_ON, 2),
    ],
)
def test_what_became_of_a_first_response(
    answered: datetime | None,
    passed_on: datetime | None,
    now: datetime,
    state: ResponseState,
    used: int,
) -> None:
    clock = response_clock(
        starts_at=at(20, 17),
        allowed_hours=4,
        answered_at=answered,
        passed_on_at=passed_on,
        now=now,
        hours=HOURS,
    )

    assert (clock.state, clock.hours, clock.due_at) == (state, used, at(23, 12))


def test_what_is_due_at_closing_may_be_answered_until_opening() -> None:
    def state(answered: datetime) -> ResponseState:
        return response_clock(
            starts_at=at(19, 14),
            allowed_hours=4,
            answered_at=answered,
            passed_on_at=None,
            now=at(30, 9),
            hours=HOURS,
        ).state

    assert state(at(19, 22)) == state(at(20, 9)) == ResponseState.IN_TIME
    assert state(at(20, 9, 1)) == ResponseState.LATE
