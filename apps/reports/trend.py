"""Revenue by week as a line, with the same weeks a year before, or the weeks before, in grey."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.charts import Chart, Point, Series, trend_chart
from apps.metrics import selectors
from apps.metrics.results import Scope, WeekPoint
from apps.reports.rows import Rows

WEEKS = 13
# As many weekdays back as lets ISO weeks stand beside each other, whether a year has 52 or 53.
YEAR_WEEKS = 52
LAST_DAY = timedelta(days=6)


@dataclass(frozen=True)
class Trend:
    """The chart, or None where no week has data; `weeks` are its days, for the heading."""

    chart: Chart | None
    start: date
    end: date


@dataclass(frozen=True)
class Earlier:
    """The weeks to compare with, and what they are called."""

    points: list[WeekPoint]
    name: str

    @property
    def has_data(self) -> bool:
        return any(point.revenue is not None for point in self.points)


def trend(scope: Scope, as_of: date, today: date) -> Trend:
    """The 13 ISO weeks up to the one of `as_of`, beside those a year before where data exist.

    In a scope's first year the 13 weeks just before stand there instead.
    """
    points = selectors.trend_by_week(scope, as_of, WEEKS + YEAR_WEEKS)
    now, before = points[-WEEKS:], Earlier(points[:WEEKS], _("52 weeks earlier"))
    if not before.has_data:
        before = Earlier(points[-2 * WEEKS : -WEEKS], _("13 weeks earlier"))
    start, end = now[0].start, now[-1].start + LAST_DAY
    if all(point.revenue is None for point in now):
        return Trend(None, start, end)
    runs = now[-1].start <= today < end
    chart = trend_chart(
        labels=[formats.week(point.start) for point in now],
        series=_series(now, before, runs=runs),
        tick_text=lambda value: formats.money_short(value, trim=True),
        summary=_summary(now, runs=runs),
        first_column=_("Week"),
    )
    return Trend(_with_table(chart, now, before, Rows(scope), runs=runs), start, end)


def _known(points: Sequence[WeekPoint]) -> list[Decimal]:
    return [point.revenue for point in points if point.revenue is not None]


def _point(point: WeekPoint) -> Point:
    return Point(point.revenue, formats.money(point.revenue))


def _series(now: list[WeekPoint], before: Earlier, *, runs: bool) -> list[Series]:
    gap = Point(None, "")
    full = [_point(point) for point in now]
    lines = []
    if before.has_data:
        earlier = [_point(point) if point.revenue is not None else gap for point in before.points]
        lines.append(Series(before.name, earlier, role="previous", end=before.name))
    if not runs:
        return [*lines, Series(_("Revenue"), full)]
    # The running week is drawn apart, from the last whole one on, which is named only once.
    joint = replace(full[-2], text="")
    so_far = [gap] * (len(full) - 2) + [joint, full[-1]]
    return [
        *lines,
        Series(_("Revenue"), [*full[:-1], gap]),
        Series(_("Week so far"), so_far, role="forecast", end=_("so far")),
    ]


def _summary(now: list[WeekPoint], *, runs: bool) -> str:
    known = _known(now[:-1] if runs else now) or _known(now)
    values = {
        "start": formats.week(now[0].start, year=True),
        "end": formats.week(now[-1].start, year=True),
        "low": formats.money_short(min(known)),
        "high": formats.money_short(max(known)),
    }
    return (
        _("Revenue by week from %(start)s to %(end)s: between %(low)s and %(high)s a week.")
        % values
    )


def _with_table(
    chart: Chart, now: list[WeekPoint], before: Earlier, rows: Rows, *, runs: bool
) -> Chart:
    """The chart with its own table: orders beside revenue, and each week's rows behind it."""
    columns = [_("Week"), _("Revenue"), _("Orders"), before.name]
    table = []
    for this, earlier in zip(now, before.points, strict=True):
        name = formats.week(this.start, year=True)
        if runs and this is now[-1]:
            name = _("%(week)s so far") % {"week": name}
        address = rows.orders(this.start, this.start + LAST_DAY)
        earlier_address = rows.orders(earlier.start, earlier.start + LAST_DAY)
        table.append(
            [
                name,
                _linked(address, this.revenue, formats.money(this.revenue)),
                _linked(address, this.orders, formats.number(this.orders)),
                _linked(earlier_address, earlier.revenue, formats.money(earlier.revenue)),
            ]
        )
    return replace(chart, columns=columns, rows=table)


def _linked(address: str, value: Decimal | int | None, text: str) -> str:
    """The text with its rows behind it; “no data” has none."""
    return text if value is None else format_html('<a href="{}">{}</a>', address, text)
