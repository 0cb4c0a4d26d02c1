"""The order list, the order page, and the panels on the customer's and the opportunity's page."""

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from apps.core.exports import export_response
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_roles, for_exporters
from apps.customers.models import Customer
from apps.customers.selectors import visible_customers
from apps.funnel.models import Opportunity
from apps.members.querysets import may_export
from apps.orders import selectors
from apps.orders.exports import order_export
from apps.orders.filters import COLUMNS, OrderFilter
from apps.orders.models import Order


@for_customer_roles
def orders(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        Order.objects.visible_to(request.user),
        OrderFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default="-day",
        sums={"total": Sum("value")},
    )
    linked = visible_customers(request.user, result.rows)
    context = {"linked_customers": linked, "may_export": may_export(request.user)}
    return list_response(request, "orders/orders.html", result, **context)


@for_exporters
def orders_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        Order.objects.visible_to(request.user),
        OrderFilter(request.GET, user=request.user),
        listed=COLUMNS,
        default="-day",
        export=order_export(),
    )


@for_customer_roles
def order(request: HttpRequest, pk: int) -> HttpResponse:
    seen = Order.objects.visible_to(request.user).for_list()
    found = get_object_or_404(seen, pk=pk)
    opportunities = Opportunity.objects.visible_to(request.user).for_list()
    opportunity = opportunities.filter(pk=found.opportunity_id).first()
    context = {
        "order": found,
        "opportunity": opportunity,
        "linked_customers": visible_customers(request.user, [found]),
    }
    return render(request, "orders/order.html", context)


@for_customer_roles
def customer_orders(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    today = Organisation.current().today()
    panel = selectors.customer_orders(customer, request.user, today)
    return render(request, "orders/customer_panel.html", {"customer": customer, "panel": panel})


@for_customer_roles
def opportunity_orders(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the opportunity's page."""
    opportunity = get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    rows = selectors.orders_of(opportunity, request.user)
    return render(request, "orders/opportunity_panel.html", {"rows": rows})
