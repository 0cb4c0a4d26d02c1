"""One chart definition for the browser and for paper."""

import json
import re
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from apps.core import charts, formats
from apps.core.charts import Chart, Point, Series, axis_ticks, bar_chart, render_svg, trend_chart

WEEKS = ["W38", "W39", "W40"]


def points(*values: str | None) -> list[Point]:
    return [
        Point(None if value is None else Decimal(value), value or "no data") for value in values
    ]


def trend(*series: Series, labels: list[str] = WEEKS) -> Chart:
    return trend_chart(
        labels=labels,
        series=series,
        tick_text=lambda value: f"€{value:,.0f}",
        summary="Revenue per week",
        first_column="Week",
    )


def test_a_series_needs_one_point_for_each_label() -> None:
    with pytest.raises(ValueError, match="'Revenue' has 2 points for 3 labels"):
        trend(Series("Revenue", points("1", "2")))


def test_the_option_is_json_with_exact_values_and_written_texts() -> None:
    chart = trend(Series("Revenue", points("84000.25", "89000", None), end="Revenue"))

    option = json.loads(json.dumps(chart.option))
    assert option["series"][0]["data"] == [
        {"value": 84000.25, "text": "84000.25"},
        {"value": 89000, "text": "89000"},
        None,
    ]
    assert option["xAxis"]["data"] == WEEKS
    assert option["series"][0]["endLabel"]["formatter"] == "Revenue"


def test_the_table_behind_the_chart_has_every_figure() -> None:
    chart = trend(
        Series("Revenue", points("1", "2", None)),
        Series("Before", points("3", "4", "5"), role="previous"),
    )

    assert chart.columns == ["Week", "Revenue", "Before"]
    assert chart.rows == [["W38", "1", "3"], ["W39", "2", "4"], ["W40", "no data", "5"]]


def test_a_legend_names_what_there_is_more_than_one_of_and_the_current_first() -> None:
    before = Series("Before", points("3", "4", "5"), role="previous", end="last year")
    current = Series("Revenue", points("1", "2", "3"))

    assert trend(current).legend == []
    assert trend(before, current).legend == [("Revenue", "current"), ("last year", "previous")]
    assert trend(before, current).is_labelled
    assert not trend(current).is_labelled


def test_a_cut_axis_says_where_it_starts() -> None:
    chart = trend(Series("Revenue", points("84000", "98000", "104000")))

    assert chart.option["yAxis"][0]["min"] == 80000
    assert chart.note == "The axis starts at €80,000."


def test_bars_start_at_zero() -> None:
    chart = bar_chart(
        labels=WEEKS,
        series=[Series("Orders", points("98", "99", "100"), kind="bar")],
        tick_text=str,
        summary="",
        first_column="Week",
    )

    assert chart.option["yAxis"][0]["min"] == 0
    assert chart.note == ""


def test_a_value_between_gaps_is_drawn_as_a_dot() -> None:
    chart = trend(Series("Revenue", points(None, "5", None)))

    assert chart.option["series"][0]["data"][1]["symbol"] == "circle"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ["0", "1"]),
        (["0"], ["0", "1"]),
        (["5"], ["0", "2", "4", "6"]),
        (["84000", "104000"], ["0", "50000", "100000", "150000"]),
        (["3", "997"], ["0", "250", "500", "750", "1000"]),
        (["-3", "5"], ["-5", "-2.5", "0", "2.5", "5"]),
        (["0.01"], ["0", "0.0025", "0.005", "0.0075", "0.01"]),
        (["-7"], ["-8", "-6", "-4", "-2", "0"]),
    ],
)
def test_ticks_are_round_and_hold_zero(values: list[str], expected: list[str]) -> None:
    ticks = axis_ticks([Decimal(value) for value in values], may_cut=False)

    assert ticks.values == [Decimal(value) for value in expected]


def test_ticks_of_a_cut_axis_start_below_the_smallest_value() -> None:
    ticks = axis_ticks([Decimal(84000), Decimal(104000)], may_cut=True)

    assert ticks.values == [80000, 90000, 100000, 110000]


