"""The opening sentences and key figures: each word follows from a figure."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from apps.reports.weekly import OpportunityList, Results, WeeklyFigures
from apps.reports.wording import funnel_reading, key_figures, opening
from tests.reports.weeks import LEVELS, example_figures

NOTHING = Results(None, 0, None, 0, None, 0)


def with_results(now: str | None, before: str | None, orders: int = 4) -> WeeklyFigures:
    def of(value: str | None) -> Results:
        money = None if value is None else Decimal(value)
        return Results(money, orders, money and money / orders, 3, None, 1)

    return example_figures(results=of(now), before=of(before))


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        ("94321.50", "100010", "Revenue reached €94.3k, 6% under the week before."),
        ("110000", "100000", "Revenue reached €110.0k, 10% over the week before."),
        ("100400", "100000", "Revenue reached €100.4k, as much as the week before."),
        ("500", "0", "Revenue reached €500; the week before has none to compare with."),
        ("500", None, "Revenue reached €500; the week before has none to compare with."),
    ],
)
def test_revenue_is_set_against_the_week_before(
    now: str, before: str | None, sentence: str
) -> None:
    assert opening(with_results(now, before))[0] == sentence


def test_week_in_words() -> None:
    assert opening(example_figures()) == [
        "Revenue reached €94.3k, 6% under the week before.",
        "Orders: 40 after 37, on average €2.4k after €2.7k.",
        "Of 40 closed opportunities 25 were won (63%).",
        "991 opportunities are open; level E (Prospect) holds the most, 334.",
        "30 are stuck.",
    ]


def test_empty_week_is_said_to_be_empty() -> None:
    empty = tuple(replace(row, count=0) for row in example_figures().levels)
    figures = example_figures(
        results=NOTHING, before=NOTHING, levels=empty, stuck=OpportunityList((), 0, None, 0)
    )

    assert opening(figures) == [
        "There were no orders in W40, so there is no revenue to report.",
        "No opportunity was won or lost.",
        "No opportunity is open.",
    ]
    shown = {one.label: (one.value, one.change) for one in key_figures(figures)}
    assert shown["Revenue"] == ("no data", "nothing to compare with")
    assert shown["Win rate"] == ("no data", "nothing to compare with")


def test_no_level_holds_most_where_two_hold_as_many() -> None:
    even = tuple(
        replace(row, count=2 if row.level.rank < 3 else 0) for row in example_figures().levels
    )

    assert "4 opportunities are open." in opening(example_figures(levels=even))


def test_all_at_one_level_are_said_to_be() -> None:
    one = tuple(
        replace(row, count=7 if row.level.rank == 3 else 0) for row in example_figures().levels
    )

    assert "7 opportunities are open, all of them at level C (Recognised)." in opening(
        example_figures(levels=one)
    )


def test_key_figures_show_change_and_basis() -> None:
    revenue, orders, average, won, rate = key_figures(example_figures())

    assert (revenue.value, revenue.change, revenue.tone) == ("€94.3k", "▼ 5.7%", "bad")
    assert revenue.basis == ("W39: €100.0k",)
    assert (orders.value, orders.change, orders.tone) == ("40", "▲ 3", "good")
    assert (average.value, average.change) == ("€2.4k", "▼ 12.8%")
    assert (won.value, won.change, won.basis) == ("25", "▲ 3", ("W39: 22", "Lost: 15"))
    assert (rate.value, rate.change) == ("62.5%", "▲ 7.5 pp")
    assert rate.basis == ("n = 40", "W39: 55.0% (n = 40)")


def test_change_that_rounds_to_nothing_has_no_triangle() -> None:
    revenue = key_figures(with_results("100000.10", "100000"))[0]

    assert (revenue.change, revenue.tone) == ("as the week before", "")


def test_weakest_level_is_named_with_its_n() -> None:
    levels = list(example_figures().levels)
    levels[2] = replace(levels[2], rate=Decimal("0.12"))

    assert (
        funnel_reading(tuple(levels), 20)
        == "Level C (Recognised) passes on the least: 12% (n = 90)."
    )


def test_few_cases_name_no_weakest_level() -> None:
    levels = tuple(replace(row, resolved=19) for row in example_figures().levels)

    assert "Too few" in funnel_reading(levels, 20)


def test_levels_are_named_in_the_readers_language() -> None:
    names = {}
    for language in ("en", "zh-hans", "zh-hant", "fr"):
        with translation.override(language):
            names[language] = LEVELS[4].name

    assert names == {"en": "Ready", "zh-hans": "准备购买", "zh-hant": "準備購買", "fr": "Ready"}
