"""Which lifecycle figures and changes a person may see, and who is at risk."""

from datetime import date
from typing import Self

from apps.core.paging import list_fetch_mode
from apps.customers.querysets import OfCustomerQuerySet


class LifecycleFigureQuerySet(OfCustomerQuerySet):
    def at_risk(self, today: date) -> Self:
        """Customers who would have ordered by now, by their own habit: at risk, or lapsed."""
        return self.filter(risk_on__lte=today, customer__deleted_at__isnull=True)

    def for_list(self) -> Self:
        """What a row of the list of customers at risk prints."""
        named = self.select_related("customer__owner")
        long_texts = ("customer__needs", "customer__preferences", "customer__custom")
        return named.defer(*long_texts).fetch_mode(list_fetch_mode())


class LifecycleChangeQuerySet(OfCustomerQuerySet):
    def moves_since(self, first: date) -> Self:
        """Moves from a stage to another from the day on; a first stage is none."""
        return self.filter(on__gte=first).exclude(from_stage="")

    def for_list(self) -> Self:
        """What a row of a list prints."""
        named = self.select_related("customer__owner", "by")
        long_texts = ("customer__needs", "customer__preferences", "customer__custom")
        return named.defer(*long_texts).fetch_mode(list_fetch_mode())
