"""Conversion and dwell time by level: one statement, used by the night and live.

The statement answers for every scope at once: the organisation (no team, no member), each team
with what lies below it, and each member. docs/metrics.md has the definitions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.metrics.day_figures import rows_of
from apps.metrics.results import Scope
from apps.metrics.scopes import condition, parameters

WINDOW_DAYS = 90

# Nearly every opportunity only ever moves up: then each level is entered once, and what became of
# the entry is said by the next change alone. Those that moved back are followed through their whole
# history, life by life.
#
# backward: opportunities that moved back by the day.
# forward: the window's changes of the others, each with the next one.
# moves: equal changes counted together, so that levels are spread over few rows.
# step … fate: the history of those that moved back; the entries and what became of them.
# tally: entries by owner, team, level and days until moving up (NULL where those are not known).
RATES = """
WITH backward AS MATERIALIZED (
  SELECT DISTINCT c.opportunity_id
  FROM funnel_levelchange c
  JOIN (SELECT f.id AS from_level_id, t.id AS to_level_id
        FROM funnel_level f JOIN funnel_level t ON t.pipeline_id = f.pipeline_id
        WHERE t.rank <= f.rank) back USING (from_level_id, to_level_id)
  WHERE c.from_level_id IS NOT NULL AND c.to_level_id IS NOT NULL AND c."on" <= %(as_of)s
), forward AS (
  SELECT c.owner_id, c.team_id, c.from_level_id, c.to_level_id, c.outcome, c."on", c.is_dated,
         lead(CASE WHEN c.from_level_id IS NULL THEN 'new' WHEN c.outcome = 'lost' THEN 'lost'
              ELSE 'up' END) OVER later AS next,
         lead(c."on") OVER later AS next_on, lead(c.is_dated) OVER later AS next_dated
  FROM funnel_levelchange c
  WHERE c."on" > %(after)s AND c."on" <= %(as_of)s
    AND NOT EXISTS (SELECT FROM backward b WHERE b.opportunity_id = c.opportunity_id)
  WINDOW later AS (PARTITION BY c.opportunity_id ORDER BY c."on", c.at, c.id)
), moves AS (
  SELECT owner_id, team_id, coalesce(from_level_id, 0) AS from_level_id, to_level_id, outcome, next,
         CASE WHEN next = 'up' AND is_dated AND next_dated THEN next_on - "on" END AS days,
         count(*) AS entered
  FROM forward WHERE outcome <> 'lost' GROUP BY 1, 2, 3, 4, 5, 6, 7
), reached AS (
  SELECT m.owner_id, m.team_id, l.id AS level_id, m.entered,
         CASE WHEN l.id = m.to_level_id THEN m.days END AS days,
         CASE WHEN l.id IS DISTINCT FROM m.to_level_id THEN 'up' ELSE m.next END AS fate
  FROM moves m
  LEFT JOIN funnel_level f ON f.id = m.from_level_id
  LEFT JOIN funnel_level t ON t.id = m.to_level_id
  JOIN funnel_level l ON l.pipeline_id = coalesce(t.pipeline_id, f.pipeline_id)
    AND (l.id = t.id OR (l.rank > f.rank AND (l.rank < t.rank OR m.outcome = 'won')))
), history AS (
  SELECT c.opportunity_id, c."on", c.owner_id, c.team_id, c.is_dated, c.outcome, c.from_level_id,
         f.rank AS from_rank, t.rank AS to_rank,
         coalesce(t.pipeline_id, f.pipeline_id) AS pipeline_id,
         row_number() OVER past AS seq,
         count(*) FILTER (WHERE c.from_level_id IS NULL) OVER past AS life
  FROM funnel_levelchange c JOIN backward USING (opportunity_id)
  LEFT JOIN funnel_level f ON f.id = c.from_level_id
  LEFT JOIN funnel_level t ON t.id = c.to_level_id
  WHERE c."on" <= %(as_of)s AND c.opportunity_id IN (
    SELECT w.opportunity_id FROM funnel_levelchange w
    WHERE w."on" > %(after)s AND w."on" <= %(as_of)s)
  WINDOW past AS (PARTITION BY c.opportunity_id ORDER BY c."on", c.at, c.id)
), entry AS (
  SELECT DISTINCT ON (s.opportunity_id, s.life, l.id)
         s.opportunity_id, s.life, s.seq, s."on", s.owner_id, s.team_id, s.is_dated,
         l.id AS level_id, l.rank, s.to_rank IS DISTINCT FROM l.rank AS is_passed
  FROM history s JOIN funnel_level l ON l.pipeline_id = s.pipeline_id
    AND (l.rank = s.to_rank OR (l.rank > s.from_rank AND (l.rank < s.to_rank OR s.outcome = 'won')))
  ORDER BY s.opportunity_id, s.life, l.id, s.seq
), fate AS (
  SELECT e.owner_id, e.team_id, e.level_id, e.is_dated AND NOT e.is_passed AS has_dwell, e."on",
         min(s."on") FILTER (WHERE s.outcome <> 'lost') AS up_on,
         -- Odd where the first step up is undated.
         min(s.seq * 2 + (NOT s.is_dated)::int) FILTER (WHERE s.outcome <> 'lost') AS up_mark,
         min(s.seq * 2) FILTER (WHERE s.outcome = 'lost') AS lost_mark
  FROM entry e
  LEFT JOIN history s ON s.opportunity_id = e.opportunity_id AND s.life = e.life
    AND s.seq >= e.seq AND (s.to_rank > e.rank OR s.outcome <> '')
  WHERE e."on" > %(after)s
  GROUP BY e.opportunity_id, e.life, e.level_id, e.owner_id, e.team_id, e.is_dated, e.is_passed,
           e."on"
), tally AS (
  SELECT owner_id, team_id, level_id, days, sum(entered) AS entered,
         coalesce(sum(entered) FILTER (WHERE fate = 'up'), 0) AS ups,
         coalesce(sum(entered) FILTER (WHERE fate = 'lost'), 0) AS lost
  FROM (
    SELECT owner_id, team_id, level_id, entered, days, fate FROM reached
    UNION ALL
    SELECT owner_id, team_id, level_id, 1,
           CASE WHEN has_dwell AND up_mark %% 2 = 0 AND coalesce(lost_mark > up_mark, TRUE)
                THEN up_on - "on" END,
           CASE WHEN up_mark < lost_mark OR lost_mark IS NULL AND up_mark IS NOT NULL THEN 'up'
                WHEN lost_mark IS NOT NULL THEN 'lost' END
    FROM fate
  ) entries GROUP BY owner_id, team_id, level_id, days
), scoped AS (
  SELECT NULL::bigint AS team_id, NULL::bigint AS member_id, level_id, days, entered, ups, lost
  FROM tally WHERE {everyone}
  UNION ALL
  SELECT ancestor, NULL, y.level_id, y.days, y.entered, y.ups, y.lost
  FROM tally y JOIN members_team m ON m.id = y.team_id CROSS JOIN LATERAL unnest(m.path) ancestor
  UNION ALL
  SELECT NULL, owner_id, level_id, days, entered, ups, lost FROM tally
), grouped AS (
  SELECT team_id, member_id, level_id, days, sum(entered) AS entered, sum(ups) AS ups,
         sum(lost) AS lost
  FROM scoped GROUP BY team_id, member_id, level_id, days
), ranked AS (
  SELECT grouped.*,
         sum(entered) FILTER (WHERE days IS NOT NULL) OVER scope_all AS dwell_n,
         sum(entered) FILTER (WHERE days IS NOT NULL) OVER (scope_all ORDER BY days) AS upto
  FROM grouped WINDOW scope_all AS (PARTITION BY team_id, member_id, level_id)
), summed AS (
  SELECT team_id, member_id, level_id, sum(entered)::int AS entered, sum(ups)::int AS ups,
         sum(lost)::int AS lost, coalesce(max(dwell_n), 0)::int AS dwell_n,
         min(days) FILTER (WHERE upto > floor(0.5 * (dwell_n - 1))) AS m_low,
         min(days) FILTER (WHERE upto > ceil(0.5 * (dwell_n - 1))) AS m_high,
         min(days) FILTER (WHERE upto > floor(0.8 * (dwell_n - 1))) AS p_low,
         min(days) FILTER (WHERE upto > ceil(0.8 * (dwell_n - 1))) AS p_high
  FROM ranked GROUP BY team_id, member_id, level_id
), rates AS (
  SELECT team_id, member_id, level_id, entered, ups, lost, dwell_n,
         m_low + (m_high - m_low) * (0.5 * (dwell_n - 1) %% 1) AS dwell_median_days,
         p_low + (p_high - p_low) * (0.8 * (dwell_n - 1) %% 1) AS dwell_p80_days
  FROM summed
)
"""
# Levels that nobody entered have a row for the organisation, so that the run leaves its date.
ALL_LEVELS = """
SELECT r.team_id, r.member_id, l.id AS level_id, coalesce(r.entered, 0) AS entered,
       coalesce(r.ups, 0) AS ups, coalesce(r.lost, 0) AS lost, coalesce(r.dwell_n, 0) AS dwell_n,
       r.dwell_median_days, r.dwell_p80_days
