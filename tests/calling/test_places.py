"""Where somebody is by their phone number, and which days are free there."""

from datetime import date

import pytest

from apps.calling.places import Whereabouts, calendar_in, whereabouts
from apps.core.calendars import SpecialDay, WorkCalendar

FIRM = WorkCalendar(frozenset({1, 2, 3, 4}), "DE", "BY")


@pytest.mark.parametrize(
    ("phone", "zone", "country"),
    [
        ("+1 212 555 0123", "America/New_York", "US"),
        ("+86 139 1234 5678", "Asia/Shanghai", "CN"),
        ("+61 2 9876 5432", "Australia/Sydney", "AU"),
        # Which part of the country, such a number does not tell.
        ("+61 412 345 678", "", "AU"),
        ("+1 800 555 0123", "", "US"),
        ("030 901820", "Europe/Berlin", "DE"),
        ("+49 30 901820 ext. 12", "Europe/Berlin", "DE"),
        # Free numbers of the whole world.
        ("+800 1234 5678", "", ""),
        ("12", "", ""),
        ("+999 1234567", "", ""),
        ("none", "", ""),
        ("", "", ""),
    ],
)
def test_number_tells_zone_and_country(phone: str, zone: str, country: str) -> None:
    assert whereabouts([phone], country="DE", year=2026) == Whereabouts(zone, country)


def test_zones_that_agree_all_year_are_one() -> None:
    # Several islands, one clock.
    found = whereabouts(["+44 7400 123456"], country="", year=2026)

    assert found.zone in {"Europe/London", "Europe/Guernsey", "Europe/Jersey"}
    assert found.country in {"GB", "GG", "JE"}


def test_next_number_of_the_same_country_tells_the_zone() -> None:
    mobile = "+61 412 345 678"

    sydney = whereabouts([mobile, "+49 30 901820", "+61 2 9876 5432"], country="DE", year=2026)
    unknown = whereabouts([mobile, "+49 30 901820"], country="DE", year=2026)

    assert sydney == Whereabouts("Australia/Sydney", "AU")
    assert unknown == Whereabouts("", "AU")


def test_national_number_tells_nothing_where_the_firm_has_no_country() -> None:
    assert whereabouts(["030 901820"], country="", year=2026) == Whereabouts()


def test_country_of_the_firm_has_its_region_and_exceptions_but_not_its_days_off() -> None:
    outing = date(2026, 3, 5)
    own = WorkCalendar(
        FIRM.weekdays, "DE", "BY", {outing: SpecialDay(outing, "Outing", is_working=False)}
    )

    found = calendar_in("DE", own)

    # A Friday, on which the firm does not work; Corpus Christi, free in Bavaria; the outing.
    assert found.is_working_day(date(2026, 3, 6))
    assert not found.is_working_day(date(2026, 6, 4))
    assert not found.is_working_day(outing)


def test_other_country_has_its_own_weekend_and_holidays() -> None:
    israel, america = calendar_in("IL", FIRM), calendar_in("US", FIRM)

    assert not israel.is_working_day(date(2026, 3, 6))
    assert israel.is_working_day(date(2026, 3, 8))
    assert not america.is_working_day(date(2026, 11, 26))
    assert america.is_working_day(date(2026, 6, 4))


@pytest.mark.parametrize("country", ["", "XX", "EH"])
def test_country_that_nobody_knows_has_weekends_only(country: str) -> None:
    found = calendar_in(country, FIRM)

    assert found.is_working_day(date(2026, 12, 25))
    assert not found.is_working_day(date(2026, 12, 26))
