"""Charts, defined once: plain values in, an ECharts option (pure JSON) out.

The browser draws the option (frontend/charts.js) and `render_svg` draws the same one for PDFs. It
holds no JavaScript: every text is formatted here, and colours are names of theme tokens ("@accent")
that each side replaces by its own values.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any, Literal
from unicodedata import east_asian_width

import quickjs
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

type Role = Literal["current", "previous", "plan", "forecast"]
type Kind = Literal["line", "bar"]
type Option = dict[str, Any]

BUNDLE = "build/echarts-ssr.js"
MAX_INTERVALS = 4
# A line chart whose smallest value is above this share of the largest may start above zero.
CUT_ABOVE = Decimal("0.6")
RENDER_SECONDS = 10

# The light theme's tokens, for paper. A test holds them equal to static/theme/tokens.css.
PRINT_COLOURS = {
    "accent": "#0f6a80",
    "accent-ink": "#0c5668",
    "chart-previous": "#8f9092",
    "ink": "#1b1c1d",
    "ink-2": "#4a4b4d",
    "ink-3": "#67686a",
    "line": "#e5e5e2",
    "line-strong": "#d0d0cc",
}

FONTS = {
    "zh-hans": "Inter, Noto Sans SC, Noto Sans CJK SC, sans-serif",
    "zh-hant": "Inter, Noto Sans TC, Noto Sans CJK TC, sans-serif",
}
LATIN_FONTS = "Inter, Noto Sans SC, Noto Sans CJK SC, sans-serif"


class ChartBundleMissingError(RuntimeError):
    """The front end has not been built: run `npm ci && npm run build`."""


class ChartRenderError(RuntimeError):
    """ECharts could not draw an option; the message is the JavaScript error."""


@dataclass(frozen=True)
class Point:
    """One value and how it is written; a value of None leaves a gap."""

    value: Decimal | float | None
    text: str


@dataclass(frozen=True)
class Series:
    """Points in the order of the axis labels; `role` decides the look, `end` labels the line's end."""

    name: str
    points: Sequence[Point]
    kind: Kind = "line"
    role: Role = "current"
    end: str = ""


@dataclass(frozen=True)
class Chart:
    """What the chart component prints: the option, and the same figures as a table.

    `summary` is read aloud in place of the drawing; `note` says what the eye could misread, such
    as an axis that does not start at zero. `legend` names what there is more than one of; where the
    lines have end labels (`is_labelled`), only a narrow screen needs it.
    """

    option: Option
    columns: list[str]
    rows: list[list[str]]
    summary: str
    note: str = ""
    legend: list[tuple[str, Role]] = field(default_factory=list)
    is_labelled: bool = False


@dataclass(frozen=True)
class Ticks:
    """An axis from `low` to `high` in equal steps, ends included."""

    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def values(self) -> list[Decimal]:
        count = int((self.high - self.low) / self.step)
        return [self.low + self.step * index for index in range(count + 1)]


LINES: dict[str, Option] = {
    "current": {"color": "@accent", "width": 2.25, "type": "solid"},
    "previous": {"color": "@chart-previous", "width": 1.25, "type": "solid"},
    "plan": {"color": "@ink-3", "width": 1.25, "type": "solid"},
    "forecast": {"color": "@accent", "width": 2, "type": [3, 3]},
}
BARS = {
    "current": "@accent",
    "previous": "@chart-previous",
    "plan": "@line-strong",
    "forecast": "@chart-previous",
}
END_COLOURS = {
    "current": "@accent-ink",
    "previous": "@ink-3",
    "plan": "@ink-2",
    "forecast": "@accent-ink",
}


def trend_chart(
    *,
    labels: Sequence[str],
    series: Sequence[Series],
    tick_text: Callable[[Decimal], str],
    summary: str,
    first_column: str,
) -> Chart:
    """Lines over time, such as the weeks of this period against those of the one before.

    `labels` are the axis texts (W40 …), `tick_text` writes a value of the value axis, `first_column`
    heads the labels in the table. Raises ValueError where a series has not one point per label.
    """
    ticks = axis_ticks(_values(series), may_cut=all(one.kind == "line" for one in series))
    note = ""
    if ticks.low > 0:
        note = _("The axis starts at %(start)s.") % {"start": tick_text(ticks.low)}
    return _chart(labels, series, ticks, tick_text, Chart({}, [first_column], [], summary, note))