FROM funnel_level l LEFT JOIN rates r
  ON r.level_id = l.id AND r.team_id IS NULL AND r.member_id IS NULL
UNION ALL
SELECT team_id, member_id, level_id, entered, ups, lost, dwell_n, dwell_median_days, dwell_p80_days
FROM rates WHERE team_id IS NOT NULL OR member_id IS NOT NULL
"""
STORED = """
SELECT r.team_id, r.member_id, r.level_id, r.entered, r.ups, r.lost, r.dwell_n,
       r.dwell_median_days, r.dwell_p80_days, r.as_of, r.window_days, r.computed_at,
       EXISTS (SELECT FROM core_dirtyday d
               WHERE d.source IN ('funnel', 'rates') AND d.day <= r.as_of) AS is_stale
FROM metrics_levelrate r
"""


@dataclass(frozen=True)
class Rate:
    """Counts and days of one level in one scope; see LevelRate."""

    entered: int = 0
    ups: int = 0
    lost: int = 0
    dwell_n: int = 0
    dwell_median_days: Decimal | None = None
    dwell_p80_days: Decimal | None = None


NOTHING = Rate()
type Key = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class Rates:
    """The rates of every scope as of one day; asked by team, member and level.

    `night` says for which day the last night computed and when, whether or not these are its rates.
    """

    as_of: date
    window_days: int
    by_scope: dict[Key, Rate]
    night: tuple[date, datetime] | None = None

    def of(self, *, level: int, team: int | None = None, member: int | None = None) -> Rate:
        return self.by_scope.get((team, member, level), NOTHING)


def bounds(as_of: date, window_days: int) -> dict[str, Any]:
    """The window's days are those after `after` up to and including `as_of`."""
    return {"as_of": as_of, "after": as_of - timedelta(days=window_days)}


