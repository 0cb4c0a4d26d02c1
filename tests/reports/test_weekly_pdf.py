"""The PDF: its text, pages and fonts, in each language and with names in any script."""

from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
from django.utils import translation
from django.utils.translation import gettext
from PIL import Image
from pypdf import PdfReader

from apps.core.models import Organisation
from apps.reports import rendering
from apps.reports.rendering import FontsMissingError, funnel_bars, revenue_chart, weekly_pdf
from apps.reports.weekly import OpportunityList, Results
from tests.reports.weeks import EMPTY_LIST, example_figures, in_berlin

pytestmark = pytest.mark.django_db

A4_POINTS = (595, 842)
NAMES = ("Lena Brandt", "李婉清", "Kovář Šimon", "Владимир", "陳志強", "Central 华东")
BLANK = 250


def text_of(pdf: bytes) -> str:
    """The text of all pages, without the line breaks of the layout."""
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def embedded_fonts(pdf: bytes) -> set[str]:
    """Names of the fonts whose glyphs lie in the file, without the subset's prefix."""
    names = set()
    for page in PdfReader(BytesIO(pdf)).pages:
        for one in page["/Resources"]["/Font"].values():  # type: ignore[index]
            font = one.get_object()["/DescendantFonts"][0].get_object()
            assert (
                "/FontFile2" in font["/FontDescriptor"] or "/FontFile3" in font["/FontDescriptor"]
            )
            names.add(str(font["/BaseFont"]).split("+")[-1])
    return names


def pictures_of(pdf: bytes) -> list[Image.Image]:
    return [page.render(scale=1).to_pil().convert("L") for page in pypdfium2.PdfDocument(pdf)]


def inked(picture: Image.Image) -> float:
    """Share of the picture that is not paper."""
    counts = picture.histogram()
    return sum(counts[:BLANK]) / sum(counts)


def test_english_report_says_the_weeks_figures() -> None:
    in_berlin()

    pdf = weekly_pdf(example_figures(), language="en", mark="sent")

    text = text_of(pdf)
    for words in (
        "Weekly sales report",
        "2017-W40 · 2–8 Oct 2017 · Central 华东 · 12 members",
        "Revenue reached €94.3k, 6% under the week before.",
        "▼ 5.7%",
        "W39: 55.0% (n = 40)",
        "C · Recognised 306 €306.0k 31.2% 90 25%–38% 7.5 90 3",
        "A · Ready 58 €58.0k – 0 – – 0 3",
        "Expected to close in W41",
        "托盘膜 · 冰屋冷链 李婉清 A · Ready 11 Oct €5.0k",
        "400 open opportunities have no expected close date at all.",
        "18 further opportunities are stuck.",
        "overnight run of 8 Oct 2017, finished 9 Oct 2017, 02:04",
        "figures read 9 Oct 2017, 07:00",
        "As sent",
        *NAMES,
    ):
        assert words in text, words
    assert "Page 1 of 2" in text
    assert "Page 2 of 2" in text


