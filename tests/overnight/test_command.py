"""manage.py nightly, as a program: what it prints, refuses and survives."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.metrics.models import DayFact
from apps.metrics.selectors import last_run
from apps.overnight.models import NightRun, RunState
from tests.factories import make_member, make_opportunity, make_order, make_team

ROOT = Path(__file__).resolve().parent.parent.parent
OCT = date(2017, 10, 2)


def run(*arguments: str) -> Any:
    out = StringIO()
    call_command("nightly", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def program(*arguments: str) -> "subprocess.Popen[str]":
    """The command in a process of its own, on this test's database."""
    settings = connection.settings_dict
    where = f"host={settings['HOST']}&port={settings['PORT'] or 5432}&user={settings['USER']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql:///{settings['NAME']}?{where}",
        "PGPASSWORD": settings["PASSWORD"] or "",
        "DJANGO_SETTINGS_MODULE": "salesteam.settings",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "nightly", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db
def test_it_prints_the_run_as_json() -> None:
    make_order(member=make_member(team=make_team()), value=5, on=OCT)

    data = run("--date", "2017-12-31")

    assert (data["kind"], data["from"], data["through"]) == ("nightly", None, "2017-12-31")
    assert data["state"] == "done"
    assert [(s["name"], s["state"], s["rows"]) for s in data["steps"]] == [
        ("close_day", "done", 1),
        ("departures", "done", 0),
        ("moves", "done", 0),
        ("day_facts", "done", 1),
        ("level_rates", "done", 5),
        ("tiers", "done", 0),
        ("service", "done", 0),
        ("lifecycle", "done", 0),
        ("duplicates", "done", 0),
        ("pool", "done", 0),
        ("customers_purge", "done", 0),
        ("deleted_erase", "done", 0),
        ("audit_expire", "done", 0),
        ("sign_ins_expire", "done", 0),
        ("notifications", "done", 0),
        ("files", "done", 0),
        ("mail_words", "done", 0),
    ]
    known = last_run()
    assert known is not None
    assert known[0] == date(2017, 12, 31)


@pytest.mark.django_db
def test_a_range_and_a_rebuild() -> None:
    make_order(member=make_member(team=make_team()), value=5, on=OCT)

    assert run("--from", "2017-10-01", "--to", "2017-10-03")["steps"][0]["rows"] == 3
    assert run("--rebuild", "--date", "2017-12-31")["kind"] == "rebuild"
    assert DayFact.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "2017-02-30"], "is not a day"),
        (["--date", "2999-01-01"], "has not happened yet"),
        (["--from", "2017-01-01"], "belong together"),
        (["--from", "2017-01-02", "--to", "2017-01-01"], "lies after"),
        (["--from", "2017-01-01", "--to", "2017-01-02", "--rebuild"], "exclude"),
    ],
)
def test_nonsense_is_refused_and_nothing_begun(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("nightly", *arguments)

    assert NightRun.objects.count() == 0


@pytest.mark.floor
@pytest.mark.django_db(transaction=True)
def test_a_killed_run_is_taken_up_and_a_second_at_the_same_time_refused() -> None:
    rep = make_member(team=make_team())
    make_opportunity(("E", OCT), ("C", date(2017, 11, 6)), owner=rep)
    with connection.cursor() as cursor:
        # The night waits for this lock in the midst of its second step.
        cursor.execute("BEGIN; LOCK TABLE metrics_dayfact IN ACCESS EXCLUSIVE MODE")
        first = program("--date", "2017-12-31")
        _wait_for_lock(cursor, first)
        second = program("--date", "2017-12-31")
        _out, refusal = second.communicate(timeout=180)
        first.send_signal(signal.SIGKILL)
        first.wait(timeout=180)
        cursor.execute("ROLLBACK")

    assert second.returncode == 2
    assert "Another overnight run is working" in refusal
    stopped = NightRun.objects.get()
    assert stopped.state == RunState.RUNNING
    assert DayFact.objects.count() == 0

    data = _until_free("--date", "2017-12-31", "--json")

    assert data["run"] == stopped.pk
    assert data["state"] == "done"
    assert DayFact.objects.count() == 4
    assert NightRun.objects.count() == 1


def _wait_for_lock(cursor: Any, process: "subprocess.Popen[str]") -> None:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'metrics_dayfact'::regclass"
    )
    for _ in range(2400):
        cursor.execute(waiting)
        if cursor.fetchone()[0]:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("the run never came to its second step")


def _until_free(*arguments: str) -> Any:
    """The server may take a moment to notice that the killed process is gone."""
    for _ in range(10):
        process = program(*arguments)
        out, errors = process.communicate(timeout=180)
        if process.returncode == 0:
            return json.loads(out)
        assert process.returncode == 2, errors
    raise AssertionError("the lock of the killed run was never given back")
