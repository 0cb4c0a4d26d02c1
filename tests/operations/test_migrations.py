"""The migrations as a whole: complete, applied, and reversible."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from salesteam.environment import load
from tests.conftest import database_server
from tests.operations.processes import ROOT, environment
from tests.templates import copy_template, maintenance, with_database

pytestmark = pytest.mark.floor
OLDEST_POSTGRES = 15


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    # A process of its own: models that only tests have don't count.
    command = [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]
    env = environment(tmp_path)

    asked = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert asked.returncode == 0, asked.stdout + asked.stderr


@pytest.mark.django_db
def test_every_migration_is_applied_on_a_supported_server() -> None:
    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert connection.pg_version // 10_000 >= OLDEST_POSTGRES  # type: ignore[attr-defined]


@pytest.fixture
def scratch() -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    url, name = database_server(), f"scratch_{uuid4().hex}"
    copy_template(url=url, name=name, home=load().salesteam_home)
    yield with_database(url, name)
    with maintenance(url) as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.programs
def test_migrations_can_be_taken_back_and_applied_again(scratch: str, tmp_path: Path) -> None:
    env = environment(tmp_path, DATABASE_URL=scratch, REDIS_URL="redis://unused")
    # Taking back the members takes back all that depends on them, which is all.
    for target in (["members", "zero"], ["core", "zero"], []):
        done = subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity=0", *target],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
