"""Whether anything here has a price: asked before the firm's currency changes."""

from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.orders.models import Order


def is_money_recorded() -> bool:
    """Whether there is an order, an opportunity with a value, or a customer with a revenue."""
    return (
        Order.objects.exists()
        or Opportunity.objects.filter(value__isnull=False).exists()
        or Customer.objects.filter(annual_revenue__isnull=False).exists()
    )
