"""The order list, the order page, and the panels on the customer's and the opportunity's page."""

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_roles
from apps.customers.models import Customer
from apps.customers.selectors import visible_customers
from apps.funnel.models import Opportunity
from apps.orders import selectors
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
    return list_response(request, "orders/orders.html", result, linked_customers=linked)


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
