"""The supervisor: starts, restarts with back-off, stops, and leaves nothing behind."""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from salesteam import supervisor
from salesteam.supervisor import Program, Supervisor
from tests.operations.processes import ROOT, naming, started, wait_until

pytestmark = pytest.mark.programs

LIVES = "import time; print('up', flush=True); time.sleep(600)"
# Ignores SIGTERM and has a child that does too.
STUBBORN = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork();"
    "print('up', flush=True); time.sleep(600)"
)
FAILS = "raise SystemExit('no luck')"


def program(name: str, code: str, mark: Path) -> Program:
    return Program(name, [sys.executable, "-c", code], {"MARK": str(mark)})


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[Path]:
    """A word that stands in the environment of every program of a test, to find them by."""
    yield tmp_path
    for process in naming(str(tmp_path)):
        process.kill()


def in_background(one: Supervisor) -> threading.Thread:
    thread = threading.Thread(target=one.run)
    thread.start()
    return thread


def test_programs_run_in_groups_of_their_own_with_their_names_before_their_lines(
    mark: Path,
) -> None:
    out = io.StringIO()
    one = Supervisor([program("a", LIVES, mark), program("long", LIVES, mark)], out=out)
    thread = in_background(one)
    wait_until(lambda: out.getvalue().count("up") == 2, "both started")

    groups = {os.getpgid(process.pid) for process in naming(str(mark))}
    one.stop()
    thread.join(30)

    assert len(groups) == 2
    assert os.getpgid(0) not in groups
    assert sorted(out.getvalue().splitlines()) == ["a    | up", "long | up"]
    assert naming(str(mark)) == []


def test_one_that_is_killed_starts_again_and_the_other_goes_on(
    mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.1)
    out = io.StringIO()
    one = Supervisor([program("a", LIVES, mark / "a"), program("b", LIVES, mark / "b")], out=out)
    thread = in_background(one)
    wait_until(lambda: out.getvalue().count("up") == 2, "both started")
    other = naming(str(mark / "b"))

    naming(str(mark / "a"))[0].kill()
    wait_until(lambda: out.getvalue().count("up") == 3, "the killed one started again")
    same = naming(str(mark / "b"))
    one.stop()
    thread.join(30)

    assert same == other
    assert "a ended with -9" in out.getvalue()


def test_restarts_of_one_that_keeps_failing_come_slower_and_slower(
    mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.1)
    monkeypatch.setattr(supervisor, "LONGEST_DELAY", 0.4)
    out = io.StringIO()
    one = Supervisor([program("a", FAILS, mark)], out=out)
    delays: list[float] = []
    look_after = one._look_after

    def watched(running: supervisor.Running) -> None:
        had_process = running.process is not None
        delay = running.delay
        look_after(running)
        if had_process and running.process is None:
            delays.append(delay)

    monkeypatch.setattr(one, "_look_after", watched)
    thread = in_background(one)
    wait_until(lambda: len(delays) >= 5, "five failures")
    one.stop()
    thread.join(30)

    assert delays[:5] == [0.1, 0.2, 0.4, 0.4, 0.4]
    assert "no luck" in out.getvalue()


def test_one_that_ignores_the_signal_is_killed_with_its_children(
    mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    out = io.StringIO()
    one = Supervisor([program("a", STUBBORN, mark)], out=out)
    thread = in_background(one)
    wait_until(lambda: out.getvalue().count("up") == 2, "program and child started")
    assert len(naming(str(mark))) == 2

    one.stop()
    thread.join(30)

    wait_until(lambda: naming(str(mark)) == [], "all gone")


def test_children_of_a_killed_program_are_gone_before_it_starts_again(
    mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.1)
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    out = io.StringIO()
    one = Supervisor([program("a", STUBBORN, mark)], out=out)
    thread = in_background(one)
    wait_until(lambda: out.getvalue().count("up") == 2, "program and child started")
    before = naming(str(mark))
    leader = next(process for process in before if process.pid == os.getpgid(process.pid))

    leader.kill()
    wait_until(lambda: out.getvalue().count("up") == 4, "program and child started again")
    after = naming(str(mark))
    one.stop()
    thread.join(30)

    assert len(after) == 2
    assert {process.pid for process in before}.isdisjoint({process.pid for process in after})


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death is signalled on Linux only")
def test_programs_die_with_a_supervisor_that_is_killed_with_9(mark: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from salesteam.supervisor import Program, Supervisor;"
        f"Supervisor([Program('a', [sys.executable, '-c', {LIVES!r}])]).run()"
    )
    log = tmp_path / "log"
    env = {**os.environ, "MARK": str(mark), "PYTHONPATH": str(ROOT)}
    with started(["-c", code], env, log) as process:
        wait_until(lambda: "up" in log.read_text(), "the program started", log)
        children = process.children(recursive=True)

        process.kill()

        gone, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    assert len(gone) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_everything_with_success(mark: Path, tmp_path: Path, number: int) -> None:
    code = (
        "import sys; from salesteam.supervisor import Program, Supervisor;"
        f"Supervisor([Program('a', [sys.executable, '-c', {LIVES!r}])]).run()"
    )
    log = tmp_path / "log"
    env = {**os.environ, "MARK": str(mark), "PYTHONPATH": str(ROOT)}
    with started(["-c", code], env, log) as process:
        wait_until(lambda: "up" in log.read_text(), "the program started", log)

        process.send_signal(number)

        assert process.wait(20) == 0
    assert naming(str(mark)) == []
