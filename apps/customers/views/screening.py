"""The 341 screening on a customer's page, and the list of what it parked."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apps.core.errors import NotPermitted
from apps.core.exports import export_response
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_forms, for_customer_roles, for_exporters
from apps.customers.forms.screening import ScreeningForm
from apps.customers.models import Customer, Screening
from apps.customers.screening.exports import parked_export
from apps.customers.screening.filters import COLUMNS, ParkedFilter
from apps.customers.screening.selectors import rules_in_use, screening_lines, screenings_of
from apps.customers.screening.services import (
    GradesMissing,
    ParkedWithoutReason,
    screening_record,
)
from apps.members.access import reader_of
from apps.members.querysets import may_export


@for_customer_forms
def customer_screening(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page: verdict, history, and the form that screens it (again)."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    may_screen = Customer.objects.editable_by(request.user).filter(pk=pk).exists()
    if request.method == "POST" and not may_screen:
        raise NotPermitted(_("You can't screen this customer: it belongs to somebody else."))
    rules = rules_in_use()
    form = ScreeningForm(request.POST or None, rules=rules, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid() and _recorded(request, customer, form):
        if not request.htmx:  # type: ignore[attr-defined] # by django-htmx's middleware
            return redirect("customer_screening", pk)
        form = ScreeningForm(rules=rules)
    lines = screenings_of(customer)
    context = {
        "customer": customer,
        "form": form if may_screen else None,
        "rules": rules,
        "latest": lines[0] if lines else None,
        "earlier": lines[1:],
        "is_open": bool(form.errors) or bool(kept_initial(request)) or "again" in request.GET,
        "oob": request.method == "POST",
    }
    name = "customers/screening.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    is_part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    return render(request, f"{name}#panel" if is_part else name, context, status=status)


def _recorded(request: HttpRequest, customer: Customer, form: ScreeningForm) -> bool:
    """Screen the customer; where that is refused, the form says why."""
    try:
        made = screening_record(
            customer=customer,
            grades=form.grades(),
            reason=form.cleaned_data["reason"],
            by=reader_of(request),
        )
    except ParkedWithoutReason as refusal:
        form.add_error("reason", str(refusal.message))
        return False
    except GradesMissing as refusal:
        form.add_error(None, str(refusal.message))
        return False
    said = _("The customer qualifies.") if made.is_qualified else _("The customer is parked.")
    messages.success(request, said)
    return True


@for_customer_roles
def customers_parked(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        Screening.objects.visible_to(request.user).parked(),
        ParkedFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default="-on",
    )
    mine = Customer.objects.editable_by(request.user)
    named = [row.customer_id for row in result.rows]
    context = {
        "lines": screening_lines(result.rows),
        "screened_again": set(mine.filter(pk__in=named).values_list("pk", flat=True)),
        "may_export": may_export(request.user),
    }
    return list_response(request, "customers/parked.html", result, **context)


@for_exporters
def customers_parked_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        Screening.objects.visible_to(request.user).parked(),
        ParkedFilter(request.GET, user=request.user),
        listed=COLUMNS,
        default="-on",
        export=parked_export(),
    )
