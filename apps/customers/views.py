"""The customer list and the customer page."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from apps.core.exports import export_response
from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_roles, for_exporters
from apps.customers.exports import customer_export
from apps.customers.filters import COLUMNS, CustomerFilter
from apps.customers.models import Customer
from apps.customers.selectors import contacts_of, owners_of
from apps.members.querysets import may_export


@for_customer_roles
def customers(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        Customer.objects.visible_to(request.user),
        CustomerFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default="name",
    )
    return list_response(
        request, "customers/customers.html", result, may_export=may_export(request.user)
    )


@for_exporters
def customers_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        Customer.objects.visible_to(request.user),
        CustomerFilter(request.GET, user=request.user),
        listed=COLUMNS,
        default="name",
        export=customer_export(request.user),
    )


@for_customer_roles
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What this app knows of the customer; opportunities and orders come as panels of their own."""
    seen = Customer.objects.visible_to(request.user).select_related("owner")
    found = get_object_or_404(seen, pk=pk)
    parent = Customer.objects.visible_to(request.user).filter(pk=found.parent_id).first()
    context = {
        "customer": found,
        "parent": parent,
        "contacts": contacts_of(found, request.user),
        "owners": owners_of(found),
    }
    return render(request, "customers/customer.html", context)
