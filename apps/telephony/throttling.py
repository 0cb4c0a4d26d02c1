"""How much a phone system may send, and how often an address may fail to sign."""

from django.core.cache import cache
from django.utils import timezone

# A call has three events: as many as 400 calls begin in one minute.
MOST_EVENTS_A_MINUTE = 1200
MOST_FAILURES_A_MINUTE = 30
MINUTE_SECONDS = 60


def counted(what: str, whose: str) -> int:
    """Count one more within this minute; how many there are now."""
    key = _key(what, whose)
    cache.add(key, 0, 2 * MINUTE_SECONDS)
    return int(cache.incr(key))


def count_of(what: str, whose: str) -> int:
    """How many were counted within this minute."""
    return int(cache.get(_key(what, whose), 0))


def _key(what: str, whose: str) -> str:
    minute = int(timezone.now().timestamp()) // MINUTE_SECONDS
    return f"phone-{what}:{whose}:{minute}"
