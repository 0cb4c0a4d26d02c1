"""Open opportunities at their level on a day, whatever happened later.

An opportunity that has neither moved nor changed hands since that day counts as it stands now. The
level and value of one that has moved or closed since are those that its last change by then was
stamped with; the owner and team of one that has changed hands since, those from whom it went first.
"""

from datetime import date
from typing import Any

from apps.funnel.models import Level
from apps.metrics.results import LevelStock, Scope
from apps.metrics.scopes import condition, parameters

STOCK = """
WITH standing AS (
  SELECT o.level_id, o.value FROM funnel_opportunity o
  WHERE o.state = 'open' AND o.level_since_on <= %(as_of)s AND o.held_since_on <= %(as_of)s
    AND {present}
  UNION ALL
  SELECT stood.level_id, stood.value
  FROM funnel_opportunity o
  LEFT JOIN LATERAL (
    SELECT h.from_owner_id, h.from_team_id
    FROM funnel_ownerchange h
    WHERE o.held_since_on > %(as_of)s AND h.opportunity_id = o.id AND h."on" > %(as_of)s
    ORDER BY h."on", h.at, h.id LIMIT 1
  ) held ON TRUE
  CROSS JOIN LATERAL (
    SELECT o.level_id, o.value WHERE o.state = 'open' AND o.level_since_on <= %(as_of)s
    UNION ALL
    SELECT last.to_level_id, last.value
    FROM (
      SELECT c.to_level_id, c.value, c.outcome
      FROM funnel_levelchange c
      WHERE c.opportunity_id = o.id AND c."on" <= %(as_of)s
        AND NOT (o.state = 'open' AND o.level_since_on <= %(as_of)s)
      ORDER BY c."on" DESC, c.at DESC, c.id DESC LIMIT 1
    ) last WHERE last.outcome = ''
  ) stood
  WHERE o.opened_on <= %(as_of)s
    AND ((o.state = 'open' AND (o.level_since_on > %(as_of)s OR o.held_since_on > %(as_of)s))
         OR o.closed_on > %(as_of)s)
    AND {held}
), stock AS (
  SELECT level_id, count(*) AS n, sum(value) AS total, count(value) AS valued
  FROM standing GROUP BY level_id
)
SELECT l.*, coalesce(s.n, 0) AS stock_count, s.total AS stock_value,
       coalesce(s.valued, 0) AS stock_valued
FROM funnel_level l JOIN funnel_pipeline p ON p.id = l.pipeline_id AND p.is_default
LEFT JOIN stock s ON s.level_id = l.id
ORDER BY l.rank
"""


def stock(scope: Scope, as_of: date) -> list[LevelStock]:
    sql = STOCK.format(
        present=condition(scope, "o.owner_id", "o.team_id"),
        held=condition(
            scope,
            "coalesce(held.from_owner_id, o.owner_id)",
            "coalesce(held.from_team_id, o.team_id)",
        ),
    )
    levels: Any = Level.objects.raw(sql, {**parameters(scope), "as_of": as_of})
    return [
        LevelStock(level, level.stock_count, level.stock_value, level.stock_valued)
        for level in levels
    ]
