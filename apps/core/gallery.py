"""Invented values that show every component on one page, for those who build pages."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from apps.core import formats
from apps.core.charts import Point, Series, bar_chart, trend_chart
from apps.core.filtering import FilterForm
from apps.core.lists import Column, Heading, Listing
from apps.core.paging import KeysetPage

WEEKS = range(35, 48)
NOW = (84, 89, 94, 98, 93, 97, 104, 101, 95, 90, 96, 101, 94)
BEFORE = (79, 82, 81, 86, 85, 88, 90, 87, 91, 88, 85, 86, 87)
LEVELS = (
    ("E", "Prospect", 1),
    ("D", "Contacted", 2),
    ("C", "Recognised need", 3),
    ("B", "Intent", 4),
    ("A", "Ready to buy", 5),
)


class ExampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the letterhead.")
    note = forms.CharField(label="Note", required=False)
    tier = forms.ChoiceField(label="Tier", choices=[("A", "Tier A"), ("B", "Tier B")])
    agreed = forms.BooleanField(label="May be called", required=False)


def _listing() -> Listing:
    """Two rows as a list's page has them."""
    headings = [
        Heading(Column("name", "Customer", "name"), "?sort=-name", "ascending"),
        Heading(Column("orders", "Orders", is_number=True), "", ""),
    ]
    return Listing(
        filters=FilterForm(QueryDict()),
        headings=headings,
        chips=[],
        page=KeysetPage([], None, None),
        count=2,
        sums={},
        sort="",
        path="",
        address="",
        rows=[("Hanse Verlag GmbH", 14), ("Nowak Catering OHG", 9)],
    )


def _thousands(values: tuple[int, ...]) -> list[Point]:
    amounts = [Decimal(value) * 1000 for value in values]
    return [Point(amount, formats.money_short(amount)) for amount in amounts]


def gallery() -> dict[str, Any]:
    """Context of the component page."""
    labels = [f"W{week}" for week in WEEKS]
    trend = trend_chart(
        labels=labels,
        series=[
            Series("Last year", _thousands(BEFORE), role="previous", end="Last year"),
            Series("Revenue", _thousands(NOW), end="Revenue"),
        ],
        tick_text=lambda value: formats.money_short(value, trim=True),
        summary="Weekly revenue over 13 weeks, above last year in every week.",
        first_column="Week",
    )
    bars = bar_chart(
        labels=labels,
        series=[
            Series("Orders", [Point(n, str(n)) for n in NOW], kind="bar"),
            Series("Before", [Point(n, str(n)) for n in BEFORE], kind="bar", role="previous"),
        ],
        tick_text=formats.number,
        summary="Orders a week over 13 weeks.",
        first_column="Week",
    )
    return {
        "trend": trend,
        "bars": bars,
        "levels": LEVELS,
        "choices": [(1, "East"), (2, "West")],
        "listing": _listing(),
        "form": ExampleForm({"name": "", "tier": "B"}),
        "money": Decimal(272200),
        "count": 14,
        "rate": Decimal("0.026"),
        "fall": -3,
        "nothing": None,
    }
