"""Two reps never reach the same customer: who opens one to call has it until the lease ends.

take ──▶ runs for TERM; taking again lengthens it ──▶ release, or the end comes by itself
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.customers.models import Customer
from apps.members.models import Member
from apps.workday.models import Lease

# The page renews while it is open; a browser that is gone frees the customer after this.
TERM = timedelta(minutes=10)

# One statement, so that of two who take at once one has it and the other reads who.
TAKE = """
INSERT INTO workday_lease AS held (customer_id, member_id, taken_at, expires_at)
VALUES (%(customer)s, %(member)s, %(now)s, %(end)s)
ON CONFLICT (customer_id) DO UPDATE
SET member_id = excluded.member_id, expires_at = excluded.expires_at,
    taken_at = CASE WHEN held.member_id = excluded.member_id THEN held.taken_at
                    ELSE excluded.taken_at END
WHERE held.member_id = excluded.member_id OR held.expires_at <= %(now)s
RETURNING member_id
"""


class LeasedAlready(DomainError):  # noqa: N818 - named for what is the case
    """A colleague has the customer open."""


def lease_take(*, customer: Customer, member: Member, now: datetime | None = None) -> datetime:
    """Keep the customer for the member, or keep it longer; when that ends.

    Permission to call was asked before. Raises LeasedAlready, with the colleague's name.
    """
    now = now or timezone.now()
    if _taken(customer.pk, member, now):
        return now + TERM
    lease = Lease.objects.select_related("member").filter(customer=customer).first()
    if lease is None:
        # Let go of in this very moment.
        return lease_take(customer=customer, member=member, now=now)
    raise LeasedAlready(
        _("%(member)s has %(customer)s open: take the next one.")
        % {"member": lease.member, "customer": customer}
    )


def lease_take_first(
    *, customers: Iterable[int], member: Member, now: datetime | None = None
) -> int | None:
    """The first of these customers (ids) that nobody else has, now kept for the member; else None."""
    now = now or timezone.now()
    return next((pk for pk in customers if _taken(pk, member, now)), None)


def _taken(customer: int, member: Member, now: datetime) -> bool:
    values: dict[str, Any] = {
        "customer": customer,
        "member": member.pk,
        "now": now,
        "end": now + TERM,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        return cursor.fetchone() is not None


def lease_release(*, customer: Customer, member: Member) -> None:
    """Let go of the customer; somebody else's lease stays."""
    Lease.objects.filter(customer=customer, member=member).delete()
