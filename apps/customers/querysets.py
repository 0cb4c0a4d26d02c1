"""Which customers and contacts a person may see."""

from typing import Any, Self

from django.db import models

from apps.core.paging import list_fetch_mode
from apps.members.models import Member
from apps.members.querysets import Viewer, access_role


class CustomerQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Own customers and the pool; a lead's subtree; everything for those who see all."""
        role = access_role(user)
        if role is None:
            return self.none()
        if role.sees_all_customers:
            return self.all()
        if role.sees_own_customers:
            # Ids, not a subquery: beside “no owner” a subquery would keep the index from serving.
            owners = [user.pk]
            if role.leads:
                owners = list(Member.objects.visible_to(user).values_list("pk", flat=True))
            return self.filter(models.Q(owner__isnull=True) | models.Q(owner__in=owners))
        return self.none()

    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("owner").fetch_mode(list_fetch_mode())


class ContactQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Contacts of the customers that the person may see."""
        from apps.customers.models import Customer

        return self.filter(customer__in=Customer.objects.visible_to(user).values("pk"))
