"""Working days: weekdays, holidays of the country, make-up days, own exceptions."""

from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.core.calendars import (
    SpecialDay,
    WorkCalendar,
    calendar_scope,
    countries,
    is_working_day,
    next_working_day,
    subdivisions,
    working_days_between,
)
from apps.core.models import CalendarDay, Organisation
from tests.query_counts import counted

WORKWEEK = frozenset({1, 2, 3, 4, 5})
PLAIN = WorkCalendar(WORKWEEK)
BERLIN = WorkCalendar(WORKWEEK, "DE", "BE")
CHINA = WorkCalendar(WORKWEEK, "CN")


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        (PLAIN, date(2026, 11, 20), True),
        (PLAIN, date(2026, 11, 21), False),
        (PLAIN, date(2026, 1, 1), True),
        (BERLIN, date(2026, 1, 1), False),
        (BERLIN, date(2026, 3, 8), False),
        # International Women's Day is a holiday in Berlin, not in Bavaria.
        (BERLIN, date(2027, 3, 8), False),
        (WorkCalendar(WORKWEEK, "DE", "BY"), date(2027, 3, 8), True),
        (WorkCalendar(WORKWEEK, "DE"), date(2027, 3, 8), True),
        (CHINA, date(2026, 2, 17), False),
        # A bridge day, worked on the Saturday before instead.
        (CHINA, date(2026, 2, 20), False),
        (CHINA, date(2026, 2, 14), True),
        (CHINA, date(2026, 2, 28), True),
        (CHINA, date(2026, 3, 7), False),
        (WorkCalendar(frozenset({7, 1, 2, 3, 4})), date(2026, 11, 22), True),
        (WorkCalendar(frozenset({7, 1, 2, 3, 4})), date(2026, 11, 20), False),
    ],
)
def test_a_day_is_worked_by_weekday_holiday_and_make_up_day(
    calendar: WorkCalendar, day: date, works: bool
) -> None:
    assert calendar.is_working_day(day) is works


@pytest.mark.parametrize(
    ("calendar", "first", "last", "count"),
    [
        (PLAIN, date(2026, 11, 16), date(2026, 11, 22), 5),
        (PLAIN, date(2026, 11, 20), date(2026, 11, 20), 1),
        (PLAIN, date(2026, 11, 21), date(2026, 11, 22), 0),
        (PLAIN, date(2026, 11, 20), date(2026, 11, 19), 0),
        (BERLIN, date(2026, 12, 21), date(2027, 1, 3), 8),
        (CHINA, date(2026, 2, 9), date(2026, 3, 1), 11),
        (CHINA, date(2026, 1, 1), date(2026, 12, 31), 248),
    ],
)
def test_working_days_are_counted_with_both_ends(
    calendar: WorkCalendar, first: date, last: date, count: int
) -> None:
    assert calendar.working_days_between(first, last) == count


@pytest.mark.parametrize(
    ("calendar", "day", "following"),
    [
        (PLAIN, date(2026, 11, 20), date(2026, 11, 20)),
        (PLAIN, date(2026, 11, 21), date(2026, 11, 23)),
        (BERLIN, date(2026, 12, 25), date(2026, 12, 28)),
        (CHINA, date(2026, 2, 16), date(2026, 2, 24)),
    ],
)
def test_the_next_working_day_is_the_day_itself_or_the_first_after_it(
    calendar: WorkCalendar, day: date, following: date
) -> None:
    assert calendar.next_working_day(day) == following


def test_a_calendar_without_working_days_says_so_instead_of_searching_for_ever() -> None:
    idle = WorkCalendar(frozenset())

    with pytest.raises(ValueError, match="no working day within a year of 2026-11-20"):
        idle.next_working_day(date(2026, 11, 20))


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
calendars = st.builds(
    lambda weekdays, place, own: WorkCalendar(
        frozenset(weekdays),
        place[0],
        place[1],
        exceptions={day: SpecialDay(day, "", works, is_own=True) for day, works in own.items()},
    ),
    st.sets(st.integers(1, 7), min_size=1),
    st.sampled_from([("", ""), ("DE", "BE"), ("CN", ""), ("US", "CA"), ("HK", "")]),
    st.dictionaries(days, st.booleans(), max_size=20),
)


@given(calendars, days, st.integers(0, 900))
def test_the_count_is_that_of_the_single_days(
    calendar: WorkCalendar, first: date, length: int
) -> None:
    span = [first + timedelta(days=n) for n in range(length)]

    counted_days = calendar.working_days_between(first, first + timedelta(days=length - 1))

    assert counted_days == sum(map(calendar.is_working_day, span))


@given(calendars, days, days, days)
def test_adjoining_spans_add_up(
    calendar: WorkCalendar, one: date, other: date, third: date
) -> None:
    first, middle, last = sorted((one, other, third))

    whole = calendar.working_days_between(first, last)

    assert whole == calendar.working_days_between(first, middle) + calendar.working_days_between(
        middle + timedelta(days=1), last
    )


@given(calendars, days)
def test_between_a_day_and_its_next_working_day_nobody_works(
    calendar: WorkCalendar, day: date
) -> None:
    following = calendar.next_working_day(day)

    assert following >= day
    assert calendar.is_working_day(following)
    assert calendar.working_days_between(day, following) == 1


@given(calendars, days, st.booleans())
def test_an_exception_goes_before_everything(
    calendar: WorkCalendar, day: date, works: bool
) -> None:
    own = {**calendar.exceptions, day: SpecialDay(day, "Party", works, is_own=True)}

    changed = WorkCalendar(calendar.weekdays, calendar.country, calendar.subdivision, own)

    assert changed.is_working_day(day) is works


@pytest.mark.django_db
def test_the_firms_calendar_has_its_exceptions() -> None:
    firm = Organisation.current()
    firm.country, firm.subdivision = "DE", "BE"
    firm.save()
    CalendarDay.objects.create(day=date(2026, 12, 24), name="Christmas Eve")
    CalendarDay.objects.create(day=date(2026, 12, 19), name="Stocktaking", is_working=True)

    assert not is_working_day(date(2026, 12, 24))
    assert is_working_day(date(2026, 12, 19))
    assert working_days_between(date(2026, 12, 14), date(2026, 12, 27)) == 9
    assert next_working_day(date(2026, 12, 24)) == date(2026, 12, 28)


@pytest.mark.django_db
def test_a_page_reads_the_calendar_once_and_the_next_one_again() -> None:
    Organisation.current()
    with calendar_scope():
        assert counted(lambda: is_working_day(date(2026, 12, 24))) == 2
        assert counted(lambda: working_days_between(date(2020, 1, 1), date(2026, 12, 31))) == 0
    CalendarDay.objects.create(day=date(2026, 12, 24))

    with calendar_scope():
        assert not is_working_day(date(2026, 12, 24))


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Spring Festival"), ("zh-hans", "春节"), ("zh-hant", "春節")]
)
def test_holidays_are_named_in_the_readers_language(language: str, name: str) -> None:
    with translation.override(language):
        calendar = WorkCalendar(WORKWEEK, "CN")
        assert name in calendar.special_days(2026)[date(2026, 2, 17)].name


def test_countries_and_regions_are_listed_by_name() -> None:
    with translation.override("zh-hans"):
        assert ("DE", "德国") in countries()
    with translation.override("en"):
        assert ("DE", "Germany") in countries()
        assert [name for _, name in countries()][:2] == ["Afghanistan", "Albania"]
    assert ("BE", "Berlin") in subdivisions("DE")
    assert subdivisions("HK") == subdivisions("") == []
