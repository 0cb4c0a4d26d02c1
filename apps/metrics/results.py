"""What the selectors answer: plain frozen values, money as Decimal, `None` for “no data”."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from apps.funnel.models import Level
from apps.members.models import Member, Team


@dataclass(frozen=True)
class Scope:
    """Whose figures: everyone's, those of a team with all below it, or one member's own.

    `team_ids` lists the subtree of a team scope, else it is None. A manager of several separate
    teams has a team scope without a single `team`; a member scope names in `team` where the
    member belongs now.
    """

    kind: Literal["all", "team", "member"]
    label: str
    team: Team | None = None
    member: Member | None = None
    team_ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Revenue:
    """Value of the orders of a period; None where no order was ever recorded up to its end."""

    value: Decimal | None
    orders: int
    average: Decimal | None


@dataclass(frozen=True)
class LevelStock:
    """Open opportunities at a level; `value` sums the `value_n` of them that have one."""

    level: Level
    count: int
    value: Decimal | None
    value_n: int


@dataclass(frozen=True)
class Closed:
    """Opportunities won and lost in a period; `won_value` is None where none of them has one."""

    won: int
    won_value: Decimal | None
    lost: int


@dataclass(frozen=True)
class LevelConversion:
    """Conversion and dwell time of a level; rates from 0 to 1, days as fractions of days.

    `entered` counts the entries of the window, `ups` and `lost` those resolved by `as_of`. `rate`
    is raw, `low`–`high` its 95 % Wilson interval, `leaning` the rate that planning uses.
    """

    level: Level
    entered: int
    ups: int
    lost: int
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
    leaning: Decimal | None
    dwell_n: int
    dwell_median_days: Decimal | None
    dwell_p80_days: Decimal | None
    as_of: date

    @property
    def resolved(self) -> int:
        """The n behind the rate."""
        return self.ups + self.lost


@dataclass(frozen=True)
class WeekPoint:
    """An ISO week; revenue and orders are None before the scope's first order."""

    year: int
    week: int
    start: date
    revenue: Decimal | None
    orders: int | None


@dataclass(frozen=True)
class MemberRow:
    """A member's period; `team` is where the member belongs at its end (None: nowhere now)."""

    member: Member
    team: Team | None
    revenue: Decimal
    orders: int
    won: int
    lost: int
    win_rate: Decimal | None
    previous_revenue: Decimal | None


@dataclass(frozen=True)
class MemberCount:
    """Reps of a scope, and how many of them never had an opportunity."""

    total: int
    without_opportunity: int


@dataclass(frozen=True)
class Totals:
    """The key figures of a period beside those of the period before, read at once.

    `live_days` counts the period's days that the overnight run has yet to compute (again): their
    figures were read from the source. `without_customer` counts the opportunities of the scope, of
    any time, open and closed, that an import kept although no customer was named.
    """

    revenue: Revenue
    closed: Closed
    previous_revenue: Revenue
    previous_closed: Closed
    live_days: int
    without_customer: int
