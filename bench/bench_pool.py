"""The night's step of the pool: 100,000 customers, a million activities, 100,000 opportunities.

The step may take a minute. The baseline reads the same rows once and writes nothing.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection

from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.funnel.models import Level
from apps.pool.dry_run import dry_run
from apps.pool.models import HoldWarning, PoolSettings
from apps.pool.recycling import pool_recycle
from apps.pool.states import rules_now
from apps.products.models import ProductLine
from bench import customer_base
from bench.bench_nightly import _drop_foreign_keys
from bench.databases import scratch_database
from bench.results import Result

ACTIVITIES = 1_000_000
TURNS = 3
LONGEST_SECONDS = 60.0
LIMIT = 12.0
DAY = timedelta(days=1)

# Held for up to 300 days, as long as work with a pool looks.
HELD = """
UPDATE customers_customer SET held_since = now() - (id % 300) * interval '1 day',
  tier = (ARRAY['A','B','C',''])[1 + id % 4],
  last_ordered_on = CASE WHEN id % 5 = 0 THEN current_date - (id % 700)::int END
WHERE owner_id IS NOT NULL
"""
ACTED = """
INSERT INTO activities_activity
  (customer_id, member_id, channel, direction, at, outcome, note, is_sample, recorded_at)
SELECT c.id, c.owner_id, 'call', 'out', now() - (abs(hashint8(c.id * 31 + n)) %% 300) * interval '1 day',
  'no_answer', '', false, now()
FROM customers_customer c CROSS JOIN generate_series(1, %(each)s) n WHERE c.owner_id IS NOT NULL
LIMIT %(activities)s
"""
OPENED = """
INSERT INTO funnel_opportunity
  (customer_id, owner_id, team_id, line_id, level_id, name, state, loss_reason, opened_on,
   level_since_on, held_since_on, is_sample, created_at)
SELECT c.id, c.owner_id, m.team_id, %(line)s, (%(levels)s)[1 + c.id %% 5], '', 'open', '',
  current_date - 200, current_date - 200, current_date - 200, false, now()
FROM customers_customer c JOIN members_membership m ON m.member_id = c.owner_id
"""
MOVED = """
INSERT INTO funnel_levelchange
  (opportunity_id, from_level_id, to_level_id, outcome, at, "on", is_dated, owner_id, team_id, reason,
   is_sample, recorded_at)
SELECT o.id, CASE WHEN n > 0 THEN (%(levels)s)[n] END, (%(levels)s)[n + 1], '',
  now() - (200 - n * 60 - o.id %% 60) * interval '1 day',
  current_date - (200 - n * 60 - o.id %% 60)::int, true, o.owner_id, o.team_id, '', false, now()
FROM funnel_opportunity o CROSS JOIN generate_series(0, 2) n
"""
# The rows of the step with one aggregate each, nothing decided and nothing written.
BARE = """
SELECT count(*) FROM customers_customer c
LEFT JOIN (SELECT customer_id, count(*) AS n, max(at) AS at FROM activities_activity GROUP BY 1) a
  ON a.customer_id = c.id
LEFT JOIN (SELECT o.customer_id, max(h.at) AS at FROM funnel_opportunity o
           JOIN funnel_levelchange h ON h.opportunity_id = o.id GROUP BY 1) h ON h.customer_id = c.id
WHERE c.owner_id IS NOT NULL AND (a.n > 0 OR h.at IS NULL OR c.held_since > now())
"""


def run() -> list[Result]:
    with scratch_database("pool"):
        _fill()
        today = Organisation.current().today()
        bare = statistics.median(_seconds(_bare) for _ in range(TURNS + 1))
        asked = statistics.median(_seconds(lambda: dry_run(rules_now())) for _ in range(TURNS))
        first, third, usual = (_night(today + n * DAY) for n in range(3))
        quiet = _night(today + 2 * DAY)
        rows = (
            f"{customer_base.ROWS:,} customers, {ACTIVITIES:,} activities, 95,000 opportunities with"
            f" 285,000 level changes; {HoldWarning.objects.count():,} warnings,"
            f" {Customer.objects.filter(owner=None).count() - customer_base.ROWS // 20:,} recycled"
        )
    return [
        Result("pool_first_night", first, bare, LIMIT * 3, notes=f"{rows}: every end, every warning"),
        Result("pool_night_of_losses", max(third, usual), bare, LIMIT * 3,
               notes="the night in which those go who ran out long ago"),
        Result("pool_usual_night", quiet, bare, LIMIT, notes="nothing to change, all looked at"),
        Result("pool_dry_run", asked, bare, LIMIT, notes="what changed rules would release"),
        Result("pool_seconds", max(first, third, usual), LONGEST_SECONDS, 1.0,
               notes="the slowest of the nights against the minute that it may take"),
    ]  # fmt: skip


def _fill() -> None:
    reps = customer_base._people()  # without contacts and search keys, which the pool reads not
    PoolSettings.current()
    levels = list(Level.objects.filter(pipeline__is_default=True).order_by("rank"))
    line = ProductLine.objects.create(name="Line")
    given: dict[str, Any] = {"levels": [level.pk for level in levels], "line": line.pk}
    with connection.cursor() as cursor:
        # Checking foreign keys row by row would take longer than all that is measured.
        for table in ("activities_activity", "funnel_opportunity", "funnel_levelchange"):
            _drop_foreign_keys(table)
        cursor.execute("ALTER TABLE activities_activity DISABLE TRIGGER USER")
        rows: dict[str, Any] = {"reps": reps, "n": len(reps), "rows": customer_base.ROWS}
        cursor.execute(customer_base.CUSTOMERS, rows)
        cursor.execute(HELD)
        cursor.execute(ACTED, {"each": 11, "activities": ACTIVITIES})
        cursor.execute(OPENED, given)
        cursor.execute(MOVED, given)
        cursor.execute("ALTER TABLE activities_activity ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE")


def _bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.fetchall()


def _night(as_of: date) -> float:
    return _seconds(lambda: pool_recycle(as_of=as_of))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
