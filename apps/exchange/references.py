"""Foreign keys of a bulk write: checked once per set of rows instead of once per row.

PostgreSQL checks a foreign key by one query per row and column: for 8,800 opportunities with
their history 140,000 queries, three quarters of the whole import (measured, see docs/import.md).
The rows written here take every reference from a join with the table referred to, so the checks
can only fail if somebody deletes a referenced row in between. Therefore: lock what is referred
to, compare the number of rows, and switch the per-row triggers off for the insert. That takes a
privilege (SET on `session_replication_role`); a database role without it gets the same result by
the slow way. Unique, check and exclusion constraints hold in both, and so do the triggers that
mark days, which are declared ALWAYS.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

from apps.exchange.refusals import ImportRefused

# Table referred to → the columns of import_deal that refer to it.
REFERENCES = {
    "customers_customer": ("customer_id",),
    "funnel_level": ("level_id", "known_level_id"),
    "members_member": ("owner_id",),
    "members_team": ("entry_team_id", "close_team_id"),
    "products_product": ("product_id",),
    "products_productline": ("line_id",),
}
CHANGED_MEANWHILE = (
    "somebody changed the data while the import ran; nothing was written, run it again"
)


def hold_references(cursor: CursorWrapper) -> None:
    """Keep everything that the rows refer to from being deleted before this transaction ends.

    Raises:
        ImportRefused: something was deleted since the rows were made.
    """
    for table, columns in REFERENCES.items():
        wanted = " UNION ALL ".join(f"SELECT {column} FROM import_deal" for column in columns)  # noqa: S608
        sql = f"""
        WITH wanted AS MATERIALIZED (SELECT DISTINCT id FROM ({wanted}) AS ids (id) WHERE id IS NOT NULL),
        held AS MATERIALIZED (
          SELECT 1 FROM {table} WHERE id IN (SELECT id FROM wanted) FOR KEY SHARE)
        SELECT (SELECT count(*) FROM wanted) = (SELECT count(*) FROM held)
        """  # noqa: S608 - names from the table above
        cursor.execute(sql)
        if not cursor.fetchone()[0]:
            raise ImportRefused(CHANGED_MEANWHILE)


def may_skip_row_checks(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT current_setting('is_superuser') = 'on' OR "
        "has_parameter_privilege(current_user, 'session_replication_role', 'SET')"
    )
    return bool(cursor.fetchone()[0])


@contextmanager
def references_held(cursor: CursorWrapper) -> Iterator[None]:
    """Hold what the rows of import_deal refer to; inside, inserts skip the checks row by row."""
    hold_references(cursor)
    if not may_skip_row_checks(cursor):
        yield
        return
    cursor.execute("SET LOCAL session_replication_role = replica")
    yield
    cursor.execute("SET LOCAL session_replication_role = origin")
