"""Where days begin, which days a week has, which hours a calendar shows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.agenda.day import EARLIEST, LATEST, begins, ends, hours_shown, week_of

BERLIN, BEIRUT = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Beirut")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Asia/Beirut",
    "Asia/Shanghai",
    "America/Sao_Paulo",
    "Pacific/Apia",
)


@pytest.mark.parametrize(
    ("day", "zone", "start", "hours"),
    [
        (date(2026, 11, 22), BERLIN, datetime(2026, 11, 21, 23, tzinfo=UTC), 24),
        (date(2026, 3, 29), BERLIN, datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), BERLIN, datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        # There is no midnight: the clock leaps to one.
        (date(2022, 3, 27), BEIRUT, datetime(2022, 3, 26, 22, tzinfo=UTC), 23),
    ],
)
def test_a_day_begins_and_ends_by_the_clock_of_its_zone(
    day: date, zone: ZoneInfo, start: datetime, hours: int
) -> None:
    assert begins(day, zone) == start
    assert begins(day, zone).date() == day
    assert ends(day, zone) - start == timedelta(hours=hours)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_every_instant_lies_within_its_local_day(instant: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    day = instant.astimezone(zone).date()

    assert begins(day, zone) <= instant < ends(day, zone)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_beyond_the_calendar_are_its_ends(day: date) -> None:
    assert begins(day, BERLIN).date() in {EARLIEST, LATEST}
    assert ends(day, BERLIN) > begins(day, BERLIN)
    assert len(week_of(day, 0)) == 7


@given(st.dates(date(1900, 1, 8), date(2999, 12, 20)), st.integers(0, 6))
def test_a_week_has_the_day_and_begins_on_the_weekday(day: date, first: int) -> None:
    week = week_of(day, first)

    assert day in week
    assert week[0].weekday() == first
    assert week[-1] - week[0] == timedelta(days=6)


@pytest.mark.parametrize(
    ("hours", "first", "last"),
    [([], 7, 19), ([9, 12], 7, 19), ([5], 5, 19), ([22], 7, 22), ([0, 23], 0, 23)],
)
def test_hours_grow_by_what_lies_outside(hours: list[int], first: int, last: int) -> None:
    shown = hours_shown(hours)

    assert (shown[0], shown[-1]) == (first, last)
