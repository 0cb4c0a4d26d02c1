"""Reads of the opportunity pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from heapq import merge
from typing import Any

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import ngettext

from apps.core.formats import number
from apps.customers.models import Customer
from apps.funnel.models import Level, LevelChange, Opportunity, Outcome, OwnerChange, State
from apps.members.querysets import Viewer

PANEL_ROWS = 10


@dataclass(frozen=True)
class OpportunityRow:
    """An opportunity as a list prints it: as it stands, or as it stood at the end of a day.

    `days_at_level` is None for what is closed; with `is_since_dated` False it is the number of days
    that it is known to have stood there at least.
    """

    opportunity: Opportunity
    level: Level
    state: State
    owner: str
    team: str
    value: Decimal | None
    days_at_level: int | None
    is_since_dated: bool


def opportunity_rows(
    found: Sequence[Any], day: date, *, as_of: date | None
) -> list[OpportunityRow]:
    """Rows of `for_list()`; with `as_of`, those of `at_level_on(as_of).with_holders_on()` too.

    `day` is today.
    """
    undated = set(
        LevelChange.objects.order_by()
        .filter(opportunity__in=[row.pk for row in found], is_dated=False)
        .values_list("opportunity_id", "on")
    )
    levels = Level.objects.in_bulk({row.level_on_id for row in found}) if as_of else {}
    rows = []
    for row in found:
        since = row.since_on if as_of else row.level_since_on
        is_open = bool(as_of) or row.state == State.OPEN
        rows.append(
            OpportunityRow(
                opportunity=row,
                level=levels[row.level_on_id] if as_of else row.level,
                state=State.OPEN if as_of else State(row.state),
                owner=row.owner_on_name if as_of else row.owner.name,
                team=row.team_on_name if as_of else row.team.name,
                value=row.value_on if as_of else row.value,
                days_at_level=((as_of or day) - since).days if is_open else None,
                is_since_dated=(row.pk, since) not in undated,
            )
        )
    return rows


@dataclass(frozen=True)
class LevelStep:
    """A level of the pipeline on the opportunity's page.

    `reached_on` is the day on which it last stood there. Without one it was passed over
    (`is_passed`: a jump or a win went past it), or it lies below the level at which the record
    begins (`is_before`), or it was never reached.
    """

    level: Level
    reached_on: date | None
    is_current: bool
    is_passed: bool
    is_before: bool

    @property
    def is_done(self) -> bool:
        return self.is_passed or (self.reached_on is not None and not self.is_current)


def history_of(opportunity: Opportunity) -> list[LevelChange]:
    """Every level change, the latest first."""
    changes = LevelChange.objects.filter(opportunity=opportunity)
    return list(
        changes.select_related("from_level", "to_level", "by", "owner").order_by(
            "-on", "-at", "-pk"
        )
    )


def timeline_of(
    opportunity: Opportunity, history: Sequence[LevelChange]
) -> list[LevelChange | OwnerChange]:
    """The level changes (`history_of`) and the owner changes together, the latest first."""
    hands = OwnerChange.objects.filter(opportunity=opportunity).order_by("-on", "-at", "-pk")
    named = hands.select_related("from_owner", "from_team", "to_owner", "to_team", "by")
    return list(merge(history, named, key=lambda change: (change.on, change.at), reverse=True))


def level_steps(opportunity: Opportunity, history: Sequence[LevelChange]) -> list[LevelStep]:
    """The pipeline's levels as the history, the latest change first, went through them."""
    current = opportunity.level
    reached: dict[int | None, date] = {}
    for change in history:
        reached.setdefault(change.to_level_id, change.on)
    first = min((c.to_level.rank for c in history if c.to_level), default=current.rank)
    return [
        LevelStep(
            level=level,
            reached_on=reached.get(level.pk),
            is_current=level.pk == current.pk,
            is_passed=level.pk not in reached and any(_went_past(c, level) for c in history),
            is_before=level.rank < first,
        )
        for level in Level.objects.filter(pipeline=current.pipeline_id).order_by("rank")
    ]


def _went_past(change: LevelChange, level: Level) -> bool:
    """Whether a step upwards, or the win, left the level out."""
    if change.from_level is None or change.from_level.rank >= level.rank:
        return False
    if change.to_level is not None:
        return change.to_level.rank > level.rank
    return change.outcome == Outcome.WON


@dataclass(frozen=True)
class CustomerPanel:
    """The opportunities at one customer that the reader sees; `value` is that of the open ones."""

    rows: list[OpportunityRow]
    open: int
    won: int
    lost: int
    value: Decimal | None
    longest_days: int | None


def customer_panel(customer: Customer, user: Viewer, day: date) -> CustomerPanel:
    seen = Opportunity.objects.visible_to(user).filter(customer=customer)
    is_open = Q(state=State.OPEN)
    sums = seen.aggregate(
        open=Count("pk", filter=is_open),
        won=Count("pk", filter=Q(state=Outcome.WON)),
        lost=Count("pk", filter=Q(state=Outcome.LOST)),
        since=Min("level_since_on", filter=is_open),
        value=Sum("value", filter=is_open),
    )
    first = seen.for_list().filter(is_open).order_by("-level__rank", "level_since_on", "pk")
    rows = opportunity_rows(list(first[:PANEL_ROWS]), day, as_of=None)
    since: date | None = sums.pop("since")
    return CustomerPanel(rows=rows, longest_days=(day - since).days if since else None, **sums)


def reason_to_keep_customer(customer: Customer) -> str:
    """Why a customer can't be deleted: open opportunities. Empty where there are none."""
    count = Opportunity.objects.filter(customer=customer, state=State.OPEN).count()
    if not count:
        return ""
    return ngettext(
        "%(count)s opportunity with this customer is still open: close it or give it to another"
        " customer first.",
        "%(count)s opportunities with this customer are still open: close them or give them to"
        " another customer first.",
        count,
    ) % {"count": number(count)}
