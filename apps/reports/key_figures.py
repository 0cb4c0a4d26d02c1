"""The key figures of a period beside those of the days it is compared with."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from apps.funnel.models import State
from apps.metrics.change import relative_change, win_rate
from apps.metrics.results import Closed, Revenue, Totals
from apps.reports.comparison import Comparison
from apps.reports.rows import Rows

type Form = Literal["money", "price", "count", "rate"]
type Figure = Decimal | int | None


@dataclass(frozen=True)
class KeyFigure:
    """A figure and the one before, each with its rows; `good` is the welcome direction."""

    key: str
    label: str
    form: Form
    value: Figure
    before: Figure
    address: str
    before_address: str
    good: Literal["up", "down"] = "up"
    # The count behind a rate.
    n: int | None = None

    @property
    def change(self) -> Decimal | None:
        """Relative (0.1 is 10 % more), of a rate the difference; None without a comparison."""
        if self.value is None or self.before is None:
            return None
        now, before = Decimal(self.value), Decimal(self.before)
        return now - before if self.form == "rate" else relative_change(now, before)


def key_figures(totals: Totals, days: Comparison, rows: Rows) -> list[KeyFigure]:
    return [
        *_of_orders(totals.revenue, totals.previous_revenue, days, rows),
        *_of_closings(totals.closed, totals.previous_closed, days, rows),
    ]


def _of_orders(now: Revenue, before: Revenue, days: Comparison, rows: Rows) -> list[KeyFigure]:
    address = rows.orders(days.start, days.end)
    address_before = rows.orders(days.previous_start, days.previous_end)
    # Where nothing was ever ordered there is no count to speak of either.
    count = now.orders if now.value is not None else None
    count_before = before.orders if before.value is not None else None
    figures: list[tuple[str, str, Form, Figure, Figure]] = [
        ("revenue", _("Revenue"), "money", now.value, before.value),
        ("orders", _("Orders"), "count", count, count_before),
        ("average", _("Average order"), "price", now.average, before.average),
    ]
    return [KeyFigure(*figure, address, address_before) for figure in figures]


def _of_closings(now: Closed, before: Closed, days: Comparison, rows: Rows) -> list[KeyFigure]:
    def both(state: State | None) -> tuple[str, str]:
        return (
            rows.closed(days.start, days.end, state),
            rows.closed(days.previous_start, days.previous_end, state),
        )

    rate, rate_before = win_rate(now.won, now.lost), win_rate(before.won, before.lost)
    return [
        KeyFigure("won", _("Won"), "count", now.won, before.won, *both(State.WON)),
        KeyFigure("lost", _("Lost"), "count", now.lost, before.lost, *both(State.LOST), "down"),
        KeyFigure(
            "win-rate", _("Win rate"), "rate", rate, rate_before, *both(None), n=now.won + now.lost
        ),
    ]
