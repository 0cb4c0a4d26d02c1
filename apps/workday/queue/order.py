"""The order of the call queue. Plain Python: what is called first, and what is left out.

Reasons in their order (domain.md, section 5):

    1 promised   a call-back that was promised is due         earliest first
    2 breach     a customer of tier A waits for a contact     longest overdue first
    3 due        a follow-up by phone or text is due          earliest first
    4 stuck      an opportunity at the two highest levels     longest at its level first
                 stands longer than four fifths did
    5 prospect   new, never reached                           best score first, then the newest
    6 recycled   back from the pool, not reached since        longest held first

A customer stands once, with the first reason that holds. Left out: whom a colleague has open, whom
anybody dialled within the last hour, whoever may not be called now, and, after “no answer”, whoever
would be called at the same time of day again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum

REDIAL = timedelta(hours=1)
# After “no answer”: within so many days not within so many minutes of the same time of day.
AVOIDED_DAYS, AVOIDED_MINUTES = 5, 60
DAY_MINUTES = 24 * 60


class Reason(IntEnum):
    """Why a customer is in the queue; the lower goes first."""

    PROMISED = 1
    BREACH = 2
    DUE = 3
    STUCK = 4
    PROSPECT = 5
    RECYCLED = 6


@dataclass(frozen=True)
class Candidate:
    """A customer (id) with a reason; of two with the same reason the lower `place` goes first.

    `source` is the id of what the reason is about: a follow-up, a breach, an opportunity.
    """

    customer: int
    reason: Reason
    place: float
    source: int | None = None


@dataclass(frozen=True)
class Dialled:
    """The last outgoing call to a customer, by anybody."""

    at: datetime
    was_answered: bool


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each customer once, with its first reason, in the order of the queue."""
    found: dict[int, Candidate] = {}
    for one in sorted(candidates, key=lambda one: (one.reason, one.place, one.customer)):
        found.setdefault(one.customer, one)
    return list(found.values())


def is_resting(last: Dialled | None, now: datetime, zone: tzinfo) -> bool:
    """Whether the customer is left alone now: just dialled, or no answer at this time of day.

    No answer on Monday at 10:00: not again before 11:00, and until Saturday not between 9:00 and
    11:00 of the customer's clock.
    """
    if last is None:
        return False
    if now - last.at < REDIAL:
        return True
    if last.was_answered or now - last.at >= timedelta(days=AVOIDED_DAYS):
        return False
    return minutes_apart(last.at.astimezone(zone), now.astimezone(zone)) < AVOIDED_MINUTES


def minutes_apart(one: datetime, other: datetime) -> int:
    """Minutes between two times of day, the short way round the clock: 23:30 and 0:15 are 45 apart."""
    apart = abs((one.hour * 60 + one.minute) - (other.hour * 60 + other.minute))
    return min(apart, DAY_MINUTES - apart)
