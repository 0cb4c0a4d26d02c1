"""Keeps a few programs running side by side: starts, restarts with back-off, stops all cleanly."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
# A program that lived this long was healthy: its next restart comes at once again.
HEALTHY_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.2
logger = logging.getLogger("salesteam.serve")
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Program:
    """A program to keep running; `environment` is added to our own."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """A program's current process, or the moment at which it is started again."""

    program: Program
    delay: float
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0


class Supervisor:
    """Runs programs until it is told to stop by SIGINT, SIGTERM, SIGHUP or `stop()`.

    Every program is a process group of its own, so that Ctrl-C at the terminal reaches only the
    supervisor, and nothing of a program that died is left when it starts again. Their lines come
    out with their names before them, or, unless `prefixed`, as they are, for machines to read.
    """

    def __init__(
        self, programs: Sequence[Program], *, out: IO[str] | None = None, prefixed: bool = True
    ) -> None:
        self.running = [Running(program, delay=FIRST_DELAY) for program in programs]
        self.out = out or sys.stdout
        self.width = max(len(program.name) for program in programs) if prefixed else 0
        self._writing = threading.Lock()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Start everything; returns when everything has stopped."""
        with self._signals():
            try:
                while not self._stopping.is_set():
                    for one in self.running:
                        self._look_after(one)
                    self._stopping.wait(POLL_SECONDS)
            finally:
                self._stop_all()

    def stop(self) -> None:
        self._stopping.set()

    def say(self, text: str) -> None:
        if self.width:
            self._write("serve", text)
        else:
            logger.warning(text)

    def _look_after(self, one: Running) -> None:
        now = time.monotonic()
        if one.process is None:
            if now >= one.restart_at:
                self._start(one)
            return
        code = one.process.poll()
        if code is None:
            return
        _kill_group(one.process)
        if now - one.started_at >= HEALTHY_SECONDS:
            one.delay = FIRST_DELAY
        self.say(f"{one.program.name} ended with {code}, starts again in {one.delay:.0f} s")
        one.process, one.restart_at = None, now + one.delay
        one.delay = min(one.delay * 2, LONGEST_DELAY)

    def _start(self, one: Running) -> None:
        wrapper = [sys.executable, "-P", str(CHILD), str(os.getpid())]
        process = subprocess.Popen(  # noqa: S603 (our own command lines)
            [*wrapper, *one.program.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **one.program.environment},
        )
        one.process, one.started_at = process, time.monotonic()
        threading.Thread(target=self._stream, args=(one.program.name, process), daemon=True).start()

    def _stream(self, name: str, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            for line in process.stdout:
                self._write(name, line.rstrip("\n"))

    def _write(self, name: str, text: str) -> None:
        prefix = f"{name:<{self.width}} | " if self.width else ""
        # A closed terminal must not stop the programs from being stopped.
        with self._writing, contextlib.suppress(BrokenPipeError, OSError):
            self.out.write(f"{prefix}{text}\n")
            self.out.flush()

    def _stop_all(self) -> None:
        processes = [one.process for one in self.running if one.process is not None]
        for process in processes:
            process.terminate()
        give_up = time.monotonic() + STOP_SECONDS
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, give_up - time.monotonic()))
            _kill_group(process)
            process.wait()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        # Python lets only the main thread handle signals; elsewhere `stop()` is the way.
        in_main_thread = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if in_main_thread else ()
        kept = {number: signal.signal(number, handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def _kill_group(process: subprocess.Popen[str]) -> None:
    """End what a program left in its process group, such as the children of a killed worker."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
