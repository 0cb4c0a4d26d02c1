"""Stages of customers: the whole base, who is at risk, the panel on a customer's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.exports import export_response
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_forms, for_customer_roles, for_exporters
from apps.customers.models import Customer
from apps.members.access import reader_of
from apps.members.lifecycle import LifecycleStage
from apps.members.querysets import may_export
from apps.portfolio.forms.lifecycle import LifecycleOverrideForm
from apps.portfolio.lifecycle.exports import risk_export
from apps.portfolio.lifecycle.filters import (
    MOVE_COLUMNS,
    RISK_COLUMNS,
    MoveFilter,
    RiskFilter,
    risk_rows,
)
from apps.portfolio.lifecycle.selectors import lifecycle_panel, portfolio_of
from apps.portfolio.lifecycle.services import (
    lifecycle_override_cancel,
    lifecycle_override_set,
)
from apps.portfolio.models import LifecycleChange, LifecycleFigure
from apps.portfolio.tiers.selectors import scope_words


@for_customer_roles
def lifecycle(request: HttpRequest) -> HttpResponse:
    """Customers and revenue by stage, and who moved from which to which."""
    context = {
        "portfolio": portfolio_of(request.user),
        "stages": list(LifecycleStage),
        "scope": scope_words(request.user),
    }
    return render(request, "portfolio/lifecycle.html", context)


@for_customer_roles
def lifecycle_moves(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        LifecycleChange.objects.visible_to(request.user).exclude(from_stage=""),
        MoveFilter(request.GET, user=request.user),
        columns=MOVE_COLUMNS,
        default="-on",
    )
    return list_response(request, "portfolio/lifecycle_moves.html", result)


@for_customer_roles
def customers_at_risk(request: HttpRequest) -> HttpResponse:
    today = Organisation.current().today()
    result = listing(
        request,
        LifecycleFigure.objects.visible_to(request.user).at_risk(today),
        RiskFilter(request.GET, user=request.user),
        columns=RISK_COLUMNS,
        default="-revenue",
    )
    context = {"rows": risk_rows(result.rows, today), "may_export": may_export(request.user)}
    return list_response(request, "portfolio/at_risk.html", result, **context)


@for_exporters
def customers_at_risk_export(request: HttpRequest) -> HttpResponseBase:
    today = Organisation.current().today()
    return export_response(
        request,
        LifecycleFigure.objects.visible_to(request.user).at_risk(today),
        RiskFilter(request.GET, user=request.user),
        listed=RISK_COLUMNS,
        default="-revenue",
        export=risk_export(),
    )


def _customer(request: HttpRequest, pk: int) -> Customer:
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    return found


def _may_set(request: HttpRequest, customer: Customer) -> bool:
    return bool(Customer.objects.editable_by(request.user).filter(pk=customer.pk).exists())


@for_customer_roles
@vary_on_headers("HX-Request")
def customer_lifecycle(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page; without htmx a page of its own."""
    customer = _customer(request, pk)
    is_part = bool(getattr(request, "htmx", False))
    context = {
        "customer": customer,
        "panel": lifecycle_panel(customer),
        "stages": list(LifecycleStage),
        "may_set": _may_set(request, customer),
        "is_part": is_part,
    }
    page = "portfolio/lifecycle_panel.html" if is_part else "portfolio/lifecycle_panel_page.html"
    return render(request, page, context)


@for_customer_forms
def lifecycle_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the customer's stage by hand."""
    customer = _customer(request, pk)
    if not _may_set(request, customer):
        raise NotPermitted(
            _("You may read this customer only. One of the pool has to be claimed first.")
        )
    initial = {"stage": customer.lifecycle, **kept_initial(request)}
    form = LifecycleOverrideForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _set(request, form, customer):
        return redirect("customer", customer.pk)
    content = {"customer": customer, "panel": lifecycle_panel(customer)}
    return form_page(request, "portfolio/lifecycle_override.html", form, **content)


def _set(request: HttpRequest, form: LifecycleOverrideForm, customer: Customer) -> bool:
    to = LifecycleStage(form.cleaned_data["stage"])
    reason = form.cleaned_data["reason"]
    try:
        lifecycle_override_set(customer=customer, to=to, reason=reason, by=reader_of(request))
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    words = _("The stage of %(name)s is %(stage)s, set by hand.")
    messages.success(request, words % {"name": customer.name, "stage": to.label})
    return True


@require_POST
@for_customer_forms
def lifecycle_override_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """What the figures say counts again."""
    customer = _customer(request, pk)
    stage = lifecycle_override_cancel(customer=customer, by=reader_of(request))
    words = _("The figures decide again: %(stage)s.")
    messages.success(request, words % {"stage": stage.label})
    return redirect("customer", customer.pk)
