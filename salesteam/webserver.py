"""gunicorn's settings: `gunicorn --config python:salesteam.webserver salesteam.wsgi`."""

from pathlib import Path

from gunicorn.config import Config
from gunicorn.glogging import Logger

from salesteam.environment import load

_environment = load()

bind = f"{_environment.bind_address}:{_environment.port}"
worker_class = "gthread"
workers = _environment.web_workers
threads = _environment.web_threads
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5
# Memory that a rare large request took is given back, at different moments for each process.
max_requests = 10_000
max_requests_jitter = 1_000
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (no secrets)
forwarded_allow_ips = "*" if _environment.trusted_proxy else "127.0.0.1"
errorlog = "-"
loglevel = "info" if _environment.log_level == "DEBUG" else "warning"
control_socket_disable = True

logger_class = "salesteam.webserver.OurLog"


class OurLog(Logger):
    """gunicorn's lines, sent through the log configuration of the settings."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
