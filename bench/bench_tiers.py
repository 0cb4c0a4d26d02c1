"""The tier run on 100,000 customers with a million orders against the bare window-function SQL."""

import statistics
import time
from datetime import date, timedelta

from django.db import connection, transaction

from apps.portfolio.tiers.services import LOCAL_SETTINGS, tiers_update
from bench.databases import scratch_database
from bench.results import Result

CUSTOMERS, ORDERS, TURNS = 100_000, 1_000_000, 5
DAY = date(2026, 6, 30)
# What anybody would write to rank customers by the profit of a year; nothing is written.
BARE = """
SELECT count(*), sum(rank), max(share) FROM (
  SELECT row_number() OVER place AS rank,
         sum(greatest(worth, 0)) OVER (place ROWS UNBOUNDED PRECEDING)
           / sum(greatest(worth, 0)) OVER () AS share
  FROM (
    SELECT o.customer_id, sum(o.value - coalesce(o.cost, 0)) AS worth
    FROM orders_order o WHERE o.ordered_on > %(after)s AND o.ordered_on <= %(as_of)s
    GROUP BY o.customer_id
  ) sold JOIN customers_customer c ON c.id = sold.customer_id
  WINDOW place AS (ORDER BY worth DESC, c.created_at, c.id)
) ranked
"""
# Worth is spread unevenly, as in life; a sixth of the orders have no cost, some are returns.
CUSTOMER_ROWS = """
INSERT INTO customers_customer (name, industry, region, source, is_sample, created_at,
  is_tier_provisional)
SELECT 'Customer ' || n, '', '', '', FALSE, timestamptz '2020-01-01' + n * interval '1 minute', FALSE
FROM generate_series(1, %(customers)s) n
"""


def run() -> list[Result]:
    with scratch_database("tiers"):
        fill()
        turns = [(bare(DAY), night(DAY + timedelta(days=n))) for n in range(TURNS + 1)]
    first = turns[0][1]
    aggregate, usual = (statistics.median(times) for times in zip(*turns[1:], strict=True))
    return [
        Result(
            "tiers_night", usual, aggregate, 3,
            notes=f"{CUSTOMERS:,} customers with {ORDERS:,} orders: the run with every figure "
            "written, against one statement that ranks the customers and writes nothing, with the "
            f"run's memory settings; medians in turn. The very first run took {first:.2f} s",
        ),
    ]  # fmt: skip


def fill() -> None:
    """Rows by SQL: what the run reads, with the indexes and keys of the product."""
    from tests.factories import make_line, make_member, make_team

    team = make_team()
    member, line = make_member(team=team), make_line()
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMER_ROWS, {"customers": CUSTOMERS})
        # Checking four keys a row would take longer than all that is measured.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO orders_order (number, customer_id, line_id, member_id, team_id, ordered_on,
              value, cost, is_sample, created_at)
            SELECT 'B-' || n, c.id, %(line)s, %(member)s, %(team)s,
              %(day)s::date - (n::bigint * 7919 %% 360)::int, c.amount, CASE WHEN n %% 6 > 0
              THEN round(c.amount * 0.6, 2) END, FALSE, now()
            FROM (
              SELECT n, first.id + (n::bigint * 104729 %% %(customers)s) AS id,
                round((CASE WHEN n %% 40 = 0 THEN -30 ELSE 1 END
                  * exp((n * 31 %% 997) / 150.0))::numeric, 2) AS amount
              FROM generate_series(1, %(orders)s) n,
                (SELECT min(id) AS id FROM customers_customer) first
            ) c
            """,
            {
                "line": line.pk,
                "member": member.pk,
                "team": team.pk,
                "day": DAY,
                "customers": CUSTOMERS,
                "orders": ORDERS,
            },
        )
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE orders_order")
        cursor.execute("VACUUM ANALYZE customers_customer")


def bare(as_of: date) -> float:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCAL_SETTINGS)
        began = time.perf_counter()
        cursor.execute(BARE, {"as_of": as_of, "after": as_of - timedelta(days=365)})
        cursor.fetchall()
        return time.perf_counter() - began


def night(as_of: date) -> float:
    began = time.perf_counter()
    tiers_update(as_of=as_of)
    return time.perf_counter() - began
