"""Every process writes one JSON object a line where machines read the logs."""

import json
import signal
from pathlib import Path

import pytest

from tests.operations.processes import environment, free_port, started, status_of, wait_until

pytestmark = pytest.mark.programs


def test_all_lines_of_all_programs_are_json(tmp_path: Path) -> None:
    home, log, port = tmp_path / "home", tmp_path / "log", free_port()
    env = environment(home, LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    with started(["manage.py", "serve", f"--port={port}"], env, log) as serve:
        wait_until(lambda: status_of(f"http://localhost:{port}/readyz") == 200, "ready", log)
        wait_until(lambda: " ready." in log.read_text(), "the worker's start", log)
        wait_until(lambda: "beat: Starting" in log.read_text(), "the scheduler's start", log)
        serve.send_signal(signal.SIGINT)
        serve.wait(120)

    lines = [line for line in log.read_text().splitlines() if line]
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    assert {line for line in lines if not line.startswith("{")} == {
        "Nobody can sign in yet: run manage.py create_first_admin",
        f"SalesTeam: http://localhost:{port}   (Ctrl-C stops it)",
        # Printed by Celery past every logger, from within its signal handler.
        "worker: Warm shutdown (MainProcess)",
    }
    assert {"celery.beat", "celery.apps.worker", "gunicorn.error"} <= {
        entry["logger"] for entry in entries
    }
    assert all({"event", "level", "timestamp"} <= set(entry) for entry in entries)
