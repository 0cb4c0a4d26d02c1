"""What the two embedded servers have in common: folders, start, stop."""

import hashlib
import importlib.util
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import psutil

# A socket's path may have 103 characters on macOS and 107 on Linux, "/.s.PGSQL.5432" included.
LONGEST_SOCKET_FOLDER = 88
# Replaying the log of a server that was killed under load may take minutes.
START_SECONDS = 300
STOP_SECONDS = 60
# Children of a killed PostgreSQL need a moment to notice, and block a new one until then.
START_TRIES = 3


class EmbeddedError(Exception):
    """A server couldn't be started; the message says what to do about it."""


def socket_folder(home: Path, server: str) -> Path:
    """Below the data folder, or below /tmp when that path is too long for a socket."""
    folder = home / server / "socket"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(f"/tmp/salesteam-{os.geteuid()}-{digest}") / server  # noqa: S108 (owner is checked)


def server_environment() -> dict[str, str]:
    """The environment of a server's programs: nothing of ours, no secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


class Server(ABC):
    """One embedded server of one data folder."""

    name: ClassVar[str]
    variable: ClassVar[str]
    wheel: ClassVar[str]
    process_name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / self.name
        self.log = self.folder / f"{self.name}.log"
        self.sockets = socket_folder(home, self.name)

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """The file whose first line is the number of the server's process."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether a client gets an answer now."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before it starts."""

    @abstractmethod
    def command_line(self) -> list[str]:
        """The program in the foreground, with its options."""

    def start(self) -> None:
        """Start the server unless it runs; returns when it answers.

        Raises:
            EmbeddedError: the wheel is missing, or the server ends or never answers.
        """
        if self.answers():
            return
        self.wheel_folder()
        self._make_folders()
        self.prepare()
        process: subprocess.Popen[bytes] | None = None
        tries = 0
        give_up = time.monotonic() + START_SECONDS
        while not self.answers():
            if process is not None and process.poll() is not None:
                process = None
                time.sleep(1)
            if process is None and self.process_number() is None:
                if tries == START_TRIES:
                    raise EmbeddedError(self._why_not())
                process = self._spawn()
                tries += 1
            if time.monotonic() > give_up:
                raise EmbeddedError(self._why_not())
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server if it runs, whoever started it; returns when it is gone."""
        number = self.process_number()
        if number is None:
            return
        process = psutil.Process(number)
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_SECONDS)

    def process_number(self) -> int | None:
        """The number of the running server's process; None when it doesn't run."""
        try:
            number = int(self.pid_file.read_text().split("\n", 1)[0])
            return number if psutil.Process(number).name() == self.process_name else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def wheel_folder(self) -> Path:
        """Where the wheel with the server's programs is installed."""
        found = importlib.util.find_spec(self.wheel)
        if found is None or found.origin is None:
            msg = (
                f"{self.variable} is not set and the embedded {self.name} is not installed.\n"
                f"Set {self.variable} to the address of a server, or install the extra: "
                "uv sync --extra embedded"
            )
            raise EmbeddedError(msg)
        return Path(found.origin).parent

    def _make_folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.sockets.is_relative_to(self.home):
            top = self.sockets.parent
            top.mkdir(mode=0o700, exist_ok=True)
            if top.is_symlink() or top.stat().st_uid != os.geteuid():
                msg = f"{top} belongs to somebody else: remove it, or use a shorter SALESTEAM_HOME."
                raise EmbeddedError(msg)
        self.sockets.mkdir(mode=0o700, exist_ok=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the program in a session of its own: Ctrl-C at the terminal must not reach it."""
        with self.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 (our own command line)
                self.command_line(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                env=server_environment(),
            )

    def _why_not(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"The embedded {self.name} doesn't start; {self.log} ends so:", *lines])
