"""Pages on which a customer is deleted, and those deleted are listed and brought back."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.editing.deleting import (
    attached_to,
    customer_delete,
    customer_restore,
    deleted_since,
    reasons_to_keep,
)
from apps.customers.forms.customer import DeleteForm
from apps.customers.forms.deleted import COLUMNS, DeletedFilter
from apps.customers.models import Customer
from apps.customers.selectors import RESTORE_DAYS
from apps.customers.views.reaching import customer_to_change
from apps.members.access import reader_of


@for_customer_forms
def customer_remove(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_to_change(request, pk)
    form = DeleteForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            customer_delete(customer=customer, reason=reason, by=reader_of(request))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            words = _("“%(name)s” was deleted. You can bring it back here for %(days)s days.")
            messages.success(request, words % {"name": customer, "days": RESTORE_DAYS})
            return redirect("customers_deleted")
    context = {
        "customer": customer,
        "attached": attached_to(customer),
        "reasons": reasons_to_keep(customer),
        "days": RESTORE_DAYS,
    }
    return form_page(request, "customers/customer_delete.html", form, **context)


@for_customer_roles
def customers_deleted(request: HttpRequest) -> HttpResponse:
    """What was deleted lately, as far as the person may bring it back."""
    today = Organisation.current().today()
    rows = Customer.objects.deleted_visible_to(request.user).filter(
        deleted_at__gte=deleted_since(today)
    )
    result = listing(
        request,
        rows.select_related("deleted_by"),
        DeletedFilter(request.GET),
        columns=COLUMNS,
        default="-deleted",
    )
    day_of = Organisation.current().day_of
    for row in result.rows:
        row.days_left = (day_of(row.deleted_at) + timedelta(days=RESTORE_DAYS) - today).days
    return list_response(request, "customers/customers_deleted.html", result, days=RESTORE_DAYS)


@require_POST
@for_customer_forms
def customer_bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Customer.objects.deleted_visible_to(request.user)
    found = get_object_or_404(rows, pk=pk)
    try:
        restored = customer_restore(customer=found, by=reader_of(request))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
        return redirect("customers_deleted")
    messages.success(request, _("“%(name)s” is back.") % {"name": restored})
    seen = Customer.objects.visible_to(request.user).filter(pk=restored.pk).exists()
    return redirect("customer", restored.pk) if seen else redirect("customers_deleted")
