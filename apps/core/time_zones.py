"""Time zones as people choose them: by part of the world, each named after its city."""

from collections.abc import Iterable
from functools import cache
from zoneinfo import available_timezones

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Group = tuple[str | Promise, list[tuple[str, str]]]

AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}


@cache
def _cities() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {area: [] for area in AREAS}
    for name in sorted(available_timezones()):
        area, _slash, city = name.partition("/")
        if city and area in found:
            found[area].append((name, city.replace("_", " ").replace("/", ", ")))
    return found


def zone_choices(*, known: Iterable[str] = ()) -> list[Group | tuple[str, str]]:
    """Choices for a field; zones that somebody has already stay choosable, whatever their name."""
    cities = _cities()
    names = {name for group in cities.values() for name, _city in group}
    others = [(name, name) for name in sorted({"UTC", *known} - names) if name]
    groups: list[Group | tuple[str, str]] = [(AREAS[area], list(cities[area])) for area in AREAS]
    return [*others, *groups]
