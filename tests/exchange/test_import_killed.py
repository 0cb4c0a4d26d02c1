"""An import that is killed leaves nothing half done; two at once wait for one another."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection

from apps.exchange.mapping import choose
from apps.exchange.models import ImportRun
from apps.exchange.reading import DelimitedFile
from apps.exchange.services import LOCK
from apps.exchange.staging import stage
from tests.conftest import database_server
from tests.exchange.folders import ROWS, counts, make_folder, run
from tests.operations.processes import ROOT, started, wait_until
from tests.templates import with_database

pytestmark = [pytest.mark.programs, pytest.mark.floor]

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%%core_auditentry%%'"


@pytest.fixture
def importer(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """The command and the environment with which another process imports into this database."""
    env = os.environ | {
        "DATABASE_URL": with_database(database_server(), str(connection.settings_dict["NAME"])),
        "REDIS_URL": settings.REDIS_URL,
        "SALESTEAM_HOME": str(tmp_path / "home"),
        "SALESTEAM_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "salesteam.settings",
    }
    folder = make_folder(tmp_path / "folder")
    return ["manage.py", "import_pipeline", str(folder)], env


def value(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: int = cursor.fetchone()[0]
        return found


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_nothing_is_half_done(
    importer: tuple[list[str], dict[str, str]], tmp_path: Path
) -> None:
    command, env = importer
    before, log = counts(), tmp_path / "log"

    # Its last statement before the commit has to wait, so that it is certainly in the middle.
    with closing(connection.copy()) as blocker:
        blocker.set_autocommit(False)
        blocker.cursor().execute("LOCK TABLE core_auditentry IN SHARE MODE")
        with started(command, env, log) as process:
            wait_until(lambda: value(WAITING), "the import reached its last statement", log)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        blocker.rollback()
    wait_until(lambda: not value(OTHERS), "the server noticed", log)

    assert counts() == before
    assert ImportRun.objects.get().finished_at is None

    assert run(tmp_path / "folder").code == 0
    assert counts()["Opportunity"] == ROWS
    assert ImportRun.objects.earliest("pk").error == "interrupted: nothing was written"


@pytest.mark.django_db(transaction=True)
def test_second_import_waits_for_the_first(
    importer: tuple[list[str], dict[str, str]], tmp_path: Path
) -> None:
    command, env = importer
    with closing(connection.copy()) as first:
        first.cursor().execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with started(command, env, tmp_path / "log") as process:
            wait_until(lambda: value(WAITING), "the second import waits", tmp_path / "log")
            assert ImportRun.objects.count() == 0
            first.cursor().execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            assert process.wait(60) == 0

    assert counts()["Opportunity"] == ROWS


@pytest.mark.django_db(transaction=True)
def test_bad_input_ends_the_program_with_two_and_no_traceback(
    importer: tuple[list[str], dict[str, str]], tmp_path: Path
) -> None:
    command, env = importer
    (tmp_path / "folder" / "accounts.csv").write_bytes(b"\xff\xff\n")

    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "accounts.csv:1: not utf-8" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    with (folder / "sales_pipeline.csv").open("a") as file:
        for number in range(200_000):
            file.write(f"X{number},Ann Ash,GTX Pro,Acme,Won,2017-03-01,2017-04-01,{number}\n")
    layout = choose(folder)
    files = {kind: DelimitedFile(folder, table) for kind, table in layout.tables().items()}
    before = psutil.Process().memory_info().rss

    with connection.cursor() as cursor:
        read = stage(cursor, layout, files, lambda _size: None)

    assert read["opportunities"] == 200_000 + ROWS
    assert psutil.Process().memory_info().rss - before < 40_000_000
