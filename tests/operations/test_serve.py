"""`manage.py serve` as a whole: three programs, one restarted, nothing left."""

import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from tests.operations.processes import (
    environment,
    free_port,
    naming,
    started,
    status_of,
    wait_until,
)

pytestmark = pytest.mark.programs

PROGRAMS = {"web": "gunicorn", "worker": "worker", "scheduler": "beat"}


def leaders(serve: psutil.Process) -> dict[str, psutil.Process]:
    """The running programs by name, as far as they have become what they shall be."""
    found = {}
    for process in serve.children():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        for name, word in PROGRAMS.items():
            if word in words and not any(item.endswith("child.py") for item in words):
                found[name] = process
    return found


def test_serve_runs_three_programs_restarts_a_killed_worker_and_leaves_none(tmp_path: Path) -> None:
    home, log, port = tmp_path / "home", tmp_path / "log", free_port()
    command = ["manage.py", "serve", f"--port={port}"]
    with started(command, environment(home), log) as serve:
        wait_until(lambda: status_of(f"http://localhost:{port}/readyz") == 200, "ready", log)
        wait_until(lambda: set(leaders(serve)) == set(PROGRAMS), "three programs", log)
        wait_until(lambda: "beat: Starting" in log.read_text(), "the scheduler's start", log)
        wait_until(lambda: " ready." in log.read_text(), "the worker's start", log)
        before = leaders(serve)
        pool = before["worker"].children(recursive=True)

        before["worker"].kill()
        wait_until(
            lambda: leaders(serve).get("worker") not in {None, before["worker"]},
            "a new worker",
            log,
        )
        _gone, orphans = psutil.wait_procs(pool, timeout=5)
        after = leaders(serve)
        serve.send_signal(signal.SIGINT)
        code = serve.wait(120)

    assert orphans == []
    assert (after["web"], after["scheduler"]) == (before["web"], before["scheduler"])
    assert code == 0
    assert naming(str(home)) == []
    assert "worker    | " in log.read_text()
    assert "worker ended with -9" in log.read_text()


def test_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(
            ["manage.py", "serve"], environment(tmp_path / "home", PORT=str(port)), log
        ) as serve:
            code = serve.wait(120)

    assert code == 1
    assert f"Port {port} is already in use by another program." in log.read_text()
    assert f"PORT={port + 1}" in log.read_text()
    assert naming(str(tmp_path / "home")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death is signalled on Linux only")
def test_nothing_but_the_servers_outlives_serve_killed_with_9(tmp_path: Path) -> None:
    home, log, port = tmp_path / "home", tmp_path / "log", free_port()
    command = ["manage.py", "serve", f"--port={port}"]
    with started(command, environment(home), log) as serve:
        wait_until(lambda: status_of(f"http://localhost:{port}/healthz") == 200, "alive", log)
        wait_until(lambda: set(leaders(serve)) == set(PROGRAMS), "three programs", log)
        leading = leaders(serve).values()
        programs = [one for leader in leading for one in [leader, *leader.children(recursive=True)]]

        serve.kill()
        _gone, alive = psutil.wait_procs(programs, timeout=30)
    assert alive == []

    with started(["manage.py", "migrate"], environment(home), log) as joined:
        assert joined.wait(120) == 0
    assert naming(str(home)) == []
