"""Many at the same moment, on connections of their own. For tests with `transaction=True`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from django.db import connection

from apps.core.errors import DomainError


def together(tasks: Sequence[Callable[[], object]]) -> list[str]:
    """Run all at once, in threads with a connection each; what each was refused with."""
    barrier = Barrier(len(tasks))
    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(partial(_answer, barrier=barrier), tasks))


def _answer(task: Callable[[], object], barrier: Barrier) -> str:
    try:
        connection.ensure_connection()
        barrier.wait(timeout=60)
        task()
    except DomainError as refusal:
        return str(refusal.message)
    finally:
        connection.close()
    return ""
