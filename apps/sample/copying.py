"""Writing many rows at once with COPY.

The services write one record each, with locks, validation and an audit entry: right for a person's
action, hours for half a million level changes. The generator goes straight to the tables instead;
the database's constraints and triggers hold for COPY as for everything else, and a COPY is one
statement, so that the marks of days to compute again are set once per day and not once per row.
"""

import csv
from collections.abc import Iterable, Sequence
from tempfile import TemporaryFile
from typing import Any

from django.db import connection
from django.db.models import Model


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """Fresh primary keys from the table's own sequence, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows of plain values into a model's table; returns how many.

    `fields` are model fields (a relation takes the other's key). Every field without a database
    default has to be among them: Django's Python defaults don't apply.
    """
    quote = connection.ops.quote_name
    column_of = {field.name: field.column or field.name for field in model._meta.concrete_fields}
    columns = ", ".join(quote(column_of[name]) for name in fields)
    with TemporaryFile("w+", newline="", encoding="utf-8") as file:
        # None is written bare and means NULL, an empty string is quoted and stays empty.
        writer = csv.writer(file, quoting=csv.QUOTE_NOTNULL)
        written = 0
        for row in rows:
            writer.writerow(row)
            written += 1
        file.seek(0)
        with connection.cursor() as cursor:
            table = quote(model._meta.db_table)
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv)", file)
    return written


def analyze(models: Iterable[type[Model]]) -> None:
    """Let the planner know the new rows before the first page asks for them."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
