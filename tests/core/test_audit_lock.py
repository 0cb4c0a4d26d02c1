"""With the trail owned by another role, not even the application's own role can rewrite it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import errors

from tests.conftest import database_server
from tests.slots import own_slot, worker_number
from tests.templates import PREFIX, digest_of_migrations, maintenance, with_database

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct-horse"
HAND_OVER = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE public.%I OWNER TO {role}', one.tablename);
  END LOOP;
END $$;
ALTER FUNCTION audit_entry_stays() OWNER TO {role};
ALTER FUNCTION audit_trail_stays() OWNER TO {role};
"""

pytestmark = [pytest.mark.programs, pytest.mark.django_db]


@dataclass(frozen=True)
class Installation:
    """A database that the role `application` owns, and the address as each role."""

    application: str
    owner: str

    def run(self, *arguments: str) -> tuple[int, str]:
        """manage.py audit_lock, signed in to the database as the application."""
        environment = os.environ | {"DATABASE_URL": self.application}
        done = subprocess.run(
            [sys.executable, "manage.py", "audit_lock", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def say(self, *statements: str) -> None:
        """As the application, one transaction."""
        with closing(psycopg2.connect(self.application)) as one, one, one.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{PASSWORD}@{host}"))


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Prepared as docs/deployment.md says: the database belongs to the role of the trail."""
    server = database_server()
    mark = f"{own_slot(Path(os.environ['SALESTEAM_HOME']))}_{worker_number()}"
    name, app, owner = (f"audit_{what}_{mark}" for what in ("db", "app", "owner"))
    url = with_database(server, name)
    with maintenance(server) as cursor:
        _drop(cursor, name, app, owner)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{PREFIX}{digest_of_migrations()}"')
        for role in (app, owner):
            cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        with closing(psycopg2.connect(url)) as one, one, one.cursor() as inside:
            inside.execute(HAND_OVER.format(role=app))
        cursor.execute(f"GRANT {app} TO {owner}")
        cursor.execute(f'ALTER DATABASE "{name}" OWNER TO {owner}')
        try:
            yield Installation(as_role(url, app), as_role(url, owner))
        finally:
            _drop(cursor, name, app, owner)


def _drop(cursor: "psycopg2.extensions.cursor", name: str, *roles: str) -> None:
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    for role in roles:
        cursor.execute(f"DROP ROLE IF EXISTS {role}")


ENTRY = (
    "INSERT INTO core_auditentry (at, by_text, action, kind, label, changes, rows, details, channel,"
    " is_reading, is_sample) VALUES (now() - interval '{age}', '', 'a.b', 'a', '', '{{}}', '{{}}',"
    " '{{}}', '', false, false)"
)
NEW, OLD = ENTRY.format(age="0"), ENTRY.format(age="3 years")
ATTACKS = (
    "ALTER TABLE core_auditentry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_stays ON core_auditentry",
    "CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql"
    " AS $f$ BEGIN RETURN OLD; END $f$",
    "UPDATE core_auditentry SET action = 'x'",
    "TRUNCATE core_auditentry",
    "DROP TABLE core_auditentry",
    "ALTER TABLE core_auditentry RENAME TO old_trail",
    "ALTER TABLE core_auditentry OWNER TO CURRENT_USER",
    "CREATE TRIGGER mine BEFORE INSERT ON core_auditentry FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON INSERT TO core_auditentry DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
)


def test_the_application_can_not_get_round_the_guard_and_still_does_its_work(
    installation: Installation,
) -> None:
    code, said = installation.run("--check")
    assert code == 1
    assert "it owns the table" in said
    installation.say("ALTER TABLE core_auditentry DISABLE TRIGGER ALL")  # which is the danger

    code, said = installation.run("--owner-url", installation.owner)

    assert (code, said.count("can't rewrite the audit trail")) == (0, 1), said
    installation.say(NEW, OLD)
    for attack in ATTACKS:
        with pytest.raises(errors.InsufficientPrivilege):
            installation.say(attack)
    with pytest.raises(errors.RestrictViolation):
        installation.say("DELETE FROM core_auditentry")
    installation.say("DELETE FROM core_auditentry WHERE at < now() - interval '25 months'")
    installation.say("CREATE TABLE of_a_later_release (id int)")
    assert installation.run("--check")[0] == 0


def test_the_trail_is_given_back_for_a_release_that_changes_it(installation: Installation) -> None:
    installation.run("--owner-url", installation.owner)

    code, said = installation.run("--give-back", installation.owner)

    assert code == 0, said
    installation.say("ALTER TABLE core_auditentry ADD COLUMN something int")
    assert installation.run("--check")[0] == 1


def test_an_owner_who_may_not_changes_nothing(installation: Installation) -> None:
    stranger = installation.owner.replace(PASSWORD + "@", "wrong@").replace("_owner_", "_nobody_")

    code, said = installation.run("--owner-url", stranger)

    assert code == 2
    assert "nothing was changed" in said
    installation.say("ALTER TABLE core_auditentry ENABLE ALWAYS TRIGGER audit_entry_stays")
