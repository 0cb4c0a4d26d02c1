"""Which orders a person may see, and how a list loads them."""

from typing import Self

from django.db.models import Q

from apps.core.paging import list_fetch_mode
from apps.customers.models import Customer
from apps.funnel.querysets import ChangedByTeamQuerySet


class OrderQuerySet(ChangedByTeamQuerySet):
    owner_field = "member"

    def named_like(self, text: str) -> Self:
        """The number begins with the text or the customer's name contains it; an index for each."""
        rows = self.model._default_manager.order_by()
        customers = Customer.objects.filter(name__icontains=text).order_by().values("pk")
        beginning = Q(number__startswith=text) | Q(number__startswith=text.upper())
        found = rows.filter(customer__in=customers).values("pk")
        return self.filter(pk__in=found.union(rows.filter(beginning).values("pk")))

    def for_list(self) -> Self:
        """What a row of a list prints."""
        related = ("customer", "member", "team", "line", "product")
        return self.select_related(*related).fetch_mode(list_fetch_mode())
