"""What the overnight run writes: day facts and level rates, set-based and idempotent.

Each function may run any number of times: it answers with the rows it wrote and leaves what one run
would leave.
"""

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from apps.metrics import day_facts
from apps.metrics.level_rates import ALL_LEVELS, RATES, WINDOW_DAYS, bounds

COMPUTE_RATES = "CREATE TEMPORARY TABLE computed_rate ON COMMIT DROP AS " + RATES + ALL_LEVELS
# What is read only to be written can't be read in parallel: hence the tables in between.
INSERT_RATES = """
INSERT INTO metrics_levelrate (as_of, window_days, computed_at, team_id, member_id, level_id,
  entered, ups, lost, dwell_n, dwell_median_days, dwell_p80_days)
SELECT %(as_of)s, %(window_days)s, now(), team_id, member_id, level_id,
  entered, ups, lost, dwell_n, dwell_median_days, dwell_p80_days FROM computed_rate
"""


def days_mark(*, first: date, last: date) -> int:
    """Mark the days from `first` to `last` to be computed again; the number of days."""
    with connection.cursor() as cursor:
        cursor.execute(day_facts.MARK, {"first": first, "last": last})
        return int(cursor.rowcount)


@transaction.atomic
def day_facts_update() -> int:
    """Compute the facts of all marked days again and take their marks; the number of facts.

    Marks and facts change in one transaction. A row that is written meanwhile leaves its own mark,
    which this transaction doesn't see: the day is then read live and computed in the next run.
    """
    with connection.cursor() as cursor:
        cursor.execute(day_facts.LOCAL_SETTINGS)
        days = {"days": _marks_take(cursor)}
        cursor.execute(
            day_facts.COMPUTE.format(
                changes='"on" = ANY(%(days)s::date[])', orders="ordered_on = ANY(%(days)s::date[])"
            ),
            days,
        )
        cursor.execute("DELETE FROM metrics_dayfact WHERE day = ANY(%(days)s::date[])", days)
        return _insert(cursor, day_facts.INSERT)


@transaction.atomic
def day_facts_rebuild() -> int:
    """Throw all facts away and compute those of every day; the number of facts."""
    with connection.cursor() as cursor:
        cursor.execute(day_facts.LOCAL_SETTINGS)
        _marks_take(cursor)
        cursor.execute(day_facts.COMPUTE.format(changes="TRUE", orders="TRUE"))
        cursor.execute("DELETE FROM metrics_dayfact")
        return _insert(cursor, day_facts.INSERT)


def _marks_take(cursor: CursorWrapper) -> list[date]:
    """Take all marks; where the funnel changed, the rates are behind until they are computed."""
    cursor.execute(day_facts.TAKE_MARKS)
    marks = cursor.fetchall()
    changed = [day for day, source in marks if source == "funnel"]
    if changed:
        cursor.execute(day_facts.RATES_ARE_BEHIND, {"first": min(changed)})
    return sorted({day for day, _source in marks})


@transaction.atomic
def level_rates_update(*, as_of: date) -> int:
    """Replace the rates of all levels and scopes by those as known on a day; the number of rates."""
    values = {**bounds(as_of, WINDOW_DAYS), "window_days": WINDOW_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(day_facts.LOCAL_SETTINGS)
        cursor.execute(day_facts.RATES_CAUGHT_UP)
        cursor.execute(COMPUTE_RATES.replace("{everyone}", "TRUE"), values)
        cursor.execute("DELETE FROM metrics_levelrate")
        return _insert(cursor, INSERT_RATES, values)


def _insert(cursor: CursorWrapper, sql: str, values: dict[str, Any] | None = None) -> int:
    """Move the computed rows into their table; the number of rows."""
    cursor.execute(sql, values)
    rows = int(cursor.rowcount)
    # At the end of the transaction they would go by themselves, but there may be more runs in it.
    cursor.execute("DROP TABLE IF EXISTS computed_fact, computed_rate")
    return rows
