"""The clocks of `apps.pool.clocks` for many customers in one statement.

`Rules` are read from the settings, or from a form that is not saved yet: the dry run and the night
ask the same question.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from apps.core.models import Organisation
from apps.pool.clocks import Rule, Trigger, shortest_of
from apps.pool.models import PoolRule, PoolSettings

# A row a customer that somebody owns; `due_on` is the last day of the hold by the clocks alone,
# `goes_on` the one that warnings leave, see `clocks.goes_on`.
STATES = """
WITH rule (tier, activity_days, progress_days, order_days) AS (
  SELECT * FROM unnest(%(tiers)s::text[], %(activity)s::int[], %(progress)s::int[], %(order)s::int[])
), top AS (
  SELECT id FROM (SELECT id, rank() OVER (PARTITION BY pipeline_id ORDER BY rank DESC) AS place
                  FROM funnel_level) placed
  WHERE place <= %(exempt_levels)s
), held AS (
  SELECT c.id, c.owner_id, c.tier, c.last_ordered_on, c.hold_ends_on,
    coalesce(c.held_since, c.created_at) AS since
  FROM customers_customer c
  WHERE c.owner_id IS NOT NULL AND c.deleted_at IS NULL AND {rows}
), worked AS (
  SELECT o.customer_id,
    max(h.at) FILTER (WHERE h.outcome = 'won' OR reached.rank > former.rank) AS moved_up_at,
    bool_or(o.state = 'open' AND o.level_id IN (SELECT id FROM top)) AS is_at_top
  FROM held JOIN funnel_opportunity o ON o.customer_id = held.id
  LEFT JOIN funnel_levelchange h ON h.opportunity_id = o.id AND h.from_level_id IS NOT NULL
  LEFT JOIN funnel_level former ON former.id = h.from_level_id
  LEFT JOIN funnel_level reached ON reached.id = h.to_level_id
  GROUP BY 1
), started AS (
  SELECT held.*, coalesce(worked.is_at_top, FALSE) AS is_at_top,
    greatest(since, moved_up_at) AS progress_at,
    greatest(since, (last_ordered_on + 1)::timestamp AT TIME ZONE %(zone)s
                    - interval '1 microsecond') AS order_at
  FROM held LEFT JOIN worked ON worked.customer_id = held.id
), acted AS (
  SELECT a.customer_id, max(a.at) AS last_at,
    count(*) FILTER (WHERE a.at > s.progress_at) AS after_progress,
    count(*) FILTER (WHERE a.at > s.order_at) AS after_order
  FROM started s JOIN activities_activity a ON a.customer_id = s.id AND a.at > s.since
  GROUP BY 1
), ended AS (
  SELECT s.*, rule.activity_days, rule.progress_days, rule.order_days,
    (greatest(since, last_at) AT TIME ZONE %(zone)s)::date + activity_days AS activity_ends,
    -- days + max(0, min(extension × n, most − days)): the rule's formula, empty where days are.
    (progress_at AT TIME ZONE %(zone)s)::date + progress_days + greatest(0, least(
      %(extension)s * coalesce(after_progress, 0), %(most)s - progress_days))::int
      AS progress_ends,
    (order_at AT TIME ZONE %(zone)s)::date + order_days + greatest(0, least(
      %(extension)s * coalesce(after_order, 0), %(most)s - order_days))::int AS order_ends,
    CASE WHEN %(exempt_months)s > 0 THEN
      (last_ordered_on + make_interval(months => %(exempt_months)s))::date END AS exempt_until
  FROM started s LEFT JOIN acted ON acted.customer_id = s.id LEFT JOIN rule USING (tier)
), due AS (
  SELECT ended.*, least(activity_ends, progress_ends, order_ends) AS ends_on,
    CASE WHEN NOT is_at_top AND least(activity_ends, progress_ends, order_ends) IS NOT NULL
      THEN greatest(least(activity_ends, progress_ends, order_ends), exempt_until) END AS due_on
  FROM ended
), warned AS (
  SELECT due.id, min(w.warned_on) AS warned_on
  FROM due JOIN pool_holdwarning w
    ON w.customer_id = due.id AND w.owner_id = due.owner_id AND w.due_on = due.due_on
      AND (w.warned_on >= %(on_since)s OR w.due_on >= %(on_since)s)
  GROUP BY 1
), settled AS (
  SELECT due.*, warned_on,
    CASE WHEN due_on IS NULL OR %(shortest)s::int IS NULL THEN due_on
      ELSE greatest(due_on, coalesce(warned_on, %(night)s) + %(shortest)s::int) END AS goes_on
  FROM due LEFT JOIN warned USING (id)
)
SELECT id, owner_id, tier, CASE ends_on WHEN activity_ends THEN 'activity'
    WHEN progress_ends THEN 'progress' WHEN order_ends THEN 'order' END AS trigger,
  CASE ends_on WHEN activity_ends THEN activity_days WHEN progress_ends THEN progress_days
    WHEN order_ends THEN order_days END AS days,
  ends_on, due_on, goes_on, warned_on,
  is_at_top OR coalesce(exempt_until >= %(night)s, FALSE) AS is_exempt, hold_ends_on
