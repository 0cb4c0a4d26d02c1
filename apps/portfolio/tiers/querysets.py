"""Which rows about tiers a person may see, and how lists load them."""

from typing import Self

from apps.core.paging import list_fetch_mode
from apps.customers.querysets import ChangedOfCustomerQuerySet, OfCustomerQuerySet


class TierFigureQuerySet(OfCustomerQuerySet):
    def rated(self) -> Self:
        """Those that a rank stands for: customers with orders in the rule's months."""
        return self.filter(rank__isnull=False)

    def pending(self) -> Self:
        """Those that the next runs may move to another tier."""
        return self.filter(pending_runs__gt=0)

    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("customer__owner").fetch_mode(list_fetch_mode())


class TierOverrideQuerySet(ChangedOfCustomerQuerySet):
    def in_force(self) -> Self:
        """Neither cancelled by somebody nor ended by a night."""
        return self.filter(cancelled_at__isnull=True, ended_at__isnull=True)

    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("customer__owner", "by").fetch_mode(list_fetch_mode())


class TierChangeQuerySet(OfCustomerQuerySet):
    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("customer__owner", "by").fetch_mode(list_fetch_mode())
