"""Numbers, money and days as they are printed in the three languages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from apps.core import formats
from apps.core.models import Organisation

LANGUAGES = ("en", "zh-hans", "zh-hant")
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)


def in_each(write: object, *args: object, **kwargs: object) -> tuple[str, ...]:
    texts = []
    for language in LANGUAGES:
        with translation.override(language):
            texts.append(write(*args, **kwargs))  # type: ignore[operator]
    return tuple(texts)


@pytest.mark.parametrize(
    "write",
    [
        formats.money,
        formats.money_short,
        formats.number,
        formats.signed,
        formats.percent,
        formats.signed_percent,
        formats.points,
        formats.days,
        formats.day_short,
        formats.day_long,
        formats.day_of_year,
        formats.moment,
    ],
)
def test_nothing_known_is_said_and_never_zero(write: object) -> None:
    with translation.override("en"):
        assert write(None) == "no data"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("10005534", "EUR", ("€10,005,534", "€10,005,534", "€10,005,534")),
        ("1234.50", "USD", ("US$1,234.50", "US$1,234.50", "US$1,234.50")),
        ("-1234.5", "EUR", ("−€1,234.50", "−€1,234.50", "−€1,234.50")),
        ("0", "EUR", ("€0", "€0", "€0")),
        ("0.005", "EUR", ("€0.01", "€0.01", "€0.01")),
        ("88000", "CNY", ("CN¥88,000", "¥88,000", "CN¥88,000")),
        ("1200.4", "JPY", ("JP¥1,200", "JP¥1,200", "¥1,200")),
        ("5", "CHF", ("CHF\u00a05", "CHF\u00a05", "CHF\u00a05")),
    ],
)
def test_full_amounts(value: str, currency: str, expected: tuple[str, ...]) -> None:
    assert in_each(formats.money, Decimal(value), currency) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("272200", ("€272.2k", "€27.2万", "€27.2萬")),
        ("10005534", ("€10.01M", "€1,000.6万", "€1,000.6萬")),
        ("1234567890", ("€1.23bn", "€12.35亿", "€12.35億")),
        ("9800", ("€9.8k", "€9,800", "€9,800")),
        ("640", ("€640", "€640", "€640")),
        ("0", ("€0", "€0", "€0")),
        ("-420000", ("−€420.0k", "−€42.0万", "−€42.0萬")),
        ("999949", ("€999.9k", "€100.0万", "€100.0萬")),
        ("999950", ("€1.00M", "€100.0万", "€100.0萬")),
        ("999994999", ("€999.99M", "€10.00亿", "€10.00億")),
        ("99999500", ("€100.00M", "€1.00亿", "€1.00億")),
    ],
)
def test_short_amounts_group_by_thousands_or_by_wan_and_yi(
    value: str, expected: tuple[str, ...]
) -> None:
    assert in_each(formats.money_short, Decimal(value), "EUR") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, ("€0", "€0", "€0")),
        (50_000, ("€50k", "€5万", "€5萬")),
        (1_500_000, ("€1.5M", "€150万", "€150萬")),
        (100_000_000, ("€100M", "€1亿", "€1億")),
    ],
)
def test_ticks_of_an_axis_carry_no_idle_zeros(value: int, expected: tuple[str, ...]) -> None:
    assert in_each(formats.money_short, value, "EUR", trim=True) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("0.314", "31.4%"), ("0", "0.0%"), ("1", "100.0%"), ("0.00049", "0.0%"), ("-0.05", "−5.0%")],
)
def test_rates_are_percentages_in_every_language(rate: str, expected: str) -> None:
    assert in_each(formats.percent, Decimal(rate)) == (expected,) * 3


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        ("0.026", ("+2.6 pp", "+2.6 个百分点", "+2.6 個百分點")),
        ("-0.026", ("−2.6 pp", "−2.6 个百分点", "−2.6 個百分點")),
        ("0.0004", ("0.0 pp", "0.0 个百分点", "0.0 個百分點")),
        ("-0.0004", ("0.0 pp", "0.0 个百分点", "0.0 個百分點")),
    ],
)
def test_differences_of_rates_are_percentage_points(
    difference: str, expected: tuple[str, ...]
) -> None:
    assert in_each(formats.points, Decimal(difference)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, ("1 day", "1 天", "1 天")),
        (14, ("14 days", "14 天", "14 天")),
        (Decimal("12.5"), ("12.5 days", "12.5 天", "12.5 天")),
        (Decimal("12.04"), ("12 days", "12 天", "12 天")),
        (0, ("0 days", "0 天", "0 天")),
        (1200, ("1,200 days", "1,200 天", "1,200 天")),
    ],
)
def test_durations(value: Decimal | int, expected: tuple[str, ...]) -> None:
    assert in_each(formats.days, value) == expected


def test_days_of_the_calendar() -> None:
    day = date(2026, 11, 19)

    assert in_each(formats.day_short, day) == ("19 Nov 2026", "2026年11月19日", "2026年11月19日")
    assert in_each(formats.day_of_year, day) == ("19 Nov", "11月19日", "11月19日")
    assert in_each(formats.day_long, day) == (
        "Thursday, 19 November 2026",
        "2026年11月19日星期四",
        "2026年11月19日 星期四",
    )


def test_ranges_leave_out_what_both_ends_share() -> None:
    assert in_each(formats.day_range, date(2017, 10, 2), date(2017, 10, 8)) == (
        "2–8 Oct 2017",
        "2017年10月2日至8日",
        "2017年10月2日至8日",
    )
    with translation.override("en"):
        assert formats.day_range(date(2017, 12, 28), date(2018, 1, 3)) == "28 Dec 2017 – 3 Jan 2018"


@pytest.mark.parametrize(
    ("day", "short", "full"),
    [
        (date(2017, 10, 2), ("W40", "第40周", "第40週"), "2017-W40"),
        (date(2027, 1, 3), ("W53", "第53周", "第53週"), "2026-W53"),
        (date(2018, 12, 31), ("W01", "第1周", "第1週"), "2019-W01"),
    ],
)
def test_weeks_belong_to_their_iso_year(day: date, short: tuple[str, ...], full: str) -> None:
    assert in_each(formats.week, day) == short
    assert in_each(formats.week, day, year=True)[0] == full


def test_an_instant_counts_in_the_readers_zone() -> None:
    instant = datetime(2026, 11, 8, 23, 30, tzinfo=UTC)

    with timezone.override(ZoneInfo("Asia/Shanghai")):
        assert in_each(formats.moment, instant) == (
            "9 Nov 2026, 07:30",
            "2026年11月9日 07:30",
            "2026年11月9日 07:30",
        )
        with translation.override("en"):
            assert formats.day_short(instant) == "9 Nov 2026"


@given(AMOUNTS)
def test_a_full_amount_reads_back_exactly(value: Decimal) -> None:
    with translation.override("en"):
        text = formats.money(value, "EUR")

    assert Decimal(text.replace("€", "").replace(",", "").replace("−", "-")) == value


@given(AMOUNTS, st.sampled_from(LANGUAGES))
def test_a_short_amount_is_within_half_of_its_last_digit(value: Decimal, language: str) -> None:
    suffixes = {"k": 3, "M": 6, "bn": 9, "万": 4, "亿": 8, "萬": 4, "億": 8}

    with translation.override(language):
        text = formats.short_number(value)

    suffix = next((s for s in suffixes if text.endswith(s)), "")
    digits = text.removesuffix(suffix).replace(",", "").replace("−", "-")
    unit = Decimal(10) ** suffixes.get(suffix, 0)
    places = len(digits.partition(".")[2])
    assert abs(Decimal(digits) * unit - value) <= unit / 2 / 10**places
    # Never four digits where the next larger unit has one.
    assert suffix not in {"k", "M"} or abs(Decimal(digits)) < 1000


@pytest.mark.django_db
def test_amounts_without_a_currency_are_in_the_organisations() -> None:
    Organisation.objects.update_or_create(singleton=True, defaults={"currency": "USD"})

    with translation.override("en"):
        assert formats.money(5) == "US$5"


@pytest.mark.django_db
def test_a_request_asks_for_the_currency_once(django_assert_num_queries: object) -> None:
    Organisation.objects.update_or_create(singleton=True, defaults={"currency": "USD"})

    with django_assert_num_queries(1), formats.currency_scope():  # type: ignore[operator]
        assert [formats.money(5), formats.money_short(5), formats.money(6)] == [
            "US$5",
            "US$5",
            "US$6",
        ]


def test_the_currency_is_forgotten_after_the_request(db: None) -> None:
    Organisation.objects.update_or_create(singleton=True, defaults={"currency": "USD"})
    with formats.currency_scope():
        assert formats.money(5) == "US$5"

    Organisation.objects.update(currency="EUR")

    assert formats.money(5) == "€5"


def test_filters_print_missing_figures_as_a_dash_with_words() -> None:
    printed = Template("{{ value|money_short:'EUR' }}").render(Context({"value": None}))

    assert printed == (
        '<span class="no-data"><span class="dash" aria-hidden="true">–</span>'
        '<span class="words">no data</span></span>'
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 1234|number }}", "1,234"),
        ("{{ rate|percent }}", "31.4%"),
        ("{{ rate|percent:0 }}", "31%"),
        ("{{ fall|points }}", "−2.6 pp"),
        ("{{ fall|signed_percent }}", "−2.6%"),
        ("{{ 3|signed }}", "+3"),
        ("{{ day|week_of_year }}", "2017-W40"),
        ("{% day_range day day %}", "2 Oct 2017"),
        ("{{ 3|share:4 }}", "75.0"),
        ("{{ 5|share:4 }}", "100.0"),
        ("{{ fall|share:4 }}", "0.0"),
        ("{{ 3|share:0 }}", "0.0"),
    ],
)
def test_filters_for_templates(source: str, expected: str) -> None:
    values = {"rate": Decimal("0.314"), "fall": Decimal("-0.026"), "day": date(2017, 10, 2)}

    with translation.override("en"):
        assert Template(source).render(Context(values)) == expected


def test_a_misspelt_variable_does_not_pass_for_missing_data() -> None:
    with pytest.raises(ArithmeticError):
        Template("{{ no_such_value|money_short:'EUR' }}").render(Context({}))
