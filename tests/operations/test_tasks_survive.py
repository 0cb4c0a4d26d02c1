"""A task in flight comes back when the process that ran it is killed with -9."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
import redis
from celery import Celery
from django.conf import settings

from tests.operations.processes import naming, started, wait_until

pytestmark = [pytest.mark.programs, pytest.mark.floor]

WORKER = ["-m", "celery", "--app", "tests.operations.probe", "worker", "--concurrency=1"]


@pytest.fixture
def key() -> Iterator[str]:
    """A name for one test's keys; its worker's processes have it in their environment."""
    name = f"probe-{uuid4().hex}"
    yield name
    for process in naming(name):
        process.kill()
    with redis.from_url(settings.REDIS_URL) as client:
        client.delete(f"{name}:runs", f"{name}:done")


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with redis.from_url(settings.REDIS_URL) as connected:
        yield connected


@contextmanager
def worker(key: str, log: Path) -> Iterator[psutil.Popen]:
    env = os.environ | {
        "PROBE_BROKER": settings.CELERY_BROKER_URL,
        "PROBE_REDIS": settings.REDIS_URL,
        "PROBE_KEY": key,
    }
    with started([*WORKER, f"--queues={key}"], env, log) as process:
        yield process


def send(key: str) -> None:
    with Celery(broker=settings.CELERY_BROKER_URL) as sender:
        sender.send_task("probe.step", [key], queue=key, ignore_result=True)


def test_task_of_a_killed_worker_is_run_by_the_next_one(
    key: str, client: redis.Redis, tmp_path: Path
) -> None:
    send(key)
    with worker(key, tmp_path / "first") as first:
        wait_until(lambda: client.get(f"{key}:runs") == b"1", "first run", tmp_path / "first")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait(10)

    with worker(key, tmp_path / "second"):
        wait_until(lambda: client.get(f"{key}:done"), "the task's end", tmp_path / "second")

    assert client.get(f"{key}:runs") == b"2"


def test_task_of_a_killed_pool_process_is_run_again_by_the_same_worker(
    key: str, client: redis.Redis, tmp_path: Path
) -> None:
    send(key)
    with worker(key, tmp_path / "log") as only:
        wait_until(lambda: client.get(f"{key}:runs") == b"1", "first run", tmp_path / "log")
        for child in only.children():
            child.kill()

        wait_until(lambda: client.get(f"{key}:done"), "the task's end", tmp_path / "log")

    assert client.get(f"{key}:runs") == b"2"
