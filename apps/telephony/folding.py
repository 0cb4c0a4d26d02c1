"""What the events of one call add up to, whatever the order in which they came: plain Python."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

STARTED, ANSWERED, ENDED = "started", "answered", "ended"
IN, OUT = "in", "out"
# Whoever answered has the call; before that, whoever it rang for or who dialled.
SAYS_WHOSE = (ANSWERED, ENDED, STARTED)
SAYS_WHO = (STARTED, ANSWERED, ENDED)
# Longest of an activity.
MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Event:
    """One event: `at` when it happened, numbers and extension as they were sent."""

    event_id: str
    kind: str
    direction: str
    from_number: str
    to_number: str
    extension: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of a call; an instant is None as long as nobody has reported it."""

    direction: str
    raw_number: str
    extension: str
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None

    @property
    def state(self) -> str:
        if self.ended_at is not None:
            return "ended"
        return "talking" if self.answered_at is not None else "ringing"

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing but an answer, which there may never have been."""
        return self.started_at is not None and self.ended_at is not None

    @property
    def at(self) -> datetime:
        """The earliest instant that is known."""
        known = (self.started_at, self.answered_at, self.ended_at)
        return min(one for one in known if one is not None)

    @property
    def was_answered(self) -> bool:
        return self.answered_at is not None

    @property
    def talk_seconds(self) -> int | None:
        """From the answer to the end, whole seconds; None where nobody talked or still does.

        Clocks of two machines may disagree: an end before the answer is a talk of 0 seconds.
        """
        if self.answered_at is None or self.ended_at is None:
            return None
        return max(0, int((self.ended_at - self.answered_at).total_seconds()))

    @property
    def minutes(self) -> int | None:
        """The talk in minutes, rounded up: 61 seconds are 2; None where nobody talked."""
        seconds = self.talk_seconds
        return None if seconds is None else min(MOST_MINUTES, math.ceil(seconds / 60))


def facts_of(events: Collection[Event]) -> Facts:
    """What events of one call (at least one) say together, in any order and however often each.

    A call starts and is answered at the first instant reported, and ends at the last: a transfer
    reports each more than once. What events say differently is taken of the kind that knows best,
    and of that the earliest. Raises ValueError without any event.
    """
    if not events:
        raise ValueError("a call has at least one event")
    ordered = sorted(events, key=lambda one: (one.at, one.event_id))

    def told(name: str, kinds: tuple[str, ...]) -> str:
        found = (getattr(one, name) for kind in kinds for one in ordered if one.kind == kind)
        return next((text for text in found if text), "")

    def instants(kind: str) -> list[datetime]:
        return [one.at for one in ordered if one.kind == kind]

    direction = told("direction", SAYS_WHO)
    other_side = "from_number" if direction == IN else "to_number"
    return Facts(
        direction=direction,
        raw_number=told(other_side, SAYS_WHO),
        extension=told("extension", SAYS_WHOSE),
        started_at=min(instants(STARTED), default=None),
        answered_at=min(instants(ANSWERED), default=None),
        ended_at=max(instants(ENDED), default=None),
    )
