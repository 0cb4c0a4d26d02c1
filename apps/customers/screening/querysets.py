"""Screenings as rows of a list."""

from typing import Self

from django.db.models import OuterRef, Subquery

from apps.core.paging import list_fetch_mode
from apps.customers.querysets import OfCustomerQuerySet


class ScreeningQuerySet(OfCustomerQuerySet):
    def latest_of_each(self) -> Self:
        """Of each customer the latest one: what it counts by now."""
        same = self.model._default_manager.filter(customer=OuterRef("customer"))
        return self.filter(pk=Subquery(same.order_by("-at", "-pk").values("pk")[:1]))

    def parked(self) -> Self:
        """The screenings that keep a customer parked."""
        return self.filter(customer__screening="parked").latest_of_each()

    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("customer__owner", "by").fetch_mode(list_fetch_mode())
