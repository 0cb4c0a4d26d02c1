"""The container's entry: `web`, `worker`, `scheduler`, `migrate`, `healthy`, or any manage.py command.

Each becomes the program itself, so that the engine's signals reach it.
"""

import os
import sys
import urllib.request

CELERY = ["celery", "--app", "salesteam", "--quiet"]
PROGRAMS = {
    "web": ["gunicorn", "--config", "python:salesteam.webserver", "salesteam.wsgi"],
    "worker": [
        *CELERY,
        "worker",
        f"--concurrency={os.environ.get('WORKER_CONCURRENCY') or '2'}",
        "--without-gossip",
        "--without-mingle",
        "--loglevel=INFO",
    ],
    # The schedule file holds nothing that matters: the ticks look at what is done.
    "scheduler": [*CELERY, "beat", "--schedule=/tmp/schedule", "--pidfile=", "--loglevel=INFO"],
    "migrate": ["python", "manage.py", "migrate"],
}


def healthy() -> None:
    """Exit 0 if the web server of this container answers 200; any other answer raises."""
    port = os.environ.get("PORT") or "8000"
    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4).close()
    sys.exit(0)


def main(words: list[str]) -> None:
    name = words[0] if words else "web"
    if name == "healthy":
        healthy()
    command = [*PROGRAMS.get(name, ["python", "manage.py", name]), *words[1:]]
    os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