FROM settled
"""
EVERY = "TRUE"
THESE = "c.id = ANY(%(ids)s)"
BETWEEN = "c.id BETWEEN %(first)s AND %(last)s"


@dataclass(frozen=True)
class Rules:
    """The settings of the pool as one value: what is saved, or what a form asks about."""

    is_on: bool
    by_tier: Mapping[str, Rule]
    exempt_levels: int
    warning_days: tuple[int, ...]
    # Since when customers are recycled: a warning from before doesn't hold for what ran out since.
    on_since: date | None = None

    @property
    def shortest(self) -> int | None:
        return shortest_of(self.warning_days)


@dataclass(frozen=True)
class State:
    """How a hold stands. `is_exempt` is said of the day of the next night."""

    customer: int
    owner: int
    tier: str
    trigger: Trigger | None
    days: int | None
    ends_on: date | None
    due_on: date | None
    goes_on: date | None
    warned_on: date | None
    is_exempt: bool
    stored_ends_on: date | None

    @property
    def hold_ends_on(self) -> date | None:
        """What `Customer.hold_ends_on` says."""
        return None if self.is_exempt else self.goes_on


def rules_now() -> Rules:
    """As they are saved."""
    return rules_of(PoolSettings.current(), PoolRule.objects.all())


def rules_of(settings: PoolSettings, rows: Collection[PoolRule] | Any) -> Rules:  # noqa: ANN401
    by_tier = {
        row.tier: Rule(
            activity_days=row.no_activity_days,
            progress_days=row.no_progress_days,
            order_days=row.no_order_days,
            extension_days=settings.extension_days,
            most_days=settings.most_days,
            exempt_order_months=settings.exempt_order_months,
        )
        for row in rows
    }
    return Rules(
        is_on=settings.is_on,
        by_tier=by_tier,
        exempt_levels=settings.exempt_levels,
        warning_days=tuple(sorted(settings.warning_days, reverse=True)),
        on_since=settings.on_since,
    )


def states(
    rules: Rules,
    *,
    night: date,
    rows: str = EVERY,
    only: str = EVERY,
    **given: Any,
) -> list[State]:
    """How the holds of owned customers stand; `night` is the day of the night that acts next.

    `rows` limits the customers looked at, `only` those told of, both conditions in SQL.
    """
    if not rules.by_tier:
        return []
    query = f"SELECT * FROM ({STATES.format(rows=rows)}) state WHERE {only} ORDER BY id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, {**_parameters(rules, night), **given})
        found = cursor.fetchall()
    return [_state(row) for row in found]


def _state(row: tuple[Any, ...]) -> State:
    customer, owner, tier, trigger, *rest = row
    return State(customer, owner, tier, Trigger(trigger) if trigger else None, *rest)


def _parameters(rules: Rules, night: date) -> dict[str, Any]:
    tiers = sorted(rules.by_tier)
    each = [rules.by_tier[tier] for tier in tiers]
    shared = each[0]
    return {
        "tiers": tiers,
        "activity": [rule.activity_days for rule in each],
        "progress": [rule.progress_days for rule in each],
        "order": [rule.order_days for rule in each],
        "extension": shared.extension_days,
        "most": shared.most_days,
        "exempt_months": shared.exempt_order_months,
        "exempt_levels": rules.exempt_levels,
        "on_since": rules.on_since or date.min,
        "shortest": rules.shortest,
        "night": night,
        "zone": Organisation.current().time_zone,
    }
