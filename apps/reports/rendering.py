"""A week's figures as HTML and as PDF; the page, the PDF and the mail share one template."""

import base64
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core import charts, formats
from apps.core.models import Organisation
from apps.reports import wording
from apps.reports.weekly import LevelFigures, WeeklyFigures

# Whether the figures were mailed, were mailed in another language, or may still change.
type Mark = Literal["sent", "translation", "draft"]

CHART_WIDTH, CHART_HEIGHT = 440, 180
# The drawing area of the funnel's bars in the units of its viewBox (330 wide).
FUNNEL_CENTRE, FUNNEL_WIDTH, FUNNEL_ROW, FUNNEL_BAR = 212.0, 180.0, 26.4, 20.0
# Fewer resolved opportunities than this say nothing about a level's conversion.
LEAST_RESOLVED = 20
# Inter comes in one file a script, and each needs a family of its own: WeasyPrint takes files of the
# same family and weight for one font and prints the glyphs of the wrong one.
INTER = {
    "latin": "Inter",
    "latin-ext": "Inter Latin Extended",
    "cyrillic": "Inter Cyrillic",
    "greek": "Inter Greek",
    "vietnamese": "Inter Vietnamese",
}
HAN = {"zh-hans": ("Noto Sans SC", "Noto Sans TC"), "zh-hant": ("Noto Sans TC", "Noto Sans SC")}
WEIGHTS = {400: "Regular", 600: "SemiBold"}
# The levels' ramp, from far to close to the order; see static/theme/tokens.css.
LEVEL_COLOURS = ("#9cc5d0", "#6fa9ba", "#3f8ba0", "#1a6d84", "#0a4a5c")
STYLES = ("theme/sheet.css", "theme/report.css")
LANGUAGE_TAGS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}


class FontsMissingError(RuntimeError):
    """The fonts have not been put into place: run `npm ci && npm run build`."""


@dataclass(frozen=True)
class FunnelBar:
    """A level of the funnel drawing; positions in units of the viewBox."""

    level: LevelFigures
    colour: str
    x: float
    y: float
    width: float
    text_y: float


@dataclass(frozen=True)
class WeeklyReport:
    """All that the templates print, in the active language and the organisation's zone."""

    figures: WeeklyFigures
    mark: Mark
    summary: str
    key_figures: list[wording.KeyFigure]
    chart: charts.Chart
    chart_image: str
    funnel: list[FunnelBar]
    funnel_height: float
    funnel_reading: str
    font_stack: str


def weekly_report(figures: WeeklyFigures, mark: Mark) -> WeeklyReport:
    """Prepare the figures for the templates, in the active language."""
    chart = revenue_chart(figures)
    return WeeklyReport(
        figures=figures,
        mark=mark,
        summary=wording.paragraph(wording.opening(figures)),
        key_figures=wording.key_figures(figures),
        chart=chart,
        chart_image=_image(chart),
        funnel=funnel_bars(figures),
        funnel_height=round(len(figures.levels) * FUNNEL_ROW + 2, 1),
        funnel_reading=wording.funnel_reading(figures.levels, LEAST_RESOLVED),
        font_stack=", ".join(_stack(translation.get_language() or "en")),
    )


def weekly_pdf(figures: WeeklyFigures, *, language: str, mark: Mark) -> bytes:
    """The report as a PDF in a language, with all fonts embedded; times in the firm's zone."""
    with translation.override(language), timezone.override(Organisation.current().zone):
        report = weekly_report(figures, mark)
        document = {"report": report, "language_tag": LANGUAGE_TAGS.get(language, language)}
        html = render_to_string("reports/weekly_pdf.html", document)
    # Loading WeasyPrint takes longer than most commands run: only who draws a PDF pays for it.
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    sheets = [CSS(string=font_faces() + _font_rules(language), font_config=fonts)]
    sheets += [CSS(filename=_style(name), font_config=fonts) for name in STYLES]
    pdf: bytes = HTML(string=html).write_pdf(stylesheets=sheets, font_config=fonts)
    return pdf


