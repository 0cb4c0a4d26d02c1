"""What stands open on a day: the funnel by level, what is stuck and what is expected to close."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from apps.funnel.models import Level, Opportunity
from apps.metrics import selectors
from apps.metrics.level_rates import Rates
from apps.metrics.results import LevelConversion, LevelStock, Scope
from apps.metrics.scopes import within
from apps.reports.rows import Rows

TOP = 8
EXPECTED_DAYS = 14
# The widest bar leaves a little room on both sides of its cell; in per cent of the cell.
WIDEST_BAR = 96


@dataclass(frozen=True)
class Shortlist[Row]:
    """The first rows of a list, how many there are in all, and where they are."""

    rows: list[Row]
    total: int
    address: str


@dataclass(frozen=True)
class StuckRow:
    """An opportunity with the level at which it stood on the day, and for how long."""

    opportunity: Opportunity
    owner: str
    level: Level
    days_at_level: int
    limit_days: Decimal


@dataclass(frozen=True)
class FunnelRow:
    """A level: its stock, where its entries went, and what has stayed too long.

    `stuck` is None where too few have left the level to say what is long.
    """

    stock: LevelStock
    conversion: LevelConversion
    bar_width: Decimal
    address: str
    entered_address: str
    stuck: int | None
    stuck_address: str

    @property
    def bar_left(self) -> Decimal:
        return (100 - self.bar_width) / 2


@dataclass(frozen=True)
class Standing:
    """The funnel at the end of a day, and the longest stuck."""

    as_of: date
    funnel: list[FunnelRow]
    stuck: Shortlist[StuckRow]

    @property
    def is_empty(self) -> bool:
        return not any(row.stock.count for row in self.funnel)


def standing_on(scope: Scope, as_of: date, rates: Rates, own_rates: Rates) -> Standing:
    """The funnel and what is stuck in it at the end of a day.

    `own_rates` are those of the scope; limits come from `rates`, which are the same for every
    scope, so that an opportunity is stuck or not whoever looks.
    """
    stocks = selectors.funnel(scope, as_of)
    levels = {stock.level.pk: stock.level for stock in stocks}
    flows = selectors.conversions(scope, as_of, rates=own_rates, levels=list(levels.values()))
    stuck, by_level = _stuck(scope, as_of, rates, levels)
    widest = max((stock.count for stock in stocks), default=0)
    rows = Rows(scope)
    funnel = [
        FunnelRow(
            stock=stock,
            conversion=flow,
            bar_width=Decimal(WIDEST_BAR * stock.count) / widest if widest else Decimal(0),
            address=rows.standing(as_of, stock.level),
            entered_address=rows.entered(stock.level, own_rates.as_of, own_rates.window_days),
            stuck=_stuck_at(stock.level, rates, by_level),
            stuck_address=rows.stuck(as_of, stock.level),
        )
        for stock, flow in zip(stocks, flows, strict=True)
    ]
    return Standing(as_of, funnel, stuck)


def _stuck_at(level: Level, rates: Rates, by_level: dict[int, int]) -> int | None:
    has_limit = rates.of(level=level.pk).dwell_p80_days is not None
    return by_level.get(level.pk, 0) if has_limit else None


def _stuck(
    scope: Scope, as_of: date, rates: Rates, levels: dict[int, Level]
) -> tuple[Shortlist[StuckRow], dict[int, int]]:
    """The longest stuck, and how many are stuck at each level (by id).

    Named are those that the scope still holds: what it handed on since counts, but is not its any
    more to be read.
    """
    ours = within(scope)
    order = (F("since_on").asc(), F("pk").asc())
    # Ranked without the columns and relations that only the first few need.
    stuck: QuerySet[Any] = selectors.stuck(scope, as_of, rates)
    ranked = stuck.values(
        "pk",
        "level_on_id",
        "days_at_level",
        "limit_days",
        is_ours=Case(When(ours, then=True), default=False) if ours else Value(True),
        place=Window(RowNumber(), partition_by=F("is_ours"), order_by=order),
        place_at_level=Window(RowNumber(), partition_by=F("level_on_id"), order_by=order),
        at_level=Window(Count("pk"), partition_by=F("level_on_id")),
    )
    # The first of each level brings the level's count along.
    shown = Q(is_ours=True, place__lte=TOP)
    found = list(ranked.filter(shown | Q(place_at_level=1)).order_by("place"))
    by_level = {row["level_on_id"]: row["at_level"] for row in found}
    first = [row for row in found if row["is_ours"] and row["place"] <= TOP]
    named = _with_names(Opportunity.objects.at_level_on(as_of).with_holders_on())
    opportunities = named.in_bulk([row["pk"] for row in first])
    rows = [
        StuckRow(
            opportunities[row["pk"]],
            opportunities[row["pk"]].owner_on_name,
            levels[row["level_on_id"]],
            row["days_at_level"],
            row["limit_days"],
        )
        for row in first
    ]
    return Shortlist(rows, sum(by_level.values()), Rows(scope).stuck(as_of)), by_level


def expected_closings(scope: Scope, today: date) -> Shortlist[Any] | None:
    """Open opportunities expected to close from today on; None where there are none."""
    end = today + timedelta(days=EXPECTED_DAYS - 1)
    rows: QuerySet[Any] = selectors.expected_closings(scope, today, end)
    found = list(_with_names(rows.annotate(total=Window(Count("pk"))))[:TOP])
    if not found:
        return None
    return Shortlist(found, found[0].total, Rows(scope).expected(today, end))


def _with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With all that a line about an opportunity prints."""
    return rows.select_related("owner", "product", "line", "customer", "level")
