"""The hold of one customer: a part of its page, giving it back, handing it over."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.models import Customer, CustomerOwnerChangeKind
from apps.members.access import reader_of
from apps.members.querysets import Viewer
from apps.pool import services
from apps.pool.forms.holding import HandOverForm, ReleaseForm
from apps.pool.selectors import hold_panel, may_claim


def _seen(user: Viewer, pk: int) -> Customer:
    rows = Customer.objects.visible_to(user).select_related("owner")
    found: Customer = get_object_or_404(rows, pk=pk)
    return found


def _may_release(user: Viewer, customer: Customer) -> bool:
    is_own = Customer.objects.editable_by(user).filter(pk=customer.pk).exists()
    return customer.owner_id is not None and is_own


@for_customer_roles
def customer_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page: whose it is, since when, until when, and why."""
    customer = _seen(request.user, pk)
    member = reader_of(request)
    context = {
        "customer": customer,
        "panel": hold_panel(customer, member),
        "may_claim": may_claim(member),
        "may_release": _may_release(member, customer),
        "may_hand_over": services.may_hand_over(member),
    }
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    is_part = htmx and not htmx.history_restore_request
    return render(request, "pool/hold.html#panel" if is_part else "pool/hold.html", context)


@for_customer_forms
def customer_release(request: HttpRequest, pk: int) -> HttpResponse:
    customer = _seen(request.user, pk)
    if not _may_release(request.user, customer):
        raise NotPermitted(_("Only the owner and those who lead them may do this."))
    form = ReleaseForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.customer_release(
                customer=customer, reason=form.cleaned_data["reason"], by=reader_of(request)
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            words = _("%(customer)s is in the pool now.") % {"customer": customer}
            messages.success(request, words)
            return redirect("customer", pk)
    return form_page(request, "pool/release.html", form, customer=customer)


@for_customer_forms
def customer_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    customer = _seen(request.user, pk)
    member = reader_of(request)
    if not services.may_hand_over(member):
        raise NotPermitted(_("Handing customers over is for those who lead."))
    initial = {"takes_opportunities": True, **kept_initial(request, ticks=["takes_opportunities"])}
    form = HandOverForm(request.POST or None, user=member, initial=initial)
    if request.method == "POST" and form.is_valid() and _handed_over(request, customer, form):
        to = form.cleaned_data["to"]
        words = _("%(customer)s belongs to %(member)s now.") % {"customer": customer, "member": to}
        messages.success(request, words)
        is_seen = Customer.objects.visible_to(member).filter(pk=pk).exists()
        return redirect("customer", pk) if is_seen else redirect("customers")
    return form_page(request, "pool/hand_over.html", form, customer=customer)


def _handed_over(request: HttpRequest, customer: Customer, form: forms.Form) -> bool:
    done = services.customers_hand_over(
        owners={customer.pk: form.cleaned_data["to"]},
        reason=form.cleaned_data["reason"],
        kind=CustomerOwnerChangeKind.ASSIGN,
        by=reader_of(request),
        takes_opportunities=form.cleaned_data["takes_opportunities"],
    )
    if done.refused:
        form.add_error("to", done.refused[customer.pk])
    elif not done.changed:
        words = _("%(customer)s is theirs already.") % {"customer": customer}
        form.add_error("to", words)
    return bool(done.changed)
