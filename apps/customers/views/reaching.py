"""What the pages of one customer share: fetching it, and who may change it."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.core.errors import NotPermitted
from apps.customers.models import Contact, Customer


def customer_seen(request: HttpRequest, pk: int) -> Customer:
    """The customer; 404 for whom it does not exist."""
    rows = Customer.objects.visible_to(request.user).select_related("owner")
    found: Customer = get_object_or_404(rows, pk=pk)
    return found


def may_change(request: HttpRequest, customer: Customer) -> bool:
    return Customer.objects.editable_by(request.user).filter(pk=customer.pk).exists()


def customer_to_change(request: HttpRequest, pk: int) -> Customer:
    """The customer; 404 for outsiders, 403 for readers."""
    found = customer_seen(request, pk)
    if not may_change(request, found):
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    return found


def contact_to_change(request: HttpRequest, pk: int) -> Contact:
    rows = Contact.objects.visible_to(request.user).select_related("customer")
    found: Contact = get_object_or_404(rows, pk=pk)
    customer_to_change(request, found.customer_id)
    return found