@given(
    st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=30),
    st.booleans(),
)
def test_ticks_hold_every_value_in_few_equal_steps(values: list[Decimal], may_cut: bool) -> None:
    ticks = axis_ticks(values, may_cut=may_cut)

    assert ticks.low <= min(values)
    assert ticks.high >= max(values)
    assert 2 <= len(ticks.values) <= 5
    assert ticks.values[-1] == ticks.high
    assert ticks.low <= 0 or may_cut


def test_paper_has_the_colours_of_the_light_theme() -> None:
    tokens = Path(settings.BASE_DIR, "static/theme/tokens.css").read_text(encoding="utf-8")
    light = tokens[: tokens.index('[data-bs-theme="dark"]')]

    for name, colour in charts.PRINT_COLOURS.items():
        assert re.search(rf"--{name}: {colour};", light), name


@pytest.mark.parametrize("token", ["@accent", "@ink-3"])
def test_every_colour_of_an_option_is_a_token(token: str) -> None:
    chart = trend(Series("Revenue", points("1", "2", "3"), end="Revenue"))

    text = json.dumps(chart.option)
    assert token in text
    assert "#" not in text


def test_an_unknown_token_is_refused() -> None:
    with pytest.raises(KeyError, match="no-such-colour"):
        charts.coloured({"color": "@no-such-colour"}, charts.PRINT_COLOURS)


@pytest.fixture
def fresh_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_contexts", threading.local())


@pytest.mark.usefixtures("fresh_context")
def test_a_missing_bundle_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "BUNDLE", "build/nowhere.js")

    with pytest.raises(charts.ChartBundleMissingError, match="npm ci && npm run build"):
        render_svg({}, 100, 100)


def test_an_option_that_echarts_refuses_is_an_error_not_an_empty_picture() -> None:
    with pytest.raises(charts.ChartRenderError):
        render_svg({"xAxis": {"type": "category"}, "series": [{"type": "line", "data": 5}]}, 10, 10)


def test_the_drawing_holds_labels_in_latin_and_chinese() -> None:
    chart = trend(
        Series("营业额", points("84000", "89000", "94000"), end="营业额"),
        labels=["第38周", "第39周", "第40周"],
    )

    svg = render_svg(chart.option, 640, 240, "zh-hans")

    assert svg.startswith('<svg width="640" height="240"')
    texts = re.findall(r">([^<>\n]+)</text>", svg)
    assert texts.count("营业额") == 1
    assert {"第38周", "第39周", "第40周", "€80,000", "€95,000"} <= set(texts)
    assert "Noto Sans CJK SC" in svg
    assert "Noto Sans CJK TC" in render_svg(chart.option, 640, 240, "zh-hant")


def test_the_drawing_puts_the_line_where_the_values_are() -> None:
    svg = render_svg(trend(Series("Revenue", points("0", "50", "100"))).option, 400, 200)

    line = re.search(r'<path d="M([\d. ]+)L([\d. ]+)L([\d. ]+)"[^>]*stroke="#0f6a80"', svg)
    assert line
    (x0, y0), (x1, y1), (x2, y2) = (map(float, pair.split()) for pair in line.groups())
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert y0 - y2 > 120


def test_no_text_of_the_drawing_has_a_border() -> None:
    svg = render_svg(
        trend(Series("Revenue", points("1", "2", "3"), end="Revenue")).option, 400, 200
    )

    assert not [text for text in re.findall(r"<text[^>]*>", svg) if "stroke" in text]


def test_threads_draw_side_by_side() -> None:
    option = trend(Series("Revenue", points("1", "2", "3"))).option
    drawings: list[str] = []
    threads = [
        threading.Thread(target=lambda: drawings.append(render_svg(option, 300, 150)))
        for _ in range(3)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(drawings) == 3
    assert all("W40" in drawing for drawing in drawings)


def test_short_money_makes_ticks_in_the_readers_units() -> None:
    chart = trend_chart(
        labels=WEEKS,
        series=[Series("Revenue", points("0", "50000", "200000"))],
        tick_text=lambda value: formats.money_short(value, "EUR", trim=True),
        summary="",
        first_column="Week",
    )

    assert chart.option["yAxis"][1]["data"] == ["€0", "€50k", "€100k", "€150k", "€200k"]
