"""`make demo` after its installation: the first start, and the second."""

import re
import signal
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from salesteam import embedded
from tests.operations.processes import (
    environment,
    free_port,
    naming,
    started,
    status_of,
    wait_until,
)

pytestmark = pytest.mark.programs

COUNTS = (
    "SELECT (SELECT count(*) FROM funnel_opportunity), (SELECT count(*) FROM overnight_nightrun)"
)


def counts(home: Path) -> tuple[int, int]:
    address = embedded.database_url(home)
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute(COUNTS)
        opportunities, runs = cursor.fetchall()[0]
        return opportunities, runs


def start_and_stop(home: Path, log: Path) -> tuple[int, int]:
    """Start the demonstration, count its rows while it runs, stop it as Ctrl-C does."""
    port = free_port()
    command = ["manage.py", "start_demo", "--scale=small", f"--port={port}"]
    env = environment(home)
    env.pop("EMAIL_URL", None)
    with started(command, env, log) as demo:
        wait_until(lambda: status_of(f"http://localhost:{port}/readyz") == 200, "ready", log)
        assert f"SalesTeam is at http://localhost:{port} " in log.read_text()
        found = counts(home)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(120) == 0
    assert naming(str(home)) == []
    return found


def test_first_start_makes_the_firm_and_its_figures_and_the_second_keeps_them(
    tmp_path: Path,
) -> None:
    home, first, second = tmp_path / "home", tmp_path / "first", tmp_path / "second"

    opportunities, runs = start_and_stop(home, first)
    again = start_and_stop(home, second)

    assert (opportunities, runs) == (900, 1)
    assert again == (900, 1)
    for log in (first, second):
        roles = set(re.findall(r"^  (\w+) +\S+@sample\.example ", log.read_text(), re.MULTILINE))
        assert roles == {"admin", "director", "manager", "rep", "hr", "analyst"}
    assert "Overnight run for" in first.read_text()
    assert "Overnight run for" not in second.read_text()
