"""What the views of parts of a customer's page share."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import NotPermitted
from apps.customers.models import Customer

# What a browser is told when something was added to a customer: its timeline loads itself again.
CHANGED = "timeline-changed"


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page, and no page that it puts back from its history."""
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    return bool(htmx) and not htmx.history_restore_request


def readable(request: HttpRequest, pk: int) -> Customer:
    """The customer, for whoever sees it."""
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    return found


def writable(request: HttpRequest, pk: int) -> Customer:
    """The same for something that is added to it: 403 to whoever only reads it."""
    found = readable(request, pk)
    if not Customer.objects.editable_by(request.user).filter(pk=pk).exists():
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    return found


def back_to_timeline(pk: int) -> HttpResponse:
    return redirect(f"{reverse('customer', args=[pk])}#timeline")
