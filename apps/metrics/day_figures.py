"""Sums of days: from the overnight run's facts, or live where the run has not caught up.

One rule decides for each day. Every statement that touches a source row marks the row's day
(`core_dirtyday`), and the run takes the mark in the transaction that computes the day. So a day
without a mark is read from the facts and a day with one from the source: the answer is the same
to the cent before and after the night.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

from apps.metrics.results import Scope
from apps.metrics.scopes import condition, parameters

# The materialised step is taken once, and the planner starts from the few marked days.
FIGURES = """
WITH marked AS MATERIALIZED (
  SELECT DISTINCT day FROM core_dirtyday
  WHERE day BETWEEN %(first)s AND %(last)s AND source <> 'rates'
), figure AS (
  SELECT f.day, f.member_id, f.team_id, f.metric, f.count, f.amount
  FROM metrics_dayfact f
  WHERE f.day BETWEEN %(first)s AND %(last)s AND f.metric IN ('orders', 'won', 'lost')
    AND {facts} AND NOT EXISTS (SELECT FROM marked WHERE marked.day = f.day)
  UNION ALL
  SELECT o.ordered_on, o.member_id, o.team_id, 'orders', 1, o.value
  FROM marked JOIN orders_order o ON o.ordered_on = marked.day
  WHERE {orders}
  UNION ALL
  SELECT c."on", c.owner_id, c.team_id, c.outcome, 1, c.value
  FROM marked JOIN funnel_levelchange c ON c."on" = marked.day
  WHERE c.outcome IN ('won', 'lost') AND {changes}
)
"""
FIRST_ORDER = "(SELECT min(o.ordered_on) FROM orders_order o WHERE {orders})"
WITHOUT_CUSTOMER = """(
  SELECT count(*)::int FROM funnel_opportunity p WHERE p.customer_id IS NULL AND {opportunities}
)"""


@contextmanager
def rows_of(sql: str, values: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
    """Run one statement and give its rows by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [column[0] for column in cursor.description or ()]
        yield (dict(zip(names, row, strict=True)) for row in cursor)


def _conditions(scope: Scope) -> dict[str, str]:
    return {
        "facts": condition(scope, "f.member_id", "f.team_id"),
        "orders": condition(scope, "o.member_id", "o.team_id"),
        "changes": condition(scope, "c.owner_id", "c.team_id"),
        "opportunities": condition(scope, "p.owner_id", "p.team_id"),
    }


def read(scope: Scope, select: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `select` over `figure`; values need `first` and `last`, the widest days asked.

    In `select`, `{first_order}` stands for the day of the scope's first order, and
    `{without_customer}` for the number of its opportunities, open and closed, without a customer.
    """
    parts = _conditions(scope)
    sql = FIGURES.format(**parts) + select.format(
        first_order=FIRST_ORDER.format(**parts),
        without_customer=WITHOUT_CUSTOMER.format(**parts),
    )
    with rows_of(sql, {**parameters(scope), **values}) as rows:
        return list(rows)
