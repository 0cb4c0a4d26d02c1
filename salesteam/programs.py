"""The programs that make up a running site, as command lines for the supervisor."""

import socket
import sys
from pathlib import Path

from salesteam.environment import Environment
from salesteam.supervisor import Program

ROOT = Path(__file__).resolve().parent.parent
MAIL_PORT = 1025


class PortTaken(Exception):  # noqa: N818 (named for what happened)
    """Another program listens on the port."""


def web(environment: Environment, port: int) -> Program:
    """The web server."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:salesteam.webserver"]
    extra = {"PORT": str(port), "BIND_ADDRESS": environment.bind_address}
    return Program("web", [*command, "salesteam.wsgi"], extra)


def worker(environment: Environment, *, app: str = "salesteam") -> Program:
    """The process that works off tasks."""
    size = f"--concurrency={environment.worker_concurrency}"
    quiet = ["--without-gossip", "--without-mingle", f"--loglevel={environment.log_level}"]
    return Program("worker", [*_celery(app), "worker", size, *quiet])


def scheduler(environment: Environment, folder: Path) -> Program:
    """The process that enqueues tasks by the clock; it keeps nothing that matters in `folder`."""
    places = ["--schedule", str(folder / "schedule"), "--pidfile="]
    return Program(
        "scheduler", [*_celery("salesteam"), "beat", *places, f"--loglevel={environment.log_level}"]
    )


def mail_catcher(port: int) -> Program:
    """A mail server that keeps every mail as a file and sends none on."""
    return Program(
        "mail", [sys.executable, str(ROOT / "manage.py"), "catch_mail", f"--port={port}"]
    )


def check_free(address: str, port: int) -> None:
    """Raise PortTaken if nothing can listen there."""
    if not _is_free(address, port):
        msg = (
            f"Port {port} is already in use by another program. "
            f"Stop that one, or choose another port: PORT={port + 1}"
        )
        raise PortTaken(msg)


def free_mail_port() -> int:
    """The usual port of mail catchers, or any free one if it is taken."""
    if _is_free("127.0.0.1", MAIL_PORT):
        return MAIL_PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _celery(app: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", app, "--quiet"]
