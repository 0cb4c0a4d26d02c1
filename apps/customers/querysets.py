"""Which customers and contacts a person may see."""

from typing import Any, Self

from django.db import models

from apps.core.paging import list_fetch_mode
from apps.members.models import Member
from apps.members.querysets import Viewer, reads, reads_contact_data, writes
from apps.members.roles import Reach, RecordKind


class CustomerQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Own customers and the pool; a lead's subtree; everything for those who see all."""
        reach = reads(user, RecordKind.SALES)
        return self._within(user, reach, models.Q(owner__isnull=True))

    def editable_by(self, user: Viewer) -> Self:
        """The same without the pool: who wants to change a customer of the pool takes it first.

        Who changes everything may change those of the pool too.
        """
        return self._within(user, writes(user, RecordKind.SALES), models.Q())

    def _within(self, user: Viewer, reach: Reach, also: models.Q) -> Self:
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.NONE:
            return self.none()
        # Ids, not a subquery: beside “no owner” a subquery would keep the index from serving.
        owners = [user.pk]
        if reach is Reach.SUBTREE:
            owners = list(Member.objects.visible_to(user).values_list("pk", flat=True))
        return self.filter(also | models.Q(owner__in=owners))

    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("owner").fetch_mode(list_fetch_mode())


class ContactQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Contacts of the customers that the person may see."""
        from apps.customers.models import Customer

        return self._at(Customer.objects.visible_to(user))

    def editable_by(self, user: Viewer) -> Self:
        """Contacts of the customers that the person may change."""
        from apps.customers.models import Customer

        return self._at(Customer.objects.editable_by(user))

    def reachable_by(self, user: Viewer) -> Self:
        """Contacts that the person sees with phone and email: the ones to look for by these."""
        return self.visible_to(user) if reads_contact_data(user) else self.none()

    def _at(self, customers: models.QuerySet[Any]) -> Self:
        return self.filter(customer__in=customers.order_by().values("pk"))


class OfCustomerQuerySet(models.QuerySet[Any]):
    """Rows about a customer, seen by those who see the customer."""

    def visible_to(self, user: Viewer) -> Self:
        from apps.customers.models import Customer

        return self.filter(customer__in=Customer.objects.visible_to(user).values("pk"))
