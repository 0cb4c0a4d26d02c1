"""Every change of a customer's owner: one door for claims, transfers, imports and hand-overs.

The rules hold for every way of changing (`apps.customers.holding` counts): receivers are locked before
they are counted, so that two changes at the same moment never add up to more than the limits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.customers.holding import Change, refusals
from apps.customers.models import Customer, CustomerOwnerChangeKind
from apps.customers.writing import CustomerGone
from apps.members.models import Member
from apps.members.roles import Reach, RecordKind

# One statement: the change is recorded with the owner that the same statement replaces.
HAND_OVER = """
WITH wanted AS (
  SELECT * FROM unnest(%(customers)s::bigint[], %(owners)s::bigint[]) AS wanted (id, owner_id)
), recorded AS (
  INSERT INTO customers_customerownerchange
    (customer_id, from_owner_id, to_owner_id, "on", at, by_id, kind, reason, is_sample, recorded_at)
  SELECT c.id, c.owner_id, w.owner_id, %(on)s, %(at)s, %(by)s, %(kind)s, %(reason)s, c.is_sample,
         now()
  FROM wanted w JOIN customers_customer c USING (id)
)
UPDATE customers_customer c
SET owner_id = w.owner_id, held_since = CASE WHEN w.owner_id IS NULL THEN NULL ELSE %(at)s END,
    hold_ends_on = NULL
FROM wanted w WHERE c.id = w.id
"""


class CannotReceive(DomainError):  # noqa: N818 - named for what is the case
    """The member can't be given customers or opportunities."""


@dataclass(frozen=True)
class Spread:
    """What came of a hand-over that takes what is allowed: by customer (id)."""

    # Who owned it before; None: it was in the pool.
    changed: dict[int, int | None]
    refused: dict[int, DomainError]


def receiver_held(member: Member) -> Member:
    """The member, kept from leaving until this transaction ends; refused if they can't receive."""
    held: Member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    _check_active(held)
    return held


def receivers_held(members: Iterable[Member]) -> None:
    """The same for several; they also need a role that owns customers."""
    for problem in _held(members).values():
        raise problem


@transaction.atomic
def customers_assign(
    *,
    customers: QuerySet[Customer] | Iterable[int],
    to: Member | None,
    reason: str,
    kind: CustomerOwnerChangeKind,
    by: Member | None,
    at: datetime | None = None,
) -> int:
    """Give customers (rows or ids) to a member, or with None to the pool; how many changed owner.

    Those that are theirs already stay as they are. Rows are locked in the order of their keys.
    """
    is_rows = isinstance(customers, QuerySet)
    ids: Iterable[int] = customers.values_list("pk", flat=True) if is_rows else customers  # type: ignore[union-attr, assignment]
    owners = dict.fromkeys(ids, to)
    return customers_spread(owners=owners, reason=reason, kind=kind, by=by, at=at)


@transaction.atomic
def customers_spread(
    *,
    owners: Mapping[int, Member | None],
    reason: str,
    kind: CustomerOwnerChangeKind,
    by: Member | None,
    at: datetime | None = None,
) -> int:
    """`customers_assign` with an owner for each customer (by id): one entry of the audit trail.

    Everything or nothing.

    Raises:
        CannotReceive: a receiver has left or has a role that owns no customers.
        ProspectsFull, ClaimsSpent, CoolingDown: a limit of the receiver stands against it.
        AlreadyHeld: somebody was faster with a claim.
    """
    at = at or timezone.now()
    for problem in _held(owner for owner in owners.values() if owner is not None).values():
        raise problem
    rows = _rows_held(owners)
    change = Change(rows, owners, kind, Organisation.current().day_of(at))
    for refusal in refusals(change).values():
        raise refusal
    return len(_hand_over(change, reason=reason, by=by, at=at))


@transaction.atomic
def customers_spread_allowed(
    *,
    owners: Mapping[int, Member | None],
    reason: str,
    kind: CustomerOwnerChangeKind,
    by: Member | None,
    at: datetime | None = None,
) -> Spread:
    """`customers_spread` that takes what is allowed and says of each other customer why not.

    Where a limit leaves room for some only, the first of `owners` are taken.
    """
    at = at or timezone.now()
    problems = _held(owner for owner in owners.values() if owner is not None)
    possible = {pk: to for pk, to in owners.items() if to is None or to.pk not in problems}
    rows = _rows_held(possible)
    refused: dict[int, DomainError] = {
        pk: problems[to.pk] for pk, to in owners.items() if to is not None and to.pk in problems
    }
    gone = CustomerGone(_("It was deleted or merged meanwhile."))
    refused |= {pk: gone for pk in possible if pk not in rows}
    day = Organisation.current().day_of(at)
    against = refusals(Change(rows, possible, kind, day))
    refused |= against
    allowed = {pk: to for pk, to in possible.items() if pk in rows and pk not in against}
    change = Change({pk: rows[pk] for pk in allowed}, allowed, kind, day)
    return Spread(_hand_over(change, reason=reason, by=by, at=at), refused)


def _check_active(member: Member) -> None:
    if not member.is_active:
        raise CannotReceive(_("%(member)s has left: choose somebody else.") % {"member": member})


def _held(members: Iterable[Member]) -> dict[int, CannotReceive]:
    """Lock the receivers, in the order of their keys; who can't receive, and why."""
    wanted = {member.pk for member in members}
    if not wanted:
        return {}
    rows = Member.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    problems = {}
    for member in rows:
        try:
            _check_active(member)
        except CannotReceive as problem:
            problems[member.pk] = problem
            continue
        if member.role.writes(RecordKind.SALES) is Reach.NONE:
            words = _("%(member)s has a role that owns no customers: choose somebody else.")
            problems[member.pk] = CannotReceive(words % {"member": member})
    return problems


def _rows_held(owners: Iterable[int]) -> dict[int, Customer]:
    """The customers that still exist, locked in the order of their keys."""
    rows = Customer.objects.select_for_update(no_key=True).alive().filter(pk__in=list(owners))
    return {row.pk: row for row in rows.only("owner_id", "last_ordered_on").order_by("pk")}


def _hand_over(
    change: Change, *, reason: str, by: Member | None, at: datetime
) -> dict[int, int | None]:
    """Record and change; who owned each of those that changed."""
    before = {pk: change.rows[pk].owner_id for pk in change.moving}
    if not before:
        return {}
    wanted = [change.owners[pk] for pk in before]
    with connection.cursor() as cursor:
        cursor.execute(
            HAND_OVER,
            {
                "customers": list(before),
                "owners": [to.pk if to else None for to in wanted],
                "on": change.on,
                "at": at,
                "by": by.pk if by else None,
                "kind": str(change.kind),
                "reason": reason,
            },
        )
    receivers = set(wanted)
    audit_record(
        by=by,
        action="customer.assign",
        record=Customer,
        rows=before,
        # One receiver is named by the entry; several stand in the customers' own histories.
        changes={"owner": [None, receivers.pop()]} if len(receivers) == 1 else None,
        count=len(before),
        kind=str(change.kind),
        reason=reason,
    )
    return before
