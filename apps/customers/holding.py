"""The limits of holding customers, counted for receivers that are locked already.

Each refusal says the numbers and what is possible instead.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError
from apps.core.formats import day_short
from apps.customers.models import (
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    HoldingLimits,
)
from apps.members.models import Member


class AlreadyHeld(DomainError):  # noqa: N818 - named for what is the case
    """Somebody has the customer already."""


class ProspectsFull(DomainError):  # noqa: N818 - named for what is the case
    """The receiver holds as many prospects as the limit allows."""


class ClaimsSpent(DomainError):  # noqa: N818 - named for what is the case
    """The member has claimed as many customers today as the limit allows."""


class CoolingDown(DomainError):  # noqa: N818 - named for what is the case
    """The receiver lost the customer to the pool a short while ago."""


@dataclass(frozen=True)
class Change:
    """Customers (locked, by id) with the owners that they shall have, on a day."""

    rows: Mapping[int, Customer]
    owners: Mapping[int, Member | None]
    kind: CustomerOwnerChangeKind
    on: date

    @cached_property
    def moving(self) -> list[int]:
        """Those whose owner would change, in the order given."""
        wanted = ((pk, to.pk if to else None) for pk, to in self.owners.items())
        return [pk for pk, to in wanted if pk in self.rows and self.rows[pk].owner_id != to]

    def moving_to(self) -> dict[int, Member]:
        """Those of them that get an owner."""
        pairs = ((pk, self.owners[pk]) for pk in self.moving)
        return {pk: to for pk, to in pairs if to is not None}

    def is_prospect(self, pk: int) -> bool:
        return self.rows[pk].last_ordered_on is None


@dataclass(frozen=True)
class Holding:
    """How much a member holds and took, of how much they may; a limit of None: as much as wanted."""

    prospects: int
    most_prospects: int | None
    claims: int
    most_claims: int | None

    @property
    def prospects_left(self) -> int | None:
        return _left(self.prospects, self.most_prospects)

    @property
    def claims_left(self) -> int | None:
        return _left(self.claims, self.most_claims)


def holding_of(member: Member, on: date) -> Holding:
    """What the member holds now, and what they claimed on the day."""
    limits = HoldingLimits.current()
    return Holding(
        prospects=prospects_held([member.pk]).get(member.pk, 0),
        most_prospects=limits.held_prospects,
        claims=claims_on(on, [member.pk]).get(member.pk, 0),
        most_claims=limits.claims_a_day,
    )


def refusals(change: Change) -> dict[int, DomainError]:
    """Customer (id) → why it can't pass to its new owner; those that may are not in it.

    Undoing a merge gives back what was: no limit stands against it.
    """
    if change.kind == CustomerOwnerChangeKind.UNMERGE or not change.moving_to():
        return {}
    limits = HoldingLimits.current()
    refused: dict[int, DomainError] = {}
    for against in (
        _held_by_others(change),
        _cooling(change, limits.cool_down_days),
        # Room goes to those that nothing else stands against.
        _too_many_claims(change, limits.claims_a_day, refused),
        _too_many_prospects(change, limits.held_prospects, refused),
    ):
        for pk, refusal in against:
            refused.setdefault(pk, refusal)
    return refused


def prospects_held(members: Iterable[int]) -> dict[int, int]:
    """Member (id) → customers of theirs that never ordered."""
    rows = Customer.objects.alive().filter(owner__in=list(members), last_ordered_on__isnull=True)
    return dict(rows.order_by().values_list("owner").annotate(n=Count("pk")))


def claims_on(day: date, members: Iterable[int]) -> dict[int, int]:
    """Member (id) → customers that they claimed on the day."""
    rows = CustomerOwnerChange.objects.filter(
        kind=CustomerOwnerChangeKind.CLAIM, to_owner__in=list(members), on=day
    )
    return dict(rows.order_by().values_list("to_owner").annotate(n=Count("pk")))


def losses(
    customers: Iterable[int], members: Iterable[int], since: date
) -> dict[tuple[int, int], date]:
    """(Customer, member) → the last day on which the member lost it to the pool, after `since`."""
    rows = CustomerOwnerChange.objects.filter(
        customer__in=list(customers),
        from_owner__in=list(members),
        to_owner__isnull=True,
        on__gt=since,
    )
    found = rows.order_by().values_list("customer", "from_owner").annotate(last=Max("on"))
    return {(customer, member): last for customer, member, last in found}


type Refusals = Iterator[tuple[int, DomainError]]


def _left(used: int, most: int | None) -> int | None:
    return None if most is None else max(most - used, 0)


def _held_by_others(change: Change) -> Refusals:
    """Claims take from the pool alone: the loser of a race hears who has it."""
    if change.kind != CustomerOwnerChangeKind.CLAIM:
        return
    owners = {pk: change.rows[pk].owner_id for pk in change.moving_to()}
    names = Member.objects.in_bulk({owner for owner in owners.values() if owner is not None})
    for pk, owner in owners.items():
        if owner is not None:
            yield pk, AlreadyHeld(_("%(member)s has it now.") % {"member": names[owner]})


def _cooling(change: Change, days: int | None) -> Refusals:
    if not days:
        return
    length = timedelta(days=days)
    wanted = change.moving_to()
    members = {to.pk for to in wanted.values()}
    lost = losses(wanted, members, change.on - length)
    for pk, to in wanted.items():
        if on := lost.get((pk, to.pk)):
            words = _(
                "%(member)s lost it to the pool on %(lost)s and can have it again from %(free)s on."
            )
            names = {"member": to, "lost": day_short(on), "free": day_short(on + length)}
            yield pk, CoolingDown(words % names)


def _too_many_claims(change: Change, most: int | None, refused: Mapping[int, object]) -> Refusals:
    if most is None or change.kind != CustomerOwnerChangeKind.CLAIM:
        return
    wanted = {pk: to for pk, to in change.moving_to().items() if pk not in refused}
    used = claims_on(change.on, {to.pk for to in wanted.values()})
    for pk, to, left in _beyond(wanted, {to: most - n for to, n in used.items()}, most):
        words = ngettext(
            "%(member)s has claimed %(used)s of %(most)s customers today: %(left)s more is possible.",
            "%(member)s has claimed %(used)s of %(most)s customers today: %(left)s more are possible.",
            left,
        )
        numbers = {"member": to, "used": used.get(to.pk, 0), "most": most, "left": left}
        yield pk, ClaimsSpent(words % numbers)


def _too_many_prospects(
    change: Change, most: int | None, refused: Mapping[int, object]
) -> Refusals:
    """Only prospects that come in count; those that go away in the same change make room."""
    if most is None:
        return
    prospects = [pk for pk in change.moving if change.is_prospect(pk) and pk not in refused]
    wanted = {pk: to for pk, to in change.moving_to().items() if pk in set(prospects)}
    held = prospects_held({to.pk for to in wanted.values()})
    beyond: dict[int, tuple[Member, int, int]] = {}
    # What is refused doesn't go away either: again, until nothing more is refused.
    while True:
        going = Counter(change.rows[pk].owner_id for pk in prospects if pk not in beyond)
        used = {to: n - going[to] for to, n in held.items()}
        rest = {pk: to for pk, to in wanted.items() if pk not in beyond}
        more = list(_beyond(rest, {to: most - n for to, n in used.items()}, most))
        beyond |= {pk: (to, used.get(to.pk, 0), left) for pk, to, left in more}
        if not more:
            break
    for pk, (to, n, left) in beyond.items():
        words = ngettext(
            "%(member)s holds %(used)s of %(most)s prospects: %(left)s more is possible.",
            "%(member)s holds %(used)s of %(most)s prospects: %(left)s more are possible.",
            left,
        )
        numbers = {"member": to, "used": n, "most": most, "left": left}
        yield pk, ProspectsFull(words % numbers)


def _beyond(
    wanted: Mapping[int, Member], room: Mapping[int, int], most: int
) -> Iterator[tuple[int, Member, int]]:
    """What comes after a receiver's room is full, with the room that there was."""
    taken: Counter[int] = Counter()
    for pk, to in wanted.items():
        left = max(room.get(to.pk, most), 0)
        taken[to.pk] += 1
        if taken[to.pk] > left:
            yield pk, to, left
