"""Satisfaction and recommendation by month, drawn."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel.dates import format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formats
from apps.core.charts import Chart, Point, Series, trend_chart
from apps.satisfaction.selectors import Tally


def months_between(first: date, last: date) -> list[date]:
    """First days of the months from that of `first` to that of `last`."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count + 1)
    ]


def satisfied_chart(months: Mapping[date, Tally], shown: list[date]) -> Chart | None:
    """The share of answers of 4 and 5 by month of sending; None without answers."""
    if not any(tally.csat.answers for tally in months.values()):
        return None
    points = []
    for month in shown:
        csat = months.get(month, Tally()).csat
        points.append(
            _point(csat.satisfied_rate, formats.percent(csat.satisfied_rate), csat.answers)
        )
    return _chart(_("Satisfied"), shown, points, lambda value: formats.percent(value, 0))


def nps_chart(months: Mapping[date, Tally], shown: list[date]) -> Chart | None:
    """The NPS by month of sending; None without answers."""
    if not any(tally.nps.answers for tally in months.values()):
        return None
    points = []
    for month in shown:
        nps = months.get(month, Tally()).nps
        points.append(_point(nps.score, formats.signed(nps.score), nps.answers))
    return _chart(_("NPS"), shown, points, formats.number)


def _point(value: Decimal | None, text: str, answers: int) -> Point:
    told = ngettext("%(value)s (%(n)s answer)", "%(value)s (%(n)s answers)", answers)
    return Point(value, told % {"value": text, "n": answers} if value is not None else text)


def _chart(name: str, shown: list[date], points: list[Point], tick_text: object) -> Chart:
    months = [_month(month) for month in shown]
    summary = _("%(name)s by month from %(first)s to %(last)s")
    return trend_chart(
        labels=months,
        series=[Series(name, points)],
        tick_text=tick_text,  # type: ignore[arg-type]
        summary=summary % {"name": name, "first": months[0], "last": months[-1]},
        first_column=_("Month"),
    )


def _month(month: date) -> str:
    return format_skeleton("yMMM", month, locale=formats.words().locale)
