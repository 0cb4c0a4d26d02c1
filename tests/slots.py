"""Which databases a run of the tests may use, so that several runs at once don't meet."""

import fcntl
import os
from pathlib import Path
from typing import IO

SLOTS = 8
REDIS_DATABASES_PER_RUN = 8
VARIABLE = "SALESTEAM_TEST_SLOT"
# Kept open, and with it the lock, until the process ends.
_held: list[IO[str]] = []


def own_slot(home: Path) -> int:
    """The number of this run: the first that no other run holds; xdist's workers inherit it."""
    if VARIABLE in os.environ:
        return int(os.environ[VARIABLE])
    home.mkdir(parents=True, exist_ok=True)
    for number in range(SLOTS):
        file = (home / f"slot-{number}.lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        os.environ[VARIABLE] = str(number)
        return number
    msg = f"{SLOTS} runs of the tests use {home} already"
    raise RuntimeError(msg)


def worker_number() -> int:
    """0 for a run in one process, else 1 and up for the workers of pytest-xdist."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    return 1 + int(name.removeprefix("gw")) if name else 0
