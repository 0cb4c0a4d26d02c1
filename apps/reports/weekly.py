"""The figures of a team's week: read once, shown on the page, in the PDF and in the mail.

The values are plain and know no language, so that an edition keeps them as JSON and every reader's
language is rendered from the same numbers.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language
from pydantic import TypeAdapter

from apps.core.models import Organisation
from apps.funnel.models import Level, Opportunity
from apps.funnel.querysets import OpportunityQuerySet
from apps.members.models import Membership, Team
from apps.metrics import selectors
from apps.metrics.change import win_rate
from apps.metrics.periods import Period, period_of
from apps.metrics.results import Closed, LevelConversion, LevelStock, Revenue, Scope
from apps.metrics.scopes import held, scope_of_team

CHART_WEEKS = 13
ROWS_SHOWN = 12


@dataclass(frozen=True)
class Results:
    """A week's outcome; `revenue` is None before the team's first order ever."""

    revenue: Decimal | None
    orders: int
    average: Decimal | None
    won: int
    won_value: Decimal | None
    lost: int

    @property
    def closed(self) -> int:
        """The n behind the win rate."""
        return self.won + self.lost

    @property
    def win_rate(self) -> Decimal | None:
        return win_rate(self.won, self.lost)


@dataclass(frozen=True)
class LevelName:
    """A funnel level: its letter, its order and its name in each language."""

    code: str
    rank: int
    names: dict[str, str]

    @property
    def name(self) -> str:
        return self.names.get(get_language() or "en") or self.names["en"]


@dataclass(frozen=True)
class LevelFigures:
    """A level at the week's end; `resolved` is the n of `rate`, `dwell_n` that of the median."""

    level: LevelName
    count: int
    value: Decimal | None
    value_n: int
    resolved: int
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
    dwell_n: int
    dwell_median_days: Decimal | None
    stuck: int


@dataclass(frozen=True)
class WeekFigures:
    year: int
    week: int
    revenue: Decimal | None
    orders: int | None


@dataclass(frozen=True)
class RankingRow:
    member: str
    team: str
    revenue: Decimal
    orders: int
    won: int
    lost: int
    win_rate: Decimal | None
    previous_revenue: Decimal | None


@dataclass(frozen=True)
class OpportunityRow:
    """An opportunity as the report lists it; `days` and `limit_days` only where it is stuck."""

    pk: int
    title: str
    customer: str
    owner: str
    level: LevelName
    value: Decimal | None
    expected_close_on: date | None
    days: int | None = None
    limit_days: Decimal | None = None


