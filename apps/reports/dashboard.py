"""What the dashboard says of one scope in one period, each figure with the rows behind it.

The figures come from `metrics.selectors`; here they are set side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from apps.members.models import Member, Team
from apps.metrics import selectors
from apps.metrics.level_rates import Rates, rates_for, rates_on
from apps.metrics.periods import Period, period_of
from apps.metrics.results import Scope, Totals
from apps.reports.comparison import Comparison, compare
from apps.reports.key_figures import KeyFigure, key_figures
from apps.reports.leaderboard import Leaderboard, leaderboard
from apps.reports.rows import Rows
from apps.reports.standing import Shortlist, Standing, expected_closings, standing_on
from apps.reports.switches import (
    PeriodLink,
    PeriodSwitch,
    TeamLink,
    is_several_teams,
    period_link,
    period_switch,
    team_links,
    team_of,
)
from apps.reports.trend import Trend, trend


@dataclass(frozen=True)
class Freshness:
    """The night that the figures rest on, and how many days of the period are counted live."""

    as_of: date | None
    finished_at: datetime | None
    live_days: int


@dataclass(frozen=True)
class Switches:
    period: PeriodSwitch
    teams: list[TeamLink]


@dataclass(frozen=True)
class Dashboard:
    """The whole page; `offer` leads to the latest period with data where this one has none."""

    scope: Scope
    period: Period
    comparison: Comparison
    switches: Switches
    freshness: Freshness
    figures: list[KeyFigure]
    trend: Trend
    standing: Standing
    leaderboard: Leaderboard | None
    expected: Shortlist[Any] | None
    # The opportunities that the import kept although no customer was named.
    without_customer: Shortlist[Any]
    has_results: bool
    offer: PeriodLink | None

    @property
    def is_empty(self) -> bool:
        return not self.has_results and self.standing.is_empty

    @property
    def previous_label(self) -> str:
        return self.period.previous.label


def dashboard(
    *,
    user: Member,
    scope: Scope,
    teams: Sequence[Team],
    period: Period,
    today: date,
    all_members: bool = False,
) -> Dashboard:
    """Read what the page shows; `teams` are those that the user may open."""
    before = period.previous
    days = compare(
        start=period.start,
        end=period.end,
        previous_start=before.start,
        previous_end=before.end,
        today=today,
    )
    totals = selectors.totals(scope, days.start, days.end, days.previous)
    has_results = bool(totals.revenue.orders or totals.closed.won or totals.closed.lost)
    has_ranking = has_results and scope.kind != "member"
    as_of = max(period.start, min(period.end, today))
    rates = rates_on(as_of)
    return Dashboard(
        scope=scope,
        period=period,
        comparison=days,
        switches=Switches(
            period_switch(team_of(scope), period, today), team_links(user, scope, teams, period)
        ),
        freshness=_freshness(rates, totals),
        figures=key_figures(totals, days, Rows(scope)),
        trend=trend(scope, as_of, today),
        standing=standing_on(scope, as_of, rates, _own_rates(scope, as_of, rates)),
        leaderboard=leaderboard(scope, days, show_all=all_members) if has_ranking else None,
        # Expectations are kept as they stand now: there are none of a past day.
        expected=expected_closings(scope, today) if as_of == today else None,
        without_customer=Shortlist([], totals.without_customer, Rows(scope).without_customer()),
        has_results=has_results,
        offer=None if has_results else _offer(scope, period),
    )


def _freshness(rates: Rates, totals: Totals) -> Freshness:
    as_of, finished_at = rates.night or (None, None)
    return Freshness(as_of, finished_at, totals.live_days)


def _own_rates(scope: Scope, as_of: date, rates: Rates) -> Rates:
    return rates_for(scope, as_of) if is_several_teams(scope) else rates


def _offer(scope: Scope, period: Period) -> PeriodLink | None:
    latest = selectors.latest_day(scope)
    if latest is None or latest in period:
        return None
    return period_link(team_of(scope), period_of(period.kind, latest))
