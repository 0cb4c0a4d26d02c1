"""What stands open on a day: the funnel by level, what is stuck and what is expected to close."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from apps.funnel.models import Level
from apps.metrics import selectors
from apps.metrics.level_rates import Rates
from apps.metrics.results import LevelConversion, LevelStock, Scope
from apps.reports.rows import Rows

TOP = 8
EXPECTED_DAYS = 14
# The widest bar leaves a little room on both sides of its cell; in per cent of the cell.
WIDEST_BAR = 96


@dataclass(frozen=True)
class Shortlist:
    """The first rows of a list, how many there are in all, and where they are."""

    rows: list[Any]
    total: int
    address: str


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


def funnel_rows(scope: Scope, as_of: date, rates: Rates, stuck: dict[int, int]) -> list[FunnelRow]:
    """Every level of the default pipeline, the lowest first; `stuck` counts by level id."""
    rows = Rows(scope)
    stocks = selectors.funnel(scope, as_of)
    levels = [stock.level for stock in stocks]
    widest = max((stock.count for stock in stocks), default=0)
    found = []
    flows = selectors.conversions(scope, as_of, rates=rates, levels=levels)
    for stock, flow in zip(stocks, flows, strict=True):
        level = stock.level
        has_limit = rates.of(level=level.pk).dwell_p80_days is not None
        width = Decimal(WIDEST_BAR * stock.count) / widest if widest else Decimal(0)
        found.append(
            FunnelRow(
                stock=stock,
                conversion=flow,
                bar_width=width,
                address=rows.standing(as_of, level),
                entered_address=rows.entered(level, rates.as_of, rates.window_days),
                stuck=stuck.get(level.pk, 0) if has_limit else None,
                stuck_address=rows.stuck(as_of, level),
            )
        )
    return found


def stuck_opportunities(
    scope: Scope, as_of: date, rates: Rates
) -> tuple[Shortlist, dict[int, int]]:
    """The longest stuck, and how many are stuck at each level (by id), in one query."""
    order = (F("since_on").asc(), F("pk").asc())
    rows: QuerySet[Any] = selectors.stuck(scope, as_of, rates).annotate(
        place=Window(RowNumber(), order_by=order),
        place_at_level=Window(RowNumber(), partition_by=F("level_then"), order_by=order),
        at_level=Window(Count("pk"), partition_by=F("level_then")),
    )
    # The first of each level brings the level's count along.
    found = list(_for_shortlist(rows.filter(Q(place__lte=TOP) | Q(place_at_level=1)), "place"))
    by_level: dict[int, int] = {row.level_then: row.at_level for row in found}
    first = [row for row in found if row.place <= TOP]
    return Shortlist(first, sum(by_level.values()), Rows(scope).stuck(as_of)), by_level


def expected_closings(scope: Scope, today: date) -> Shortlist | None:
    """Open opportunities expected to close from today on; None where there are none."""
    end = today + timedelta(days=EXPECTED_DAYS - 1)
    rows: QuerySet[Any] = selectors.expected_closings(scope, today, end)
    counted = rows.annotate(total=Window(Count("pk")))
    found = list(_for_shortlist(counted, "expected_close_on", "pk")[:TOP])
    if not found:
        return None
    return Shortlist(found, found[0].total, Rows(scope).expected(today, end))


def with_level_names(rows: list[Any], levels: list[Level]) -> None:
    """Give each stuck opportunity the level it stood at on the day, which may not be today's."""
    by_pk = {level.pk: level for level in levels}
    for row in rows:
        row.level_on_day = by_pk.get(row.level_then)


def _for_shortlist(rows: QuerySet[Any], *order: str) -> QuerySet[Any]:
    return rows.select_related("owner", "product", "line", "customer", "level").order_by(*order)
