"""The order list as a file."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.formats import organisation_currency
from apps.orders.models import Order


def order_export() -> Export:
    """Columns in the reader's language; team and member are those stamped on the order."""
    value = f"{_('Value')} ({organisation_currency()})"
    columns = (
        ExportColumn(gettext_lazy("Order"), lambda order: order.number, width=20),
        ExportColumn(gettext_lazy("Ordered on"), lambda order: order.ordered_on),
        ExportColumn(gettext_lazy("Customer"), _customer, width=36),
        ExportColumn(gettext_lazy("Product line"), lambda order: order.line.name, width=24),
        ExportColumn(gettext_lazy("Product"), _product, width=24),
        ExportColumn(gettext_lazy("Credited to"), lambda order: order.member.name, width=24),
        ExportColumn(gettext_lazy("Team"), lambda order: order.team.name, width=24),
        ExportColumn(value, lambda order: order.value),
    )
    return Export("orders", columns)


def _customer(order: Order) -> str:
    return order.customer.name if order.customer else ""


def _product(order: Order) -> str:
    return order.product.name if order.product else ""