@dataclass(frozen=True)
class OpportunityList:
    """The first rows of a list, and the count and value of the whole of it."""

    rows: tuple[OpportunityRow, ...]
    count: int
    value: Decimal | None
    value_n: int

    @property
    def further(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class WeeklyFigures:
    """All that the weekly report says; days are inclusive, money in `currency`.

    `as_of` is the last day that counts: the week's end, or the day it was made if that is earlier.
    """

    organisation: str
    currency: str
    team: str
    slug: str
    members: int
    start: date
    end: date
    as_of: date
    made_at: datetime
    run_on: date | None
    run_finished_at: datetime | None
    results: Results
    before: Results
    levels: tuple[LevelFigures, ...]
    weeks: tuple[WeekFigures, ...]
    ranking: tuple[RankingRow, ...]
    stuck: OpportunityList
    expected: OpportunityList
    undated: int

    @property
    def week(self) -> Period:
        return period_of("week", self.start)

    @property
    def is_running(self) -> bool:
        """The week was not over when the figures were read."""
        return self.as_of < self.end

    @property
    def open_count(self) -> int:
        return sum(row.count for row in self.levels)

    @property
    def open_value(self) -> Decimal | None:
        known = [row.value for row in self.levels if row.value is not None]
        return sum(known, Decimal(0)) if known else None


_plain = TypeAdapter(WeeklyFigures)


def figures_as_json(figures: WeeklyFigures) -> dict[str, Any]:
    """Plain JSON values: money and rates as strings, days as ISO dates."""
    plain: dict[str, Any] = _plain.dump_python(figures, mode="json")
    return plain


def figures_from_json(plain: dict[str, Any]) -> WeeklyFigures:
    """The figures that `figures_as_json` wrote; raises ValidationError for anything else."""
    return _plain.validate_python(plain)


def weekly_figures(team: Team, week: Period) -> WeeklyFigures:
    """Read a team's week, with all teams below it, from the selectors of the dashboard.

    A running week counts up to today and is compared with as many days of the week before.
    """
    organisation = Organisation.current()
    scope = scope_of_team(team)
    as_of = min(week.end, organisation.today())
    before = week.previous.start, week.previous.start + (as_of - week.start)
    run = selectors.last_run()
    totals = selectors.totals(scope, week.start, as_of, before)
    stuck = _stuck(scope, as_of)
    return WeeklyFigures(
        organisation=organisation.name,
        currency=organisation.currency,
        team=team.name,
        slug=team.slug,
        members=_member_count(scope, as_of),
        start=week.start,
        end=week.end,
        as_of=as_of,
        made_at=timezone.now(),
        run_on=run[0] if run else None,
        run_finished_at=run[1] if run else None,
        results=_results(totals.revenue, totals.closed),
        before=_results(totals.previous_revenue, totals.previous_closed),
        levels=_levels(scope, as_of, stuck),
        weeks=_weeks(scope, week.end),
        ranking=_ranking(scope, week.start, as_of, before),
        stuck=_list(stuck),
        expected=_list(_expected(scope, as_of, week.next)),
        undated=_undated(scope, as_of),
    )


def _results(revenue: Revenue, closed: Closed) -> Results:
    return Results(
        revenue=revenue.value,
        orders=revenue.orders,
        average=revenue.average,
        won=closed.won,
        won_value=closed.won_value,
        lost=closed.lost,
    )


def _name(level: Level) -> LevelName:
    return LevelName(code=level.code, rank=level.rank, names=level.names)


def _levels(scope: Scope, as_of: date, stuck: list[OpportunityRow]) -> tuple[LevelFigures, ...]:
    rates = {row.level.pk: row for row in selectors.conversions(scope, as_of)}
    stuck_at = Counter(row.level.code for row in stuck)
    return tuple(
        _level(stock, rates[stock.level.pk], stuck_at[stock.level.code])
        for stock in selectors.funnel(scope, as_of)
    )


def _level(stock: LevelStock, rate: LevelConversion, stuck: int) -> LevelFigures:
    return LevelFigures(
        level=_name(stock.level),
        count=stock.count,
        value=stock.value,
        value_n=stock.value_n,
        resolved=rate.resolved,
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
        dwell_n=rate.dwell_n,
        dwell_median_days=rate.dwell_median_days,
        stuck=stuck,
    )


def _weeks(scope: Scope, end: date) -> tuple[WeekFigures, ...]:
    points = selectors.trend_by_week(scope, end, weeks=CHART_WEEKS)
    return tuple(WeekFigures(p.year, p.week, p.revenue, p.orders) for p in points)


def _ranking(
    scope: Scope, start: date, end: date, before: tuple[date, date]
) -> tuple[RankingRow, ...]:
    """Members by revenue, then by won opportunities, then by name."""
    rows = [
        RankingRow(
            member=row.member.name,
            team=row.team.name if row.team else "",
            revenue=row.revenue,
            orders=row.orders,
            won=row.won,
            lost=row.lost,
            win_rate=row.win_rate,
            previous_revenue=row.previous_revenue,
        )
        for row in selectors.leaderboard(scope, start, end, before)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.revenue, -row.won, row.member)))


def _row(
    one: Any,  # noqa: ANN401 - an opportunity with what `_open` adds
    level: Level,
    value: Decimal | None,
) -> OpportunityRow:
    return OpportunityRow(
        pk=one.pk,
        title=one.title,
        customer=one.customer.name if one.customer else "",
        owner=one.owner_on_name,
        level=_name(level),
        value=value,
        expected_close_on=one.expected_close_on,
    )


def _open(scope: Scope, as_of: date) -> OpportunityQuerySet:
    """Opportunities open at the end of the day in the scope, whatever happened later."""
    return held(Opportunity.objects.at_level_on(as_of), scope, as_of).with_holders_on()


def _stuck(scope: Scope, as_of: date) -> list[OpportunityRow]:
    """Stuck opportunities at the level where they stood, those longest over its limit first."""
    levels = Level.objects.in_bulk()
    found: Any = selectors.stuck(scope, as_of).with_holders_on()
    rows = [
        replace(
            _row(one, levels[one.level_on_id], one.value_on),
            days=one.days_at_level,
            limit_days=one.limit_days,
        )
        for one in found.select_related("customer", "line", "product")
    ]
    return sorted(rows, key=lambda row: ((row.limit_days or 0) - (row.days or 0), row.pk))


def _list(rows: list[OpportunityRow]) -> OpportunityList:
    known = [row.value for row in rows if row.value is not None]
    return OpportunityList(
        rows=tuple(rows[:ROWS_SHOWN]),
        count=len(rows),
        value=sum(known, Decimal(0)) if known else None,
        value_n=len(known),
    )


def _expected(scope: Scope, as_of: date, week: Period) -> list[OpportunityRow]:
    levels = Level.objects.in_bulk()
    found: Any = (
        _open(scope, as_of)
        .filter(expected_close_on__range=(week.start, week.end))
        .select_related("customer", "line", "product")
        .order_by("expected_close_on", F("value_on").desc(nulls_last=True), "pk")
    )
    return [_row(one, levels[one.level_on_id], one.value_on) for one in found]


def _undated(scope: Scope, as_of: date) -> int:
    """Open opportunities for which nobody has named an expected close."""
    return _open(scope, as_of).filter(expected_close_on__isnull=True).count()


def _member_count(scope: Scope, day: date) -> int:
    """Members with a membership in the subtree on the day."""
    running = Membership.objects.running_on(day).filter(team__in=scope.team_ids or ())
    return running.values("member").distinct().count()
