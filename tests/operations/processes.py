"""Programs that tests start, and what is left of them."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120


def environment(home: Path, **extra: str) -> dict[str, str]:
    """A program's environment: its own data folder, embedded servers, the product's settings."""
    ours = {
        "SALESTEAM_HOME": str(home),
        "SALESTEAM_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "salesteam.settings",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "WEB_WORKERS": "1",
        "WORKER_CONCURRENCY": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **ours, **extra}


@contextmanager
def started(command: Sequence[str], env: dict[str, str], log: Path) -> Iterator[psutil.Popen]:
    """Run a program in a session of its own; whatever is left of it afterwards is killed."""
    with log.open("w") as out:
        process = psutil.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.is_running():
            for child in [*process.children(recursive=True), process]:
                child.kill()
            process.wait(10)


def wait_until(condition: Callable[[], object], what: str, log: Path | None = None) -> None:
    """Look until it holds; fails with the program's log."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > give_up:
            printed = log.read_text() if log else ""
            raise AssertionError(f"{what} didn't happen in {PATIENCE_SECONDS} s\n{printed}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status_of(address: str) -> int | None:
    """The answer's status code; None while nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 (ours)
            code: int = answer.status
            return code
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def naming(text: str) -> list[psutil.Process]:
    """All processes in whose command line or environment the text stands."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(text in word for word in words):
            found.append(process)
    return found
