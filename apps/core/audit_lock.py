"""Handing the audit trail to a database role of its own.

A trigger stops everybody but the table's owner, who can switch it off. So that not even the
application's own role can rewrite the trail, another role owns the table and the trigger functions;
the application may only read entries, add them, and delete what the trigger lets go by age.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from django.db import connection
from psycopg2 import sql

TABLE = "core_auditentry"
FUNCTIONS = ("audit_entry_stays", "audit_trail_stays")
TRIGGERS = ("audit_entry_stays", "audit_trail_stays")
# What the application's role could still do to the trail, asked as that role.
WEAKNESSES = """
WITH me AS (SELECT * FROM pg_roles WHERE rolname = current_user),
  trail AS (SELECT * FROM pg_class WHERE oid = %(table)s::regclass),
  place AS (SELECT * FROM pg_namespace WHERE oid = (SELECT relnamespace FROM trail)),
  place_owner AS (
    SELECT CASE WHEN r.rolname = 'pg_database_owner' THEN d.datdba ELSE r.oid END AS oid
    FROM place JOIN pg_roles r ON r.oid = nspowner, pg_database d
    WHERE d.datname = current_database()
  )
SELECT code FROM (VALUES
  ('superuser', (SELECT rolsuper FROM me)),
  ('owns_table', pg_has_role((SELECT relowner FROM trail), 'MEMBER')),
  ('owns_functions', EXISTS (
    SELECT FROM pg_proc WHERE proname = ANY(%(functions)s) AND pronamespace = (SELECT oid FROM place)
    AND pg_has_role(proowner, 'MEMBER'))),
  ('owns_schema', pg_has_role((SELECT oid FROM place_owner), 'MEMBER')),
  ('may_update', has_any_column_privilege(%(table)s, 'UPDATE')),
  ('may_truncate', has_table_privilege(%(table)s, 'TRUNCATE')),
  ('may_add_triggers', has_table_privilege(%(table)s, 'TRIGGER')),
  ('guard_is_off', (
    SELECT count(*) FROM pg_trigger WHERE tgrelid = (SELECT oid FROM trail)
    AND tgname = ANY(%(triggers)s) AND tgenabled = 'A') < %(count)s)
) AS found (code, holds) WHERE holds
"""


@dataclass(frozen=True)
class Roles:
    """The role that the application signs in to the database with, and the one that is to own."""

    application: str
    owner: str


def weaknesses() -> list[str]:
    """Codes of what would let the application's role rewrite the trail; empty: nothing does."""
    values: dict[str, Any] = {
        "table": TABLE,
        "functions": list(FUNCTIONS),
        "triggers": list(TRIGGERS),
        "count": len(TRIGGERS),
    }
    with connection.cursor() as cursor:
        cursor.execute(WEAKNESSES, values)
        return [code for (code,) in cursor.fetchall()]


def lock(owner_url: str) -> Roles:
    """Make the role of `owner_url` the owner, and leave the application what it needs.

    Raises psycopg2.Error where that role may not; nothing is changed then.
    """
    application = _application_role()
    with _owner_cursor(owner_url) as cursor:
        owner = _current_role(cursor)
        table, role = sql.Identifier(TABLE), sql.Identifier(application)
        cursor.execute(sql.SQL("ALTER TABLE {} OWNER TO CURRENT_USER").format(table))
        for name in FUNCTIONS:
            function = sql.Identifier(name)
            cursor.execute(sql.SQL("ALTER FUNCTION {}() OWNER TO CURRENT_USER").format(function))
        for name in TRIGGERS:
            statement = sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}")
            cursor.execute(statement.format(table, sql.Identifier(name)))
        if application != owner:
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(table, role))
            grant = sql.SQL("GRANT SELECT, INSERT, DELETE ON {} TO {}")
            cursor.execute(grant.format(table, role))
            # For the foreign keys and tables of later releases.
            cursor.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(role))
    return Roles(application, owner)


def unlock(owner_url: str) -> Roles:
    """Give the trail back to the application, for a release whose migrations change its table.

    Raises psycopg2.Error where the role of `owner_url` may not; nothing is changed then.
    """
    application = _application_role()
    role = sql.Identifier(application)
    with _owner_cursor(owner_url) as cursor:
        owner = _current_role(cursor)
        for name in FUNCTIONS:
            statement = sql.SQL("ALTER FUNCTION {}() OWNER TO {}")
            cursor.execute(statement.format(sql.Identifier(name), role))
        statement = sql.SQL("ALTER TABLE {} OWNER TO {}")
        cursor.execute(statement.format(sql.Identifier(TABLE), role))
    return Roles(application, owner)


def _application_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def _current_role(cursor: "psycopg2.extensions.cursor") -> str:
    cursor.execute("SELECT current_user")
    row = cursor.fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _owner_cursor(url: str) -> Iterator["psycopg2.extensions.cursor"]:
    """One transaction as the owner, in the schema of the trail."""
    with closing(psycopg2.connect(url)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = public")
        yield cursor
