"""What changed rules would release, before anything is saved."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.members.models import Member
from apps.pool.clocks import Trigger
from apps.pool.states import Rules, State, states

DAY = timedelta(days=1)


@dataclass(frozen=True)
class OwnerLine:
    """How many customers an owner would lose, by what did not happen."""

    owner: Member
    count: int
    by_trigger: dict[Trigger, int]


@dataclass(frozen=True)
class DryRun:
    """What the nights up to the one after `last_on` take if nothing happens meanwhile.

    That is what the rules release once everybody was warned: `at_once` of them in the next night,
    which needs no further warning.
    """

    rows: Sequence[State]
    last_on: date
    at_once: int
    owners: Sequence[OwnerLine]
    by_trigger: dict[Trigger, int]

    @property
    def count(self) -> int:
        return len(self.rows)


def dry_run(rules: Rules) -> DryRun:
    today = Organisation.current().today()
    night = today + DAY
    # Whoever was not warned yet is so in the next night, and has the shortest warning from then on.
    last_on = today if rules.shortest is None else night + timedelta(days=rules.shortest)
    rows = (
        states(rules, night=night, only="goes_on <= %(last_on)s", last_on=last_on)
        if rules.is_on
        else []
    )
    return DryRun(
        rows=rows,
        last_on=last_on,
        at_once=sum(_is_over(row, today) for row in rows),
        owners=_owners(rows),
        by_trigger=_by_trigger(rows),
    )


def named(rows: Sequence[State], most: int) -> list[tuple[Customer, State]]:
    """The first of the customers that would go, the earliest first."""
    first = sorted(rows, key=lambda row: (row.goes_on or date.max, row.customer))[:most]
    customers = Customer.objects.select_related("owner").in_bulk([row.customer for row in first])
    return [(customers[row.customer], row) for row in first if row.customer in customers]


def _is_over(row: State, today: date) -> bool:
    return row.goes_on is not None and row.goes_on <= today


def _owners(rows: Sequence[State]) -> list[OwnerLine]:
    people = Member.objects.in_bulk({row.owner for row in rows})
    own: dict[int, list[State]] = {}
    for row in rows:
        own.setdefault(row.owner, []).append(row)
    lines = [OwnerLine(people[pk], len(some), _by_trigger(some)) for pk, some in own.items()]
    return sorted(lines, key=lambda line: (-line.count, line.owner.name, line.owner.pk))


def _by_trigger(rows: Sequence[State]) -> dict[Trigger, int]:
    found = Counter(row.trigger for row in rows if row.trigger is not None)
    return {trigger: found[trigger] for trigger in Trigger}
