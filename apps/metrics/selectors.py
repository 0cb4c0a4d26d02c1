"""Every figure that a page, a report or a script shows.

Figures count by the owner, team and day stamped on the rows. Sums of days come from the overnight
run's facts or live (see `day_figures`), rates from the run or live (see `level_rates`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet

from apps.funnel.models import Level, LevelChange, Opportunity, OwnerChange, State
from apps.members.models import AccessRole, Member, Membership, Team
from apps.metrics import day_figures
from apps.metrics.change import win_rate
from apps.metrics.conversion import conversion_rate, leaning_rate, wilson_interval
from apps.metrics.level_rates import WINDOW_DAYS, Rate, Rates, rates_for
from apps.metrics.models import LevelRate
from apps.metrics.periods import previous_range
from apps.metrics.results import (
    Closed,
    LevelConversion,
    LevelStock,
    MemberCount,
    MemberRow,
    Revenue,
    Scope,
    Totals,
    WeekPoint,
)
from apps.metrics.scopes import (
    narrowed,
    scope_for,
    scope_of_all,
    scope_of_member,
    scope_of_team,
    within,
)
from apps.metrics.stock import stock
from apps.metrics.stuck import stuck, stuck_everywhere
from apps.orders.models import Order

__all__ = [
    "closed",
    "conversions",
    "expected_closings",
    "funnel",
    "last_run",
    "latest_day",
    "leaderboard",
    "members_with_work",
    "revenue",
    "scope_for",
    "scope_of_all",
    "scope_of_member",
    "scope_of_team",
    "stuck",
    "stuck_everywhere",
    "totals",
    "trend_by_week",
]

WEEK = timedelta(days=7)
TOTALS = """
SELECT span.name, span.until, {first_order} AS first_order,
       {without_customer} AS without_customer,
       coalesce(sum(amount) FILTER (WHERE metric = 'orders'), 0) AS revenue,
       coalesce(sum(count) FILTER (WHERE metric = 'orders'), 0)::int AS orders,
       coalesce(sum(count) FILTER (WHERE metric = 'won'), 0)::int AS won,
       sum(amount) FILTER (WHERE metric = 'won') AS won_value,
       coalesce(sum(count) FILTER (WHERE metric = 'lost'), 0)::int AS lost,
       (SELECT count(*)::int FROM marked WHERE marked.day BETWEEN span.since AND span.until) AS live
FROM (VALUES ('now', %(start)s::date, %(end)s::date),
             ('before', %(before_start)s::date, %(before_end)s::date)) AS span (name, since, until)
LEFT JOIN figure ON day BETWEEN span.since AND span.until
GROUP BY span.name, span.since, span.until
"""
BY_WEEK = """
SELECT week_start::date AS start, {first_order} AS first_order,
       coalesce(week.revenue, 0) AS revenue, coalesce(week.orders, 0)::int AS orders
FROM generate_series(%(first)s::date, %(last)s::date, interval '7 days') week_start
LEFT JOIN (
  SELECT day - (day - %(first)s::date) %% 7 AS start, sum(amount) AS revenue, sum(count) AS orders
  FROM figure WHERE metric = 'orders' GROUP BY 1
) week ON week.start = week_start
ORDER BY week_start
"""
BY_MEMBER = """
SELECT member_id, {first_order} AS first_order,
       coalesce(sum(amount) FILTER (WHERE metric = 'orders' AND now), 0) AS revenue,
       coalesce(sum(count) FILTER (WHERE metric = 'orders' AND now), 0)::int AS orders,
       coalesce(sum(count) FILTER (WHERE metric = 'won' AND now), 0)::int AS won,
       coalesce(sum(count) FILTER (WHERE metric = 'lost' AND now), 0)::int AS lost,
       coalesce(sum(amount) FILTER (WHERE metric = 'orders' AND before), 0) AS previous,
       bool_or(now) AS is_active
FROM (SELECT figure.*, day BETWEEN %(start)s AND %(end)s AS now,
             day BETWEEN %(before_start)s AND %(before_end)s AS before FROM figure) figure