def bar_chart(
    *,
    labels: Sequence[str],
    series: Sequence[Series],
    tick_text: Callable[[Decimal], str],
    summary: str,
    first_column: str,
) -> Chart:
    """Upright bars from zero, side by side where there are several series; arguments as above."""
    ticks = axis_ticks(_values(series), may_cut=False)
    return _chart(labels, series, ticks, tick_text, Chart({}, [first_column], [], summary))


def axis_ticks(values: Sequence[Decimal], *, may_cut: bool) -> Ticks:
    """Round ticks around the values: at most five, zero included unless the axis may be cut."""
    if not values:
        return Ticks(Decimal(0), Decimal(1), Decimal(1))
    low, high = min(values), max(values)
    cut = may_cut and low > 0 and low > high * CUT_ABOVE
    low, high = (low if cut else min(low, Decimal(0))), max(high, Decimal(0))
    step = _round_step((high - low) / MAX_INTERVALS or abs(high) or Decimal(1))
    while True:
        start = (low / step).to_integral_value(ROUND_FLOOR) * step
        end = (high / step).to_integral_value(ROUND_CEILING) * step
        end = end if end > start else start + step
        if end - start <= step * MAX_INTERVALS:
            return Ticks(start, end, step)
        step = _round_step(step * Decimal("1.01"))


def _round_step(least: Decimal) -> Decimal:
    """The smallest of 1, 2, 2.5, 5 × 10ⁿ that is not below `least`."""
    power = Decimal(1).scaleb(least.adjusted())
    for factor in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10)):
        if power * factor >= least:
            return power * factor
    raise AssertionError(least)


def _values(series: Sequence[Series]) -> list[Decimal]:
    return [
        Decimal(str(point.value))
        for one in series
        for point in one.points
        if point.value is not None
    ]


def _chart(
    labels: Sequence[str],
    series: Sequence[Series],
    ticks: Ticks,
    tick_text: Callable[[Decimal], str],
    frame: Chart,
) -> Chart:
    for one in series:
        if len(one.points) != len(labels):
            message = f"series {one.name!r} has {len(one.points)} points for {len(labels)} labels"
            raise ValueError(message)
    bars = any(one.kind == "bar" for one in series)
    option = {
        "textStyle": {"fontSize": 12, "color": "@ink-3"},
        "grid": {
            "left": 4,
            "right": 12 + _end_width(series),
            "top": 12,
            "bottom": 4,
            "outerBoundsMode": "same",
            "outerBoundsContain": "axisLabel",
        },
        "xAxis": _label_axis(labels, gap=bars),
        "yAxis": [_value_axis(ticks), _tick_axis([tick_text(value) for value in ticks.values])],
        "series": [_series(one) for one in series],
    }
    rows = [
        [label, *(one.points[index].text for one in series)] for index, label in enumerate(labels)
    ]
    # Lines are drawn with the most important one last, on top; it is named first.
    ordered = series if bars else series[::-1]
    named: list[tuple[str, Role]] = [(one.end or one.name, one.role) for one in ordered]
    columns = [*frame.columns, *(one.name for one in series)]
    return replace(
        frame,
        option=option,
        columns=columns,
        rows=rows,
        legend=named if len(series) > 1 else [],
        is_labelled=any(one.end for one in series),
    )


def _label(**more: Any) -> Option:
    # The border that ECharts draws around text is drawn over it by WeasyPrint.
    return {"fontSize": 11, "color": "@ink-3", "textBorderWidth": 0, **more}


def _label_axis(labels: Sequence[str], *, gap: bool) -> Option:
    return {
        "type": "category",
        "data": list(labels),
        "boundaryGap": gap,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": "@line-strong"}, "onZero": True},
        "axisLabel": _label(hideOverlap=True, margin=10),
    }


def _value_axis(ticks: Ticks) -> Option:
    return {
        "type": "value",
        "min": _plain(ticks.low),
        "max": _plain(ticks.high),
        "interval": _plain(ticks.step),
        "axisLabel": {"show": False},
        "splitLine": {"lineStyle": {"color": "@line"}},
    }


