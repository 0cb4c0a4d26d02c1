"""Formats for templates; built in, so that no page loads them. See apps/core/formats.py.

None prints as “no data”, in a table cell as a dash with those words for screen readers.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import formats
from apps.core.formats import Number

register = template.Library()

type Shown = str | SafeString


def no_data() -> SafeString:
    """Words in running text, a dash inside a table cell (see static/theme/base.css)."""
    return format_html(
        '<span class="no-data"><span class="dash" aria-hidden="true">–</span>'
        '<span class="words">{}</span></span>',
        formats.NO_DATA,
    )


def _shown(value: object, write: Callable[[Any], str]) -> Shown:
    # A variable that the template misspells arrives as "": it must not look like missing data.
    return no_data() if value is None else write(value)


@register.filter
def money(value: Number | None, currency: str | None = None) -> Shown:
    return _shown(value, lambda known: formats.money(known, currency))


@register.filter
def money_short(value: Number | None, currency: str | None = None) -> Shown:
    return _shown(value, lambda known: formats.money_short(known, currency))


@register.filter
def number(value: Number | None, decimals: int = 0) -> Shown:
    return _shown(value, lambda known: formats.number(known, decimals))


@register.filter
def signed(value: Number | None, decimals: int = 0) -> Shown:
    return _shown(value, lambda known: formats.signed(known, decimals))


@register.filter
def percent(rate: Number | None, decimals: int = 1) -> Shown:
    return _shown(rate, lambda known: formats.percent(known, decimals))


@register.filter
def signed_percent(rate: Number | None, decimals: int = 1) -> Shown:
    return _shown(rate, lambda known: formats.signed_percent(known, decimals))


@register.filter
def points(difference: Number | None, decimals: int = 1) -> Shown:
    return _shown(difference, lambda known: formats.points(known, decimals))


@register.filter
def days(value: Number | None, decimals: int | None = None) -> Shown:
    return _shown(value, lambda known: formats.days(known, decimals))


@register.filter
def day_short(value: date | datetime | None) -> Shown:
    return _shown(value, formats.day_short)


@register.filter
def day_long(value: date | datetime | None) -> Shown:
    return _shown(value, formats.day_long)


@register.filter
def day_of_year(value: date | datetime | None) -> Shown:
    return _shown(value, formats.day_of_year)


@register.filter
def moment(value: datetime | None) -> Shown:
    return _shown(value, formats.moment)


@register.filter
def week(day: date | None) -> Shown:
    return _shown(day, formats.week)


@register.filter
def week_of_year(day: date | None) -> Shown:
    return _shown(day, lambda known: formats.week(known, year=True))


@register.simple_tag
def day_range(start: date, end: date) -> str:
    return formats.day_range(start, end)


@register.filter
def share(part: Number | None, whole: Number | None) -> float:
    """The width of a bar in per cent of its track (0–100), for SVG attributes; 0 without basis."""
    if part is None or not whole:
        return 0.0
    return round(min(max(float(part) / float(whole), 0.0), 1.0) * 100, 2)


@register.filter
def listed(names: Iterable[object]) -> str:
    return formats.listed(names)