def test_english_report_looks_like_two_printed_pages() -> None:
    pdf = weekly_pdf(example_figures(), language="en", mark="draft")

    for page in pypdfium2.PdfDocument(pdf):
        assert tuple(round(side) for side in page.get_size()) == A4_POINTS
    first, second = pictures_of(pdf)
    width, height = first.size
    assert 0.04 < inked(first) < 0.4
    assert 0.01 < inked(second) < 0.4
    # Both drawings are there: bars left and right of the middle, and nothing in the margins.
    assert inked(first.crop((40, 160, width // 2 - 20, 270))) > 0.08
    assert inked(first.crop((width // 2 + 60, 160, width - 60, 270))) > 0.08
    assert inked(first.crop((0, 0, 35, height))) == 0
    assert inked(first.crop((width - 35, 0, width, height))) == 0
    assert "Draft, not sent" in text_of(pdf)


@pytest.mark.parametrize(
    ("language", "week", "revenue", "level", "script"),
    [
        ("zh-hans", "2017年第40周", "9.4万", "潜在客户", "Noto-Sans-SC"),
        ("zh-hant", "2017年第40週", "9.4萬", "潛在客戶", "Noto-Sans-TC"),
    ],
)
def test_chinese_report_keeps_every_character(
    language: str, week: str, revenue: str, level: str, script: str
) -> None:
    pdf = weekly_pdf(example_figures(), language=language, mark="sent")

    text = text_of(pdf)
    for words in (week, revenue, f"E · {level}", *NAMES):
        assert words in text, words
    fonts = embedded_fonts(pdf)
    assert {"Inter", "Inter-Latin-Extended", "Inter-Cyrillic", script} <= fonts
    assert all(name.startswith(("Inter", "Noto-Sans-SC", "Noto-Sans-TC")) for name in fonts), fonts


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_chinese_report_has_chinese_words(language: str) -> None:
    with translation.override(language):
        title, draft = gettext("Weekly sales report"), gettext("Draft, not sent")

    text = text_of(weekly_pdf(example_figures(), language=language, mark="draft"))

    assert title != "Weekly sales report"
    assert title in text
    assert draft in text
    assert "Weekly" not in text
    assert "Revenue" not in text


def test_week_without_data_says_so() -> None:
    nothing = Results(None, 0, None, 0, None, 0)
    levels = tuple(
        replace(
            row,
            count=0,
            value=None,
            value_n=0,
            resolved=0,
            rate=None,
            low=None,
            high=None,
            dwell_n=0,
            dwell_median_days=None,
            stuck=0,
        )
        for row in example_figures().levels
    )
    weeks = tuple(replace(week, revenue=None, orders=None) for week in example_figures().weeks)
    figures = example_figures(
        results=nothing,
        before=nothing,
        levels=levels,
        weeks=weeks,
        ranking=(),
        stuck=EMPTY_LIST,
        expected=EMPTY_LIST,
        undated=0,
        run_on=None,
        run_finished_at=None,
    )

    text = text_of(weekly_pdf(figures, language="en", mark="draft"))

    assert "There were no orders in W40, so there is no revenue to report." in text
    assert "No opportunity has an expected close in W41." in text
    assert "Nobody in this team has figures in this week." in text
    assert "no overnight run yet" in text
    assert "Revenue no data nothing to compare with" in text
    assert "No order has been recorded in these 13 weeks or before." in text
    assert "€" not in text


def test_long_ranking_goes_over_pages_with_its_head_repeated() -> None:
    row = example_figures().ranking[0]
    many = tuple(replace(row, member=f"Member {n:03d}") for n in range(120))

    pages = PdfReader(
        BytesIO(weekly_pdf(example_figures(ranking=many), language="en", mark="draft"))
    ).pages

    texts = [page.extract_text() for page in pages]
    assert len(texts) >= 4
    assert all("Week before" in text for text in texts[:3])
    assert "Member 119" in "".join(texts)
    assert f"Page {len(texts)} of {len(texts)}" in " ".join(texts[-1].split())


def test_names_are_text_and_never_markup() -> None:
    row = replace(example_figures().ranking[0], member="<b>Eve</b> & Söhne")

    text = text_of(weekly_pdf(example_figures(ranking=(row,)), language="en", mark="draft"))

    assert "<b>Eve</b> & Söhne" in text


def test_currency_is_that_of_the_figures_and_not_of_today() -> None:
    figures = example_figures()
    organisation = Organisation.current()
    organisation.currency = "CNY"
    organisation.save()

    assert revenue_chart(figures).rows[-1][1] == "€96.0k"


def test_only_the_week_itself_is_coloured() -> None:
    bars = revenue_chart(example_figures()).option["series"][0]["data"]

    assert bars[0] is None  # before the first order
    assert bars[-1]["itemStyle"] == {"color": "@accent"}
    assert "itemStyle" not in bars[-2]


def test_funnel_bars_are_in_proportion() -> None:
    bars = funnel_bars(example_figures())

    assert [bar.width for bar in bars] == [180.0, 114.3, 164.9, 43.7, 31.3]
    assert [bar.x + bar.width / 2 for bar in bars] == pytest.approx([212.0] * 5, abs=0.1)
    assert [bar.colour for bar in bars] == list(rendering.LEVEL_COLOURS)


def test_empty_funnel_has_no_bars() -> None:
    figures = example_figures(
        levels=tuple(replace(row, count=0) for row in example_figures().levels)
    )

    assert {bar.width for bar in funnel_bars(figures)} == {0.0}


def test_missing_fonts_are_named(settings: object, tmp_path: object) -> None:
    settings.REPORT_FONTS = tmp_path  # type: ignore[attr-defined]
    rendering.font_faces.cache_clear()
    try:
        with pytest.raises(FontsMissingError, match="npm run build"):
            weekly_pdf(example_figures(), language="en", mark="draft")
    finally:
        rendering.font_faces.cache_clear()


def test_lists_say_how_many_they_leave_out() -> None:
    assert example_figures().stuck.further == 18
    assert OpportunityList((), 0, None, 0).further == 0