GROUP BY member_id
"""


type Days = tuple[date, date]


def _days(start: date, end: date, before: Days | None) -> dict[str, date]:
    """The period, the one before, and the span of both."""
    before_start, before_end = before or previous_range(start, end)
    return {
        "start": start,
        "end": end,
        "before_start": before_start,
        "before_end": before_end,
        "first": min(start, before_start),
        "last": max(end, before_end),
    }


def totals(scope: Scope, start: date, end: date, before: Days | None = None) -> Totals:
    """Revenue and closings of the days and of those before, in one query.

    Without `before`, first and last day, `previous_range` says which those are.
    """
    rows = day_figures.read(scope, TOTALS, _days(start, end, before))
    by_name = {row["name"]: row for row in rows}
    return Totals(
        revenue=_revenue(by_name["now"]),
        closed=_closed(by_name["now"]),
        previous_revenue=_revenue(by_name["before"]),
        previous_closed=_closed(by_name["before"]),
        live_days=by_name["now"]["live"],
        without_customer=by_name["now"]["without_customer"],
    )


def _totals(scope: Scope, days: dict[str, date]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in day_figures.read(scope, TOTALS, days)}


def _revenue(row: dict[str, Any]) -> Revenue:
    orders: int = row["orders"]
    value: Decimal = row["revenue"]
    if row["first_order"] is None or row["first_order"] > row["until"]:
        return Revenue(value=None, orders=0, average=None)
    return Revenue(value=value, orders=orders, average=value / orders if orders else None)


def _closed(row: dict[str, Any]) -> Closed:
    return Closed(won=row["won"], won_value=row["won_value"], lost=row["lost"])


def revenue(scope: Scope, start: date, end: date) -> Revenue:
    """Orders of the days from `start` to `end`, both included."""
    return _revenue(_totals(scope, _days(start, end, before=(start, end)))["now"])


def closed(scope: Scope, start: date, end: date) -> Closed:
    """Opportunities won and lost on the days from `start` to `end`, both included."""
    return _closed(_totals(scope, _days(start, end, before=(start, end)))["now"])


def funnel(scope: Scope, as_of: date) -> list[LevelStock]:
    """Open opportunities at every level of the default pipeline on a day, the lowest first."""
    return stock(scope, as_of)


def conversions(
    scope: Scope,
    as_of: date,
    window_days: int = WINDOW_DAYS,
    rates: Rates | None = None,
    levels: Sequence[Level] | None = None,
) -> list[LevelConversion]:
    """Conversion and dwell time of every level; `rates` and `levels` save reading them twice."""
    rates = rates or rates_for(scope, as_of, window_days)
    if levels is None:
        levels = list(Level.objects.filter(pipeline__is_default=True).order_by("rank"))
    return [_conversion(scope, level, rates) for level in levels]


def _conversion(scope: Scope, level: Level, rates: Rates) -> LevelConversion:
    own = _rate_of(scope, level, rates)
    wider = level.prior_conversion
    if scope.member is not None and scope.team is not None:
        team = rates.of(level=level.pk, team=scope.team.pk)
        wider = leaning_rate(team.ups, team.lost, wider)
    low, high = wilson_interval(own.ups, own.lost) or (None, None)
    return LevelConversion(
        level=level,
        entered=own.entered,
        ups=own.ups,
        lost=own.lost,
        rate=conversion_rate(own.ups, own.lost),
        low=low,
        high=high,
        leaning=leaning_rate(own.ups, own.lost, wider),
        dwell_n=own.dwell_n,
        dwell_median_days=own.dwell_median_days,
        dwell_p80_days=own.dwell_p80_days,
        as_of=rates.as_of,
    )


def _rate_of(scope: Scope, level: Level, rates: Rates) -> Rate:
    if scope.kind == "all":
        return rates.of(level=level.pk)
    if scope.member is not None:
        return rates.of(level=level.pk, member=scope.member.pk)
    # Several teams together stand in their own rates as if they were the organisation.
    return rates.of(level=level.pk, team=scope.team.pk if scope.team else None)


def trend_by_week(scope: Scope, end: date, weeks: int = 13) -> list[WeekPoint]:
    """Revenue of the ISO weeks up to the one of `end`, the oldest first."""
    monday = end - timedelta(days=end.weekday())
    days = {"first": monday - (weeks - 1) * WEEK, "last": monday + WEEK - timedelta(days=1)}
    points = []
    for row in day_figures.read(scope, BY_WEEK, days):
        year, week, _weekday = row["start"].isocalendar()
        first = row["first_order"]
        known = first is not None and first < row["start"] + WEEK
        points.append(
            WeekPoint(
                year=year,
                week=week,
                start=row["start"],
                revenue=row["revenue"] if known else None,
                orders=row["orders"] if known else None,
            )
        )
    return points


def leaderboard(
    scope: Scope, start: date, end: date, before: Days | None = None
) -> list[MemberRow]:
    """Reps of the scope in the period and whoever has figures in it, the highest revenue first.

    `previous_revenue` is that of the days `before`, or else of `previous_range`.
    """
    days = _days(start, end, before)
    figures = {row["member_id"]: row for row in day_figures.read(scope, BY_MEMBER, days)}
    first = next((row["first_order"] for row in figures.values()), None)
    has_previous = first is not None and first <= days["before_end"]
    belonging = _belonging(start, end)
    members = {
        pk: membership.member
        for pk, membership in belonging.items()
        if figures.get(pk, {}).get("is_active")
        or (membership.member.role is AccessRole.REP and _covers(scope, membership))
    }
    teamless = {pk for pk, row in figures.items() if row["is_active"]} - members.keys()
    members |= Member.objects.in_bulk(teamless) if teamless else {}
    rows = []
    for pk, member in members.items():
        membership = belonging.get(pk)
        team = membership.team if membership else None
        rows.append(_member_row(member, team, figures.get(pk, {}), has_previous=has_previous))
    return sorted(rows, key=lambda row: (-row.revenue, -row.won, row.member.name, row.member.pk))


def _belonging(start: date, end: date) -> dict[int, Membership]:
    """The latest primary membership of everybody who belonged to a team in the period."""
    running = Membership.objects.filter(is_primary=True, starts_on__lte=end).exclude(
        ends_on__lte=start
    )
    found = running.select_related("member", "team").order_by("starts_on")
    return {membership.member_id: membership for membership in found}


def _covers(scope: Scope, membership: Membership) -> bool:
    if scope.member is not None:
        return scope.member.pk == membership.member_id
    return scope.kind == "all" or membership.team_id in (scope.team_ids or ())


def _member_row(
    member: Member, team: Team | None, row: dict[str, Any], *, has_previous: bool
) -> MemberRow:
    won, lost = row.get("won", 0), row.get("lost", 0)
    return MemberRow(
        member=member,
        team=team,
        revenue=row.get("revenue", Decimal(0)),
        orders=row.get("orders", 0),
        won=won,
        lost=lost,
        win_rate=win_rate(won, lost),
        previous_revenue=row.get("previous", Decimal(0)) if has_previous else None,
    )


def expected_closings(scope: Scope, start: date, end: date) -> QuerySet[Opportunity]:
    """Open opportunities whose expected close lies in the days, the earliest first."""
    rows = Opportunity.objects.filter(
        within(scope), state=State.OPEN, expected_close_on__range=(start, end)
    )
    return rows.order_by("expected_close_on", "pk")


def latest_day(scope: Scope) -> date | None:
    """The last day on which something was ordered, opened, moved or closed; None before any."""
    orders = narrowed(Order.objects.all(), scope, owner="member")
    opportunities = narrowed(Opportunity.objects.all(), scope)
    days = orders.aggregate(ordered=Max("ordered_on")) | opportunities.aggregate(
        moved=Max("level_since_on"), closed=Max("closed_on")
    )
    return max((day for day in days.values() if day is not None), default=None)


def members_with_work(scope: Scope, as_of: date) -> MemberCount:
    """Reps that belong to the scope's teams on the day, and those who had no opportunity by then."""
    reps = [
        membership.member_id
        for membership in _belonging(as_of, as_of).values()
        if membership.member.role is AccessRole.REP and _covers(scope, membership)
    ]
    # By what the rows of the time are stamped with: who handed everything on since had some.
    moved = narrowed(LevelChange.objects.filter(on__lte=as_of), scope).filter(owner__in=reps)
    taken = narrowed(
        OwnerChange.objects.filter(on__lte=as_of), scope, owner="to_owner", team="to_team"
    ).filter(to_owner__in=reps)
    busy = moved.order_by().values("owner").union(taken.order_by().values("to_owner")).count()
    return MemberCount(total=len(reps), without_opportunity=len(reps) - busy)


def last_run() -> tuple[date, datetime] | None:
    """The day that the night's figures stand for and when they were computed; None before any."""
    return (
        LevelRate.objects.order_by("-as_of", "-computed_at")
        .values_list("as_of", "computed_at")
        .first()
    )
