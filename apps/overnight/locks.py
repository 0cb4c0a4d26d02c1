"""One overnight run at a time, whichever machine starts it.

The lock belongs to the database session: it ends with the process that holds it, however that ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Any fixed number that no other advisory lock of the product has.
KEY = 72_018_0200
# pg_locks shows a 64-bit key as its two halves.
HELD = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
  AND classid = 0 AND objid = %s AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


@contextmanager
def run_lock() -> Iterator[bool]:
    """Hold the lock if nobody does; yields whether it is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [KEY])
        (is_held,) = cursor.fetchone() or (False,)
    try:
        yield bool(is_held)
    finally:
        if is_held:
            _release()


def _release() -> None:
    # After a lost connection the lock is gone with it.
    if connection.connection is None or connection.connection.closed:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])


def is_locked() -> bool:
    """Whether any session works on a run at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [KEY])
        (is_held,) = cursor.fetchone() or (False,)
    return bool(is_held)