def revenue_chart(figures: WeeklyFigures) -> charts.Chart:
    """Revenue per week, this week in colour and the ones before in grey."""
    currency = figures.currency
    points = [
        charts.Point(week.revenue, formats.money_short(week.revenue, currency))
        for week in figures.weeks
    ]
    chart = charts.bar_chart(
        labels=[_week_label(week.year, week.week) for week in figures.weeks],
        series=[charts.Series(name=_("Revenue"), points=points, kind="bar", role="previous")],
        tick_text=lambda value: formats.money_short(value, currency, trim=True),
        summary=_("Revenue per week"),
        first_column=_("Week"),
    )
    bars = chart.option["series"][0]["data"]
    if bars and bars[-1] is not None:
        bars[-1]["itemStyle"] = {"color": "@accent"}
    return chart


def _week_label(year: int, week: int) -> str:
    return formats.week(date.fromisocalendar(year, week, 1))


def _image(chart: charts.Chart) -> str:
    """The chart as an image's address, empty without any bar.

    Inline, the class names of two drawings would clash.
    """
    if not any(chart.option["series"][0]["data"]):
        return ""
    language = translation.get_language() or "en"
    svg = charts.render_svg(chart.option, CHART_WIDTH, CHART_HEIGHT, language)
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def funnel_bars(figures: WeeklyFigures) -> list[FunnelBar]:
    """One bar a level, its width in proportion to the fullest level."""
    fullest = max((row.count for row in figures.levels), default=0)
    bars = []
    for index, row in enumerate(figures.levels):
        width = FUNNEL_WIDTH * row.count / fullest if fullest else 0.0
        top = index * FUNNEL_ROW + 3
        bars.append(
            FunnelBar(
                level=row,
                colour=_level_colour(index, len(figures.levels)),
                x=round(FUNNEL_CENTRE - width / 2, 1),
                y=round(top, 1),
                width=round(width, 1),
                text_y=round(top + 14, 1),
            )
        )
    return bars


def _level_colour(index: int, count: int) -> str:
    """The colour of a level in a pipeline of any length: the ramp stretched over it."""
    last = len(LEVEL_COLOURS) - 1
    return LEVEL_COLOURS[round(index * last / (count - 1)) if count > 1 else last]


def _stack(language: str) -> tuple[str, ...]:
    return (*INTER.values(), *HAN.get(language, HAN["zh-hans"]))


@cache
def font_faces() -> str:
    """The rules that make the fonts known; raises FontsMissingError before the front end is built."""
    folder = Path(settings.REPORT_FONTS)
    rules = []
    for weight, name in WEIGHTS.items():
        files = {
            family: folder / f"inter-{subset}-{weight}-normal.woff2"
            for subset, family in INTER.items()
        }
        for script in ("SC", "TC"):
            files[f"Noto Sans {script}"] = folder / f"NotoSans{script}_{weight}{name}.ttf"
        for family, file in files.items():
            if not file.exists():
                message = f"{file} is missing: run `npm ci && npm run build`"
                raise FontsMissingError(message)
            rules.append(_font_face(family, weight, file))
    return "".join(rules)


def _font_face(family: str, weight: int, file: Path) -> str:
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};'
        f'src:url("{file.resolve().as_uri()}")}}\n'
    )


def _font_rules(language: str) -> str:
    """The family of everything; margin boxes inherit from nothing but @page."""
    stack = ", ".join(f'"{name}"' for name in _stack(language))
    return f"@page{{font-family:{stack}}}html,body{{font-family:{stack}}}\n"


def _style(name: str) -> str:
    found = finders.find(name)
    if not found:
        message = f"static/{name} is missing"
        raise FileNotFoundError(message)
    return str(found)


def language_name(code: str) -> str:
    """A language named in itself."""
    info: dict[str, Any] = translation.get_language_info(code)
    return str(info["name_local"])
