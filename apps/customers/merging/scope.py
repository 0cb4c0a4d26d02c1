"""Which customers a person may merge: what they may change, and for leads those of the pool."""

from django.db.models import Q

from apps.customers.models import Customer
from apps.customers.querysets import CustomerQuerySet
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind


def mergeable_by(user: Viewer) -> CustomerQuerySet:
    """The person's own customers; of a lead the subtree's and the pool's; everything for who writes all.

    A rep claims a customer of the pool before merging it, so that no merge is a way around the
    limits of claims.
    """
    mine: CustomerQuerySet = Customer.objects.editable_by(user)
    if writes(user, RecordKind.SALES) is not Reach.SUBTREE:
        return mine
    seen: CustomerQuerySet = Customer.objects.visible_to(user)
    return seen.filter(Q(owner__isnull=True) | Q(pk__in=mine.order_by().values("pk")))
