"""Embedded PostgreSQL and Valkey (placeholder until the servers are wired in)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def database_url(home: Path) -> str:
    return f"postgresql://postgres@/salesteam?host={home / 'postgres' / 'socket'}"


def redis_url(home: Path) -> str:
    return f"redis+socket://{home / 'valkey' / 'valkey.sock'}"


@contextmanager
def servers_for(argv: list[str]) -> Iterator[None]:
    yield
