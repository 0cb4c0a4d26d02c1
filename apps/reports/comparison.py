"""Like for like: which days of the previous period stand beside those of a period."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Comparison:
    """The days of a period that count, and the days they are compared with; all inclusive.

    `is_partial` says that the period still runs, so that only its first days count.
    """

    start: date
    end: date
    previous_start: date
    previous_end: date
    is_partial: bool

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def previous(self) -> tuple[date, date]:
        return self.previous_start, self.previous_end


def compare(
    *, start: date, end: date, previous_start: date, previous_end: date, today: date
) -> Comparison:
    """Beside a whole period the whole one before it; beside a running one as many first days.

    `start`–`end` and `previous_start`–`previous_end` are the two periods, `today` the day up to
    which figures exist. Where the previous period is shorter than the days that have passed, all
    of it counts. A period is whole from its last day on.

    Worked: on 19 November, 1–19 November stands beside 1–19 October.
    """
    if not start <= today < end:
        return Comparison(start, end, previous_start, previous_end, is_partial=False)
    same_day = previous_start + (today - start)
    return Comparison(start, today, previous_start, min(same_day, previous_end), is_partial=True)
