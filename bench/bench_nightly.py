"""The overnight run on 880,000 opportunities against one bare aggregate over the same rows."""

import statistics
import tempfile
import time
from datetime import date
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from apps.exchange.mapping import choose
from apps.exchange.services import Options, import_pipeline
from apps.metrics.day_facts import LOCAL_SETTINGS
from bench.databases import scratch_database
from bench.pipeline_files import ROWS, source
from bench.results import Result

TURNS = 5
TIMES = 100
# Grown tables lie apart by this much in each round.
STRIDE = 10_000_000
# Day, person, team and level with count and sum, over the rows that the run reads; nothing written.
BARE = """
SELECT count(*) FROM (
  SELECT c."on", c.owner_id, c.team_id, coalesce(c.to_level_id, c.from_level_id) AS level_id,
         count(*), sum(c.value), count(o.id), sum(o.value)
  FROM funnel_levelchange c
  LEFT JOIN orders_order o ON o.opportunity_id = c.opportunity_id AND o.ordered_on = c."on"
  GROUP BY 1, 2, 3, 4
) aggregate
"""


def run() -> list[Result]:
    with tempfile.TemporaryDirectory() as temporary, scratch_database("nightly"):
        folder, what = source(Path(temporary) / "generated")
        import_pipeline(folder=folder, layout=choose(folder), options=Options())
        as_of = last_day()
        changes = grow()
        turns = [(bare(), rebuild(as_of), night(as_of)) for _ in range(TURNS + 1)]
    aggregate, whole, usual = (statistics.median(times) for times in zip(*turns[1:], strict=True))
    rows = f"{ROWS * TIMES:,} opportunities ({what} {TIMES} times) with {changes:,} level changes"
    return [
        Result(
            "nightly_rebuild", whole, aggregate, 2.5,
            notes=f"{rows}: manage.py nightly --rebuild against one GROUP BY day, owner, team, level "
            "over the level changes joined with their orders, with the run's memory settings, "
            "writing nothing; medians in turn",
        ),
        Result(
            "nightly_usual_night", usual, aggregate, 1.5,
            notes=f"{rows}: the night after one day's changes against the same aggregate of all days",
        ),
    ]  # fmt: skip


def last_day() -> date:
    with connection.cursor() as cursor:
        cursor.execute('SELECT max("on") FROM funnel_levelchange')
        day: date = cursor.fetchall()[0][0]
    return day


def grow() -> int:
    """Repeat the imported opportunities under other ids; the number of level changes then.

    The foreign keys go first: checking them row by row would take longer than all that is measured.
    """
    with connection.cursor() as cursor:
        for table, shifted in {
            "funnel_opportunity": ("id",),
            "funnel_levelchange": ("id", "opportunity_id"),
            "orders_order": ("id", "opportunity_id"),
        }.items():
            _drop_foreign_keys(table)
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
            )
            columns = [name for (name,) in cursor.fetchall()]
            values = ", ".join(_value(name, shifted) for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} "  # noqa: S608 - names
                f"CROSS JOIN generate_series(1, {TIMES - 1}) AS round"
            )
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("SELECT count(*) FROM funnel_levelchange")
        return int(cursor.fetchall()[0][0])


def _value(name: str, shifted: tuple[str, ...]) -> str:
    if name in shifted:
        return f'"{name}" + round * {STRIDE}'
    if name in {"external_id", "number"}:
        return f"\"{name}\" || '-' || round"
    return f'"{name}"'


def _drop_foreign_keys(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass, conname FROM pg_constraint "
            "WHERE contype = 'f' AND %s::regclass IN (conrelid, confrelid)",
            [table],
        )
        for owner, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {owner} DROP CONSTRAINT "{name}"')


def bare() -> float:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCAL_SETTINGS)
        began = time.perf_counter()
        cursor.execute(BARE)
        cursor.fetchall()
        return time.perf_counter() - began


def rebuild(as_of: date) -> float:
    began = time.perf_counter()
    call_command("nightly", "--rebuild", f"--date={as_of}", "--json", stdout=StringIO())
    return time.perf_counter() - began


def night(as_of: date) -> float:
    began = time.perf_counter()
    call_command("nightly", f"--date={as_of}", "--json", stdout=StringIO())
    return time.perf_counter() - began
