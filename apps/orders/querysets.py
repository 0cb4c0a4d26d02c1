"""Which orders a person may see, and how a list loads them."""

from typing import Self

from django.db.models import Exists, OuterRef, Q

from apps.core.paging import list_fetch_mode
from apps.customers.models import Customer
from apps.funnel.querysets import ScopedByTeamQuerySet
from apps.members.querysets import Viewer


class OrderQuerySet(ScopedByTeamQuerySet):
    owner_field = "member"

    def named_like(self, text: str) -> Self:
        """The number begins with the text or the customer's name contains it; an index for each."""
        rows = self.model._default_manager.order_by()
        customers = Customer.objects.filter(name__icontains=text).order_by().values("pk")
        beginning = Q(number__startswith=text) | Q(number__startswith=text.upper())
        found = rows.filter(customer__in=customers).values("pk")
        return self.filter(pk__in=found.union(rows.filter(beginning).values("pk")))

    def for_list(self, user: Viewer) -> Self:
        """What a row of a list prints; `customer_is_visible` says whether it may link there."""
        shown = Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer_id")))
        return (
            self.select_related("customer", "member", "team", "line", "product", "opportunity")
            .annotate(customer_is_visible=shown)
            .fetch_mode(list_fetch_mode())
        )
