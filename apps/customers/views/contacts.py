"""The people at a customer and days to remember: added, changed, deleted, brought back."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_forms
from apps.customers.editing.contacts import (
    contact_change,
    contact_create,
    contact_delete,
    contact_restore,
)
from apps.customers.editing.special_dates import special_date_create, special_date_delete
from apps.customers.editing.values import ChangedMeanwhile
from apps.customers.forms.contacts import ContactForm, SpecialDateForm
from apps.customers.models import Contact, Customer, SpecialDate
from apps.customers.selectors import contact_line, deleted_contacts
from apps.customers.views.editing import CHANGED
from apps.customers.views.reaching import contact_to_change, customer_to_change
from apps.members.access import reader_of


@for_customer_forms
def contact_new(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_to_change(request, pk)
    form = ContactForm(request.POST or None, initial=kept_initial(request, ticks=("is_former",)))
    if request.method == "POST" and form.is_valid():
        try:
            contact_create(customer=customer, values=form.wanted(), by=reader_of(request))
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("Saved."))
            return _to_contacts(customer)
    return form_page(request, "customers/customer_contact.html", form, customer=customer)


@for_customer_forms
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """As a page, or in place of the contact's line on the customer's page."""
    contact = contact_to_change(request, pk)
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined] # by django-htmx's middleware
    if "shown" in request.GET and is_fragment:
        return _line(request, contact)
    form = ContactForm(
        request.POST or None,
        contact=contact,
        initial=_kept(request),
        auto_id=f"contact-{contact.pk}-%s",
    )
    if request.method == "POST" and form.is_valid() and _changed(form, contact, request):
        if is_fragment:
            contact.refresh_from_db()
            # Once the line is there: its numbers are drawn by what listens.
            return trigger_client_event(_line(request, contact), CHANGED, after="settle")
        messages.success(request, _("Saved."))
        return _to_contacts(contact.customer)
    form.fields["name"].widget.attrs["autofocus"] = True
    template = "customers/customer_contact.html" + ("#form" if is_fragment else "")
    context = {"form": form, "contact": contact, "customer": contact.customer}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def _kept(request: HttpRequest) -> dict[str, object]:
    kept = kept_initial(request)
    return {**kept, "is_former": "is_former" in kept} if kept else {}


def _changed(form: ContactForm, contact: Contact, request: HttpRequest) -> bool:
    user = reader_of(request)
    try:
        contact_change(contact=contact, values=form.wanted(), by=user, base=form.base_given())
    except ChangedMeanwhile as refusal:
        theirs = {name: _words(form, name, one.theirs) for name, one in refusal.clashes.items()}
        form.clash(refusal, theirs)
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return not form.errors


def _words(form: ContactForm, name: str, value: object) -> str:
    """A value of a contact's field in words."""
    choices = dict(getattr(form.fields[name], "choices", ()))
    if value in ("", []):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(choices.get(value, value))


def _line(request: HttpRequest, contact: Contact) -> HttpResponse:
    line = contact_line(contact, is_masked=False)
    context = {"line": line, "customer": contact.customer, "may_change": True, "is_answer": True}
    return render(request, "customers/customer_contact_line.html", context)


@for_customer_forms
def contact_remove(request: HttpRequest, pk: int) -> HttpResponse:
    contact = contact_to_change(request, pk)
    form = forms.Form(request.POST or None)
    if request.method == "POST":
        try:
            contact_delete(contact=contact, by=reader_of(request))
        except DomainError as refusal:
            form.full_clean()
            refuse(form, refusal)
        else:
            messages.success(request, _("Deleted. You can bring the contact back for 30 days."))
            return _to_contacts(contact.customer)
    context = {"contact": contact, "customer": contact.customer}
    return form_page(request, "customers/customer_contact_delete.html", form, **context)


@require_POST
@for_customer_forms
def contact_bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(deleted_contacts(request.user), pk=pk)
    try:
        contact_restore(contact=contact, by=reader_of(request))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("The contact is back."))
    return _to_contacts(contact.customer)


@for_customer_forms
def special_date_new(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_to_change(request, pk)
    user = reader_of(request)
    initial = {"contact": request.GET.get("contact"), **kept_initial(request)}
    form = SpecialDateForm(request.POST or None, customer=customer, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            special_date_create(customer=customer, by=user, **form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("customer", pk)
    return form_page(request, "customers/customer_special_date.html", form, customer=customer)


@require_POST
@for_customer_forms
def special_date_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rows = SpecialDate.objects.visible_to(request.user).select_related("customer")
    found = get_object_or_404(rows, pk=pk)
    customer_to_change(request, found.customer_id)
    special_date_delete(special_date=found, by=reader_of(request))
    messages.success(request, _("Deleted."))
    return redirect("customer", found.customer_id)


def _to_contacts(customer: Customer) -> HttpResponse:
    response = redirect("customer", customer.pk)
    response["Location"] += "#contacts"
    return response
