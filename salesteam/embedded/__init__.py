"""A real PostgreSQL and a real Valkey for machines that have none: only this package knows.

Where DATABASE_URL (REDIS_URL) is unset, commands start PostgreSQL (Valkey) from the wheels of the
`embedded` extra, on Unix sockets that only this user and root can reach. Servers that already run
are joined; the last command to end stops them. A process killed with -9 leaves them running or
their data intact, and the next command joins or restarts them.

Locks, both in SALESTEAM_HOME: `embedded.starting` (exclusive, while servers are started or
stopped) is always taken before `embedded.users` (shared, as long as a command uses the servers).
"""

import contextlib
import fcntl
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.parse import quote

from salesteam.embedded.postgres import DATABASE, SUPERUSER, Postgres
from salesteam.embedded.server import EmbeddedError, Server, socket_folder
from salesteam.embedded.valkey import Valkey
from salesteam.environment import Environment, load

__all__ = ["EmbeddedError", "database_url", "redis_url", "servers", "servers_for"]

WITHOUT_SERVERS = {
    "catch_mail",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "version",
}


def database_url(home: Path) -> str:
    """The address of the embedded PostgreSQL that belongs to a data folder."""
    folder = quote(str(socket_folder(home, "postgres")), safe="/")
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={folder}"


def redis_url(home: Path) -> str:
    """The address of the embedded Valkey that belongs to a data folder."""
    return f"unix://{Valkey(home).socket}?db=0"


@contextlib.contextmanager
def servers_for(argv: Sequence[str]) -> Iterator[None]:
    """Run a command line's body with the servers that it needs; exits with a message if it can't."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in WITHOUT_SERVERS or {"--help", "-h", "--version"} & set(argv):
        yield
        return
    with _terminated_like_interrupted(), contextlib.ExitStack() as stack:
        try:
            stack.enter_context(servers(load()))
        except EmbeddedError as error:
            sys.exit(str(error))
        yield


@contextlib.contextmanager
def servers(environment: Environment) -> Iterator[None]:
    """Start what has no URL, or join it; stop it afterwards unless somebody else uses it.

    Raises:
        EmbeddedError: a wheel is missing or a server doesn't start.
    """
    home = environment.salesteam_home
    wanted: list[Server] = []
    if not environment.database_url:
        wanted.append(Postgres(home, durable=environment.salesteam_env != "test"))
    if not environment.redis_url:
        wanted.append(Valkey(home))
    if not wanted:
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    with (home / "embedded.users").open("a") as users:
        try:
            with _locked(home / "embedded.starting"):
                fcntl.flock(users, fcntl.LOCK_SH)
                for server in wanted:
                    server.start()
            yield
        finally:
            _stop_if_last(wanted, users, home)


def _stop_if_last(wanted: Sequence[Server], users: IO[str], home: Path) -> None:
    with _locked(home / "embedded.starting"):
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for server in wanted:
            server.stop()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Make SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that servers are stopped."""

    def unwind(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    kept: dict[int, Callable[[int, FrameType | None], object] | int | None] = {
        number: signal.signal(number, unwind)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
