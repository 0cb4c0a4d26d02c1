"""Reads of the order pages."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum

from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.querysets import Viewer
from apps.orders.models import Order

PANEL_ROWS = 10
DAY = timedelta(days=1)


@dataclass(frozen=True)
class CustomerOrders:
    """A customer's orders that the reader sees: the latest rows, and the 12 months up to a day.

    `revenue` is None where there is no order at all; `before` is that of the 12 months before,
    None where the first order is younger than those.
    """

    rows: list[Order]
    orders: int
    year_orders: int
    revenue: Decimal | None
    before: Decimal | None
    since: date
    until: date

    @property
    def change(self) -> Decimal | None:
        """Relative change of revenue against the 12 months before; None without a basis."""
        if self.revenue is None or not self.before:
            return None
        return (self.revenue - self.before) / self.before


def customer_orders(customer: Customer, user: Viewer, day: date) -> CustomerOrders:
    seen = Order.objects.visible_to(user).filter(customer=customer)
    since = _year_before(day) + DAY
    year = Q(ordered_on__range=(since, day))
    before = Q(ordered_on__range=(_year_before(since), since - DAY))
    sums = seen.aggregate(
        orders=Count("pk"),
        year_orders=Count("pk", filter=year),
        revenue=Sum("value", filter=year, default=Decimal(0)),
        before=Sum("value", filter=before),
    )
    if not sums["orders"]:
        sums["revenue"] = None
    rows = seen.for_list().order_by("-ordered_on", "-pk")[:PANEL_ROWS]
    return CustomerOrders(rows=list(rows), since=since, until=day, **sums)


def _year_before(day: date) -> date:
    """The same day a year before; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def orders_of(opportunity: Opportunity, user: Viewer) -> list[Order]:
    seen = Order.objects.visible_to(user).for_list()
    return list(seen.filter(opportunity=opportunity).order_by("-ordered_on", "-pk")[:PANEL_ROWS])