def _tick_axis(texts: list[str]) -> Option:
    """Texts of the value axis: a second axis, because a value axis only writes bare numbers.

    Its categories stand at equal distances from end to end, as the ticks do.
    """
    return {
        "type": "category",
        "data": texts,
        "position": "left",
        "boundaryGap": False,
        "show": True,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": _label(interval=0),
        "axisPointer": {"show": False},
    }


def _series(one: Series) -> Option:
    data = [_item(one, index) for index in range(len(one.points))]
    common = {"name": one.name, "data": data, "emphasis": {"disabled": True}, "yAxisIndex": 0}
    if one.kind == "bar":
        colour = BARS[one.role]
        style = {"color": colour, "borderRadius": [2, 2, 0, 0]}
        return {**common, "type": "bar", "itemStyle": style, "barMaxWidth": 28, "barGap": "20%"}
    line = LINES[one.role]
    option = {
        **common,
        "type": "line",
        "symbol": "none",
        "lineStyle": line,
        "itemStyle": {"color": line["color"]},
        "z": 4 if one.role == "current" else 3,
    }
    if one.role == "plan":
        option["step"] = "middle"
    if one.end:
        option["endLabel"] = _label(
            show=True, formatter=one.end, color=END_COLOURS[one.role], fontWeight=500, distance=6
        )
        option["labelLayout"] = {"moveOverlap": "shiftY"}
    return option


def _item(one: Series, index: int) -> Option | None:
    point = one.points[index]
    if point.value is None:
        return None
    item: Option = {"value": _plain(point.value), "text": point.text}
    if one.kind == "line" and _stands_alone(one, index):
        # A line needs two points; one between gaps would not be seen at all.
        item |= {"symbol": "circle", "symbolSize": 5}
    return item


def _stands_alone(one: Series, index: int) -> bool:
    around = (index - 1, index + 1)
    return not any(
        0 <= other < len(one.points) and one.points[other].value is not None for other in around
    )


def _plain(value: Decimal | float) -> int | float:
    exact = Decimal(str(value))
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _end_width(series: Sequence[Series]) -> int:
    """Room for the longest end label at 11 px, in pixels."""
    return max((sum(11 if _wide(sign) else 7 for sign in one.end) for one in series), default=0)


def _wide(sign: str) -> bool:
    return east_asian_width(sign) in "WF"


def coloured(value: Any, colours: dict[str, str]) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """A copy of an option with "@token" replaced by its colour; KeyError for an unknown token."""
    if isinstance(value, str):
        return colours[value[1:]] if value.startswith("@") else value
    if isinstance(value, list):
        return [coloured(item, colours) for item in value]
    if isinstance(value, dict):
        return {key: coloured(item, colours) for key, item in value.items()}
    return value


_contexts = threading.local()


def _context() -> quickjs.Context:
    """ECharts, loaded once in each thread: a QuickJS context belongs to the thread that made it."""
    context: quickjs.Context | None = getattr(_contexts, "echarts", None)
    if context is None:
        found = finders.find(BUNDLE)
        if not found:
            message = f"static/{BUNDLE} is missing: run `npm ci && npm run build`"
            raise ChartBundleMissingError(message)
        context = quickjs.Context()
        context.eval(Path(str(found)).read_text(encoding="utf-8"))
        _contexts.echarts = context
    return context


def render_svg(option: Option, width: int, height: int, lang: str = "en") -> str:
    """Draws an option as an SVG document of `width` × `height` pixels, in the colours of paper.

    `lang` is the language code (en, zh-hans, zh-hant), which chooses the forms of Han characters.
    Raises ChartBundleMissingError before the front end is built, ChartRenderError for an option
    that ECharts refuses.
    """
    chosen = coloured(option, PRINT_COLOURS)
    chosen["textStyle"] = {
        **chosen.get("textStyle", {}),
        "fontFamily": FONTS.get(lang, LATIN_FONTS),
    }
    request = json.dumps({"option": chosen, "width": width, "height": height})
    context = _context()
    try:
        context.set_time_limit(RENDER_SECONDS)
        answer = context.eval(f"renderChart({json.dumps(request)})")
    except quickjs.JSException as error:
        raise ChartRenderError(str(error)) from error
    return str(json.loads(answer))