def rates_on(as_of: date, window_days: int = WINDOW_DAYS) -> Rates:
    """The night's rates where they answer for the day, else the same computed now.

    The night's stand for its own day and the one after it, on which people work with them, unless
    a row of the funnel up to that day has changed since.
    """
    with rows_of(STORED, {}) as rows:
        stored = list(rows)
    night = (stored[0]["as_of"], stored[0]["computed_at"]) if stored else None
    if night and stored[0]["window_days"] == window_days and not stored[0]["is_stale"]:
        day = night[0]
        if timedelta(0) <= as_of - day <= timedelta(days=1):
            return Rates(day, window_days, _by_scope(stored), night)
    return replace(_computed(as_of, window_days, "TRUE", {}), night=night)


def rates_for(scope: Scope, as_of: date, window_days: int = WINDOW_DAYS) -> Rates:
    """`rates_on`, except for several teams taken together, which the night does not know."""
    if scope.kind == "team" and scope.team is None:
        everyone = condition(scope, "owner_id", "team_id")
        return _computed(as_of, window_days, everyone, parameters(scope))
    return rates_on(as_of, window_days)


def _computed(as_of: date, window_days: int, everyone: str, values: dict[str, Any]) -> Rates:
    sql = RATES.replace("{everyone}", everyone) + ALL_LEVELS
    with rows_of(sql, {**values, **bounds(as_of, window_days)}) as rows:
        return Rates(as_of, window_days, _by_scope(rows))


def _by_scope(rows: Iterable[dict[str, Any]]) -> dict[Key, Rate]:
    return {
        (row["team_id"], row["member_id"], row["level_id"]): Rate(
            entered=row["entered"],
            ups=row["ups"],
            lost=row["lost"],
            dwell_n=row["dwell_n"],
            dwell_median_days=row["dwell_median_days"],
            dwell_p80_days=row["dwell_p80_days"],
        )
        for row in rows
    }
