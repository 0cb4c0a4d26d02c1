"""The members of a scope by revenue, each figure with its rows."""

from dataclasses import dataclass
from decimal import Decimal

from apps.funnel.models import State
from apps.metrics import selectors
from apps.metrics.change import relative_change
from apps.metrics.results import MemberRow, Scope
from apps.reports.comparison import Comparison
from apps.reports.rows import Rows

TOP = 8


@dataclass(frozen=True)
class LeaderRow:
    """A member's figures and the addresses of the rows behind them."""

    figures: MemberRow
    orders_address: str
    before_address: str
    won_address: str
    closed_address: str

    @property
    def closed(self) -> int:
        """The n behind the win rate."""
        return self.figures.won + self.figures.lost

    @property
    def change(self) -> Decimal | None:
        return relative_change(self.figures.revenue, self.figures.previous_revenue)


@dataclass(frozen=True)
class Leaderboard:
    """The first rows or all of them; `highest` is the revenue that fills a bar."""

    rows: list[LeaderRow]
    total: int
    highest: Decimal

    @property
    def is_cut(self) -> bool:
        return len(self.rows) < self.total


def leaderboard(scope: Scope, days: Comparison, *, show_all: bool) -> Leaderboard | None:
    """None where the scope has nobody to rank."""
    found = selectors.leaderboard(scope, days.start, days.end, days.previous)
    if not found:
        return None
    rows = Rows(scope)
    shown = found if show_all else found[:TOP]
    return Leaderboard(
        [_row(figures, days, rows) for figures in shown], len(found), found[0].revenue
    )


def _row(figures: MemberRow, days: Comparison, rows: Rows) -> LeaderRow:
    member = figures.member
    return LeaderRow(
        figures=figures,
        orders_address=rows.orders(days.start, days.end, member),
        before_address=rows.orders(days.previous_start, days.previous_end, member),
        won_address=rows.closed(days.start, days.end, State.WON, member),
        closed_address=rows.closed(days.start, days.end, member=member),
    )
