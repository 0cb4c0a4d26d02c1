"""Where somebody is, as far as their phone number tells: its time zone and its country."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import holidays
import phonenumbers
from babel.core import get_global
from phonenumbers import timezone as phone_zones

from apps.core.calendars import WorkCalendar

# Monday = 1. Of countries whose weekend nobody knows.
MONDAY_TO_FRIDAY = frozenset({1, 2, 3, 4, 5})
WEEK = frozenset(range(1, 8))
# Zones are one where their clocks agree on each of these days of a year.
DAYS = [timedelta(days=n) for n in range(366)]


@dataclass(frozen=True)
class Whereabouts:
    """A zone's name and a country (ISO, two letters); empty where the number does not tell."""

    zone: str = ""
    country: str = ""


def whereabouts(phones: Iterable[str], *, country: str, year: int) -> Whereabouts:
    """The country of the first phone that tells one, and the zone of the first of that country's.

    `country` is whose number it is where no “+” says otherwise; `year` the one in which zones are
    compared. A number of several zones tells one if their clocks agree all year, or if its country
    has one alone.
    Examples: “+1 212 555 0123” → America/New_York, US; “+1 800 555 0123” → no zone, US.
    """
    found = [_of_phone(phone, country, year) for phone in phones]
    where = next((one.country for one in found if one.country), "")
    return Whereabouts(
        next((one.zone for one in found if one.zone and one.country == where), ""), where
    )


def calendar_in(country: str, own: WorkCalendar) -> WorkCalendar:
    """Days off in a country; in the firm's own one with the region and the exceptions of the firm.

    Working days are all but the country's weekend, on whichever days the firm itself works.
    """
    weekdays = _weekdays(country)
    if country == own.country:
        return WorkCalendar(weekdays, country, own.subdivision, own.exceptions)
    return WorkCalendar(weekdays, country if _has_holidays(country) else "")


@lru_cache(maxsize=4096)
def _of_phone(phone: str, country: str, year: int) -> Whereabouts:
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return Whereabouts()
    # An extension or a number without its area tells nothing.
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return Whereabouts()
    region = phonenumbers.region_code_for_number(number) or ""
    # “001” and the like are numbers of no country.
    region = region if region.isalpha() else ""
    known = available_timezones()
    of_country = _zones_of(region)
    told = tuple(name for name in phone_zones.time_zones_for_number(number) if name in known)
    return Whereabouts(_one(told, year) or _one(of_country, year), region)


def _one(names: tuple[str, ...], year: int) -> str:
    return names[0] if names and _agree(names, year) else ""


@lru_cache(maxsize=512)
def _agree(names: tuple[str, ...], year: int) -> bool:
    first, *others = (ZoneInfo(name) for name in names)
    instants = [datetime(year, 1, 1, tzinfo=UTC) + day for day in DAYS]
    return all(
        instant.astimezone(zone).utcoffset() == instant.astimezone(first).utcoffset()
        for zone in others
        for instant in instants
    )


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    known = available_timezones()
    for zone, country in sorted(get_global("zone_territories").items()):
        if zone in known:
            found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


def _zones_of(country: str) -> tuple[str, ...]:
    return _zones_by_country().get(country, ())


@lru_cache(maxsize=1)
def _supported() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries(include_aliases=False))


def _has_holidays(country: str) -> bool:
    return country in _supported()


@lru_cache(maxsize=256)
def _weekdays(country: str) -> frozenset[int]:
    if not _has_holidays(country):
        return MONDAY_TO_FRIDAY
    # The package counts from Monday = 0.
    return WEEK - {day + 1 for day in holidays.country_holidays(country).weekend}
