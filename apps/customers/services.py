"""Every change of a customer's owner: one door for claims, transfers, imports and hand-overs."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.customers.models import Customer, CustomerOwnerChangeKind
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
UPDATE customers_customer c SET owner_id = w.owner_id FROM wanted w WHERE c.id = w.id
"""


class CannotReceive(DomainError):  # noqa: N818 - named for what is the case
    """The member can't be given customers or opportunities."""


def receiver_held(member: Member) -> Member:
    """The member, kept from leaving until this transaction ends; refused if they can't receive."""
    held: Member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not held.is_active:
        raise CannotReceive(_("%(member)s has left: choose somebody else.") % {"member": held})
    return held


def receivers_held(members: Iterable[Member]) -> None:
    """The same for several; they also need a role that owns customers."""
    for member in sorted(set(members), key=lambda one: one.pk):
        if receiver_held(member).role.writes(RecordKind.SALES) is Reach.NONE:
            raise CannotReceive(
                _("%(member)s has a role that owns no customers: choose somebody else.")
                % {"member": member}
            )


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
    """`customers_assign` with an owner for each customer (by id): one entry of the audit trail."""
    receivers_held(owner for owner in owners.values() if owner is not None)
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=list(owners))
    held = rows.order_by("pk").values_list("pk", "owner")
    wanted = {pk: owner.pk if owner else None for pk, owner in owners.items()}
    changed = [pk for pk, owner in held if wanted[pk] != owner]
    if not changed:
        return 0
    at = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            HAND_OVER,
            {
                "customers": changed,
                "owners": [wanted[pk] for pk in changed],
                "on": Organisation.current().day_of(at),
                "at": at,
                "by": by.pk if by else None,
                "kind": str(kind),
                "reason": reason,
            },
        )
    receivers = {owners[pk] for pk in changed}
    audit_record(
        by=by,
        action="customer.assign",
        record=Customer,
        rows=changed,
        # One receiver is named by the entry; several stand in the customers' own histories.
        changes={"owner": [None, receivers.pop()]} if len(receivers) == 1 else None,
        count=len(changed),
        kind=str(kind),
        reason=reason,
    )
    return len(changed)
