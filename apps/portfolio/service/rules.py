"""What a tier's policy asks of one customer, and how far it is kept. Plain arithmetic.

Clocks of days (contact, visit):

    starts on   max(day of the last contact | visit, day since which the owner has the customer,
                    day on which the customer rose to its tier)
    due on      starts on + allowed days            the last day that is in time
    overdue     day − due on, where above zero

The clock is the customer's; a breach is the owner's of the day. So a new owner gets the whole gap
from the day on which they got the customer, and what was missed before stays with whom it was.
A better tier promises more from the day on which it applies; a lower one starts no clock anew.

The clock of the first response runs in business hours (`apps.portfolio.service.clock`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from apps.portfolio.service.clock import BusinessHours, due_at, hours_used

SOON_DAYS = 3


@dataclass(frozen=True)
class DayClock:
    """A clock that counts days, as of a day. Worked: 1 March, 14 days, 20 March: 5 days overdue."""

    starts_on: date
    allowed: int
    as_of: date

    @property
    def used(self) -> int:
        """Days since it started; 0 where it starts later."""
        return max((self.as_of - self.starts_on).days, 0)

    @property
    def due_on(self) -> date:
        """The last day in time."""
        return self.starts_on + timedelta(days=self.allowed)

    @property
    def left(self) -> int:
        """Days until it is due: 0 on the day itself, below zero where overdue."""
        return (self.due_on - self.as_of).days

    @property
    def overdue(self) -> int:
        return max(-self.left, 0)

    @property
    def since_on(self) -> date:
        """The first day that is too late."""
        return self.due_on + timedelta(days=1)


def day_clock(
    *, done_on: date | None, held_on: date, allowed: int | None, as_of: date
) -> DayClock | None:
    """The clock of a contact or a visit; None where the policy asks for none."""
    if allowed is None:
        return None
    starts_on = held_on if done_on is None else max(done_on, held_on)
    return DayClock(starts_on, allowed, as_of)


class ResponseState(StrEnum):
    """What became of a first response."""

    RUNNING = "running"
    IN_TIME = "in_time"
    LATE = "late"
    # Another owner got the lead before it was due: nobody's failure.
    PASSED_ON = "passed_on"


@dataclass(frozen=True)
class ResponseClock:
    """The first response to a lead; `used` in business time until the answer, or until now."""

    starts_at: datetime
    due_at: datetime
    allowed: timedelta
    used: timedelta
    state: ResponseState

    @property
    def allowed_hours(self) -> int:
        return self.allowed // timedelta(hours=1)

    @property
    def hours(self) -> Decimal:
        """Business hours used."""
        return Decimal(self.used // timedelta(seconds=1)) / 3600


def response_clock(
    *,
    starts_at: datetime,
    allowed_hours: int,
    answered_at: datetime | None,
    passed_on_at: datetime | None,
    now: datetime,
    hours: BusinessHours,
) -> ResponseClock:
    """The clock of a lead since `starts_at`: ends with the answer, else at the hand-over, else now.

    In time while it has run no longer than allowed: what is due when the firm closes may be answered
    until it opens again. An answer after the hand-over is the next owner's.

    Got on Friday 17:00, 4 hours, answered on Monday 11:00: 3 h used, in time.
    """
    if answered_at is not None and passed_on_at is not None and answered_at >= passed_on_at:
        answered_at = None
    ends = min(instant for instant in (answered_at, passed_on_at, now) if instant is not None)
    allowed = timedelta(hours=allowed_hours)
    used = hours_used(starts_at, ends, hours)
    is_answered = answered_at is not None and answered_at <= now
    is_passed_on = passed_on_at is not None and passed_on_at <= now
    if used > allowed:
        state = ResponseState.LATE
    elif is_answered:
        state = ResponseState.IN_TIME
    else:
        state = ResponseState.PASSED_ON if is_passed_on else ResponseState.RUNNING
    return ResponseClock(starts_at, due_at(starts_at, allowed, hours), allowed, used, state)


def is_allowed(channel: str, channels: Sequence[str]) -> bool:
    """Whether the policy lets us use a channel: one that names none allows each."""
    return not channels or channel in channels
