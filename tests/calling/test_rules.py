"""When a customer may be called: the cases in words, and every zone and day by properties."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.calling.rules import Limits, Place, Refusal, Rule, check
from apps.core.calendars import SpecialDay, WorkCalendar

WEEKDAYS = WorkCalendar(frozenset({1, 2, 3, 4, 5}))
EVERY_DAY = WorkCalendar(frozenset(range(1, 8)))
NO_DAY = WorkCalendar(frozenset())
LIMITS = Limits(time(9), time(20), most_a_day=3, apart=30)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "Asia/Shanghai",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Africa/Casablanca",
        "Africa/Cairo",
        "Pacific/Apia",
        "Pacific/Chatham",
        "America/Santiago",
        "America/Havana",
        "UTC",
    )
]


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def ask(
    now: datetime, *earlier: datetime, channel: str = "call", limits: Limits = LIMITS
) -> Refusal | None:
    place = Place(BERLIN, WEEKDAYS, earlier)
    return check(now=now, channel=channel, place=place, limits=limits)


def refused(rule: Rule, next_at: datetime | None) -> Refusal:
    return Refusal(rule, next_at and next_at.astimezone(UTC))


@pytest.mark.parametrize("hour", ["09:00:00", "12:00:00", "19:59:59.999999"])
def test_within_the_hours_a_customer_may_be_called(hour: str) -> None:
    assert ask(at(f"2026-03-04T{hour}")) is None


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-04T08:59:59.999999", "2026-03-04T09:00"),
        ("2026-03-04T20:00", "2026-03-05T09:00"),
        ("2026-03-04T00:00", "2026-03-04T09:00"),
        ("2026-03-06T20:00", "2026-03-09T09:00"),
        ("2026-03-27T23:00", "2026-03-30T09:00"),
    ],
)
def test_outside_the_hours_it_says_when_they_begin(now: str, opens: str) -> None:
    assert ask(at(now)) == refused(Rule.HOURS, at(opens))


def test_documented_example() -> None:
    found = ask(datetime(2026, 3, 6, 19, tzinfo=UTC))

    assert found == Refusal(Rule.HOURS, datetime(2026, 3, 9, 8, tzinfo=UTC))


def test_weekend_waits_for_monday_unless_weekends_are_allowed() -> None:
    saturday = at("2026-03-07T12:00")

    assert ask(saturday) == refused(Rule.WEEKEND, at("2026-03-09T09:00"))
    assert ask(saturday, limits=replace(LIMITS, are_weekends_allowed=True)) is None


def test_holidays_stay_closed_even_where_weekends_are_open() -> None:
    place = Place(BERLIN, WorkCalendar(frozenset({1, 2, 3, 4, 5}), country="DE"))
    limits = replace(LIMITS, are_weekends_allowed=True)
    good_friday = at("2026-04-03T12:00")

    found = check(now=good_friday, channel="call", place=place, limits=limits)

    assert found == refused(Rule.HOLIDAY, at("2026-04-04T09:00"))


def test_weekend_day_worked_instead_of_another_is_open() -> None:
    sunday = date(2026, 3, 8)
    worked = {sunday: SpecialDay(sunday, "", is_working=True)}
    place = Place(BERLIN, WorkCalendar(frozenset({1, 2, 3, 4, 5}), exceptions=worked))

    assert check(now=at("2026-03-08T12:00"), channel="call", place=place, limits=LIMITS) is None


def test_fourth_call_of_the_customers_day_waits_for_the_next() -> None:
    calls = [at(f"2026-03-04T{hour}:00") for hour in ("09", "11", "13")]

    assert ask(at("2026-03-04T15:00"), *calls) == refused(Rule.MOST_A_DAY, at("2026-03-05T09:00"))
    assert ask(at("2026-03-04T15:00"), *calls[1:]) is None
    assert ask(at("2026-03-05T09:00"), *calls) is None


def test_calls_are_counted_by_the_customers_day() -> None:
    zone = ZoneInfo("Pacific/Auckland")
    # One day in Auckland, two in UTC.
    calls = tuple(at(f"2026-03-05T{hour}:00", zone) for hour in ("09", "11", "14"))
    place = Place(zone, EVERY_DAY, calls)

    found = check(now=at("2026-03-05T16:00", zone), channel="call", place=place, limits=LIMITS)

    assert found == refused(Rule.MOST_A_DAY, at("2026-03-06T09:00", zone))


def test_calls_lie_half_an_hour_apart() -> None:
    call = at("2026-03-04T10:00")

    assert ask(at("2026-03-04T10:29:59"), call) == refused(Rule.TOO_SOON, at("2026-03-04T10:30"))
    assert ask(at("2026-03-04T10:30"), call) is None


def test_last_call_of_the_day_is_followed_on_the_next() -> None:
    call = at("2026-03-04T19:45")

    assert ask(at("2026-03-04T19:50"), call) == refused(Rule.TOO_SOON, at("2026-03-05T09:00"))


def test_texts_keep_to_the_hours_but_are_not_counted_with_calls() -> None:
    calls = [at(f"2026-03-04T{hour}:00") for hour in ("09", "11", "13")]

    assert ask(at("2026-03-04T13:05"), *calls, channel="message") is None
    late = ask(at("2026-03-04T21:00"), channel="message")
    assert late == refused(Rule.HOURS, at("2026-03-05T09:00"))


@pytest.mark.parametrize("channel", ["email", "fax", "visit", "meeting"])
def test_what_disturbs_nobody_goes_at_any_time_to_anybody(channel: str) -> None:
    place = Place(BERLIN, NO_DAY)
    now = at("2026-03-08T03:00")

    found = check(now=now, channel=channel, place=place, limits=LIMITS, is_do_not_call=True)

    assert found is None


def test_who_asked_is_called_at_any_time() -> None:
    now = at("2026-03-08T03:00")
    place = Place(BERLIN, WEEKDAYS, (now, now, now))

    assert check(now=now, channel="call", place=place, limits=LIMITS, has_asked=True) is None


@pytest.mark.parametrize("channel", ["call", "message"])
def test_who_must_not_be_called_never_is(channel: str) -> None:
    found = check(
        now=at("2026-03-04T12:00"),
        channel=channel,
        place=Place(BERLIN, EVERY_DAY),
        limits=LIMITS,
        has_asked=True,
        is_do_not_call=True,
    )

    assert found == Refusal(Rule.DO_NOT_CALL, None)


def test_calendar_without_a_day_has_no_next_instant() -> None:
    place = Place(BERLIN, NO_DAY)

    found = check(now=at("2026-03-04T12:00"), channel="call", place=place, limits=LIMITS)

    assert found == Refusal(Rule.WEEKEND, None)


def test_no_calls_at_all_where_none_is_allowed_a_day() -> None:
    limits = replace(LIMITS, most_a_day=0)

    assert ask(at("2026-03-04T12:00"), limits=limits) == Refusal(Rule.MOST_A_DAY, None)


def test_hours_that_begin_within_a_skipped_hour_begin_after_it() -> None:
    limits = replace(LIMITS, first=time(2, 30))
    place = Place(BERLIN, EVERY_DAY)
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    found = check(now=now, channel="call", place=place, limits=limits)

    # From 02:00 the clock jumps to 03:00.
    assert found == Refusal(Rule.HOURS, datetime(2026, 3, 29, 1, tzinfo=UTC))


def test_hours_that_come_twice_close_in_between() -> None:
    limits = replace(LIMITS, first=time(1), until=time(2, 30))
    place = Place(BERLIN, EVERY_DAY)
    # 02:45 for the first time; at 03:00 the clock goes back to 02:00.
    now = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)

    found = check(now=now, channel="call", place=place, limits=limits)

    assert found == Refusal(Rule.HOURS, datetime(2026, 10, 25, 1, tzinfo=UTC))


def test_day_that_never_was_is_passed_over() -> None:
    zone = ZoneInfo("Pacific/Apia")
    place = Place(zone, EVERY_DAY)
    # Samoa had no 30 December 2011.
    now = datetime(2011, 12, 29, 21, tzinfo=zone)

    found = check(now=now, channel="call", place=place, limits=LIMITS)

    assert found == refused(Rule.HOURS, datetime(2011, 12, 31, 9, tzinfo=zone))


def near_changes() -> list[datetime]:
    """Instants at which one of the zones puts its clock forward or back."""
    found = []
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24)]
    for zone in ZONES:
        offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
        found += [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]
    return found


instants = st.one_of(
    st.datetimes(datetime(2011, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes),
        st.sampled_from(near_changes()),
        st.integers(-1500, 1500),
    ),
)
hours = st.builds(
    lambda minutes: (
        time(*divmod(min(minutes), 60)),
        time(*divmod(max(minutes), 60)),
    ),
    st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True),
)
limits_ = st.builds(
    lambda window, most, apart, weekends: Limits(window[0], window[1], most, apart, weekends),
    st.one_of(st.just((time(9), time(20))), hours),
    st.integers(1, 4),
    st.integers(0, 300),
    st.booleans(),
)
calendars = st.sampled_from(
    [WEEKDAYS, EVERY_DAY, *(WorkCalendar(frozenset({1, 2, 3, 4, 5}), one) for one in ("DE", "CN"))]
)
earlier_minutes = st.lists(st.integers(-2000, 30), max_size=5)


def place_at(now: datetime, zone: ZoneInfo, calendar: WorkCalendar, earlier: list[int]) -> Place:
    calls = tuple(now + timedelta(minutes=minutes) for minutes in earlier)
    return Place(zone, calendar, calls)


# The holidays of a year are computed once, which takes its time.
@settings(deadline=None)
@given(instants, st.sampled_from(ZONES), calendars, limits_, earlier_minutes)
def test_allowed_instant_keeps_every_rule_by_the_clock_there(
    now: datetime,
    zone: ZoneInfo,
    calendar: WorkCalendar,
    limits: Limits,
    earlier: list[int],
) -> None:
    place = place_at(now, zone, calendar, earlier)

    found = check(now=now, channel="call", place=place, limits=limits)

    there = now.astimezone(zone)
    special = calendar.special_days(there.year).get(there.date())
    is_open = (
        special.is_working
        if special
        else limits.are_weekends_allowed or there.isoweekday() in calendar.weekdays
    )
    wall = (there.hour * 60 + there.minute) * 60 + there.second + there.microsecond / 1e6
    opens, closes = (one.hour * 3600 + one.minute * 60 for one in (limits.first, limits.until))
    same_day = [at for at in place.earlier_calls if at.astimezone(zone).date() == there.date()]
    is_apart = all(
        abs((now - at).total_seconds()) >= limits.apart * 60 for at in place.earlier_calls
    )
    is_right = is_open and opens <= wall < closes and len(same_day) < limits.most_a_day and is_apart
    assert (found is None) is is_right


# The holidays of a year are computed once, which takes its time.
@settings(deadline=None)
@given(instants, st.sampled_from(ZONES), calendars, limits_, earlier_minutes)
def test_next_allowed_instant_is_later_and_allowed_and_the_first(
    now: datetime,
    zone: ZoneInfo,
    calendar: WorkCalendar,
    limits: Limits,
    earlier: list[int],
) -> None:
    place = place_at(now, zone, calendar, earlier)
    found = check(now=now, channel="call", place=place, limits=limits)
    if found is None:
        return

    assert found.next_at is not None
    assert found.next_at > now
    assert check(now=found.next_at, channel="call", place=place, limits=limits) is None
    step = max((found.next_at - now) / 40, timedelta(seconds=1))
    between = now
    while (between := between + step) < found.next_at:
        assert check(now=between, channel="call", place=place, limits=limits) is not None


@given(instants, st.sampled_from(ZONES), limits_)
def test_same_instant_in_another_zones_words_gets_the_same_answer(
    now: datetime, zone: ZoneInfo, limits: Limits
) -> None:
    place = Place(zone, WEEKDAYS)
    answers = {
        check(now=now.astimezone(other), channel="call", place=place, limits=limits)
        for other in ZONES
    }

    assert len(answers) == 1
