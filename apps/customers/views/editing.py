"""Pages on which a customer is made and changed, as a whole and field by field in place."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_forms
from apps.customers.editing.services import customer_change, customer_create
from apps.customers.editing.showing import field_lines, texts_of
from apps.customers.editing.values import ChangedMeanwhile
from apps.customers.forms.contacts import NewContacts
from apps.customers.forms.customer import CustomerForm, HolderForm, field_names
from apps.customers.forms.texts import website_address
from apps.customers.models import Customer
from apps.customers.views.reaching import customer_to_change
from apps.members.access import reader_of
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

# Tells the panels of the page that the customer is no more what they have drawn.
CHANGED = "customer-changed"
# Of the number of contacts that a page says it has.
MOST_DIGITS = 4


@for_customer_forms
def customer_new(request: HttpRequest) -> HttpResponse:
    user = reader_of(request)
    if writes(user, RecordKind.SALES) is Reach.NONE:
        raise NotPermitted(_("You may read customers, but not make any."))
    parts = _new_forms(request, user)
    form, contacts, holder = parts
    if request.method == "POST" and "add_contact" not in request.POST and _created(parts, user):
        made: Customer = form.customer  # type: ignore[assignment]
        messages.success(request, _("“%(name)s” is here now.") % {"name": made})
        seen = Customer.objects.visible_to(user).filter(pk=made.pk).exists()
        return redirect("customer", made.pk) if seen else redirect("customers")
    parts_errors = [contacts.non_form_errors(), *contacts.errors, holder and holder.errors]
    is_refused = form.errors or any(parts_errors)
    context = {"form": form, "contacts": contacts, "holder": holder}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, "customers/customer_new.html", context, status=status)


def _new_forms(request: HttpRequest, user: Member) -> tuple[CustomerForm, Any, HolderForm | None]:
    """The forms of the page; with “Add another contact” pressed, unchecked and one contact longer."""
    leads = writes(user, RecordKind.SALES) >= Reach.SUBTREE
    data: Any = request.POST or None
    if data is not None and "add_contact" in data:
        data = data.copy()
        total = data.get("contacts-TOTAL_FORMS", "1")
        is_count = total.isascii() and total.isdecimal() and len(total) < MOST_DIGITS
        data["contacts-TOTAL_FORMS"] = str(int(total) + 1 if is_count else 2)
    initial = {"holder": HolderForm.MINE, **kept_initial(request)}
    form = CustomerForm(data, user=user, initial=initial)
    contacts = NewContacts(data, prefix="contacts", initial=_kept_contacts(request))
    holder = HolderForm(data, user=user, initial=initial) if leads else None
    if data is not None and "add_contact" in data:
        _unchecked(form, contacts, holder)
    return form, contacts, holder


def _unchecked(form: CustomerForm, contacts: Any, holder: HolderForm | None) -> None:  # noqa: ANN401
    """Show what was typed without a word about it: nobody has said yet that it is complete."""
    every: list[Any] = [form, *contacts.forms, *([holder] if holder else [])]
    for one in every:
        one._errors = {}
    contacts._errors, contacts._non_form_errors = [], contacts.error_class()


def _kept_contacts(request: HttpRequest) -> list[dict[str, Any]]:
    kept = (kept_initial(request, prefix=f"contacts-{at}") for at in range(20))
    return [one for one in kept if any(one.values())]


def _created(parts: tuple[CustomerForm, Any, HolderForm | None], user: Member) -> bool:
    form, contacts, holder = parts
    valid = [form.is_valid(), contacts.is_valid(), holder is None or holder.is_valid()]
    if not all(valid):
        return False
    people = [one.wanted() for one in contacts.forms if one.has_changed()]
    owner = user if holder is None else holder.chosen()
    try:
        form.customer = customer_create(values=form.wanted(), contacts=people, by=user, owner=owner)
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return not form.errors


@for_customer_forms
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = customer_to_change(request, pk)
    user = reader_of(request)
    data, kept = request.POST or None, kept_initial(request)
    form = CustomerForm(data, user=user, customer=found, initial=kept)
    if request.method == "POST" and form.is_valid() and changed(form, user):
        messages.success(request, _("Saved."))
        return redirect("customer", pk)
    return form_page(request, "customers/customer_edit.html", form, customer=found)


def changed(form: CustomerForm, user: Member) -> bool:
    """Whether it was saved; where it was refused, the form says why and shows both versions."""
    customer = form.customer
    assert customer is not None  # noqa: S101 - an existing one is changed
    try:
        customer_change(customer=customer, values=form.wanted(), by=user, base=form.base_given())
    except ChangedMeanwhile as refusal:
        theirs = {name: clash.theirs for name, clash in refusal.clashes.items()}
        form.clash(refusal, texts_of(theirs, user))
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return not form.errors


@for_customer_forms
def customer_field(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """One field in place: by GET its form (with `shown`, its value), by POST what was typed."""
    found = customer_to_change(request, pk)
    if field not in field_names():
        raise Http404
    user = reader_of(request)
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined] # by django-htmx's middleware
    if "shown" in request.GET and is_fragment:
        return _value(request, found, field)
    form = CustomerForm(
        request.POST or None,
        user=user,
        customer=found,
        only=(field,),
        initial=kept_initial(request),
        auto_id=f"edit-{field}-%s",
    )
    if request.method == "POST" and form.is_valid() and changed(form, user):
        return _saved(request, found, field, is_fragment=is_fragment)
    return _field_form(request, form, field, is_fragment=is_fragment)


def _saved(
    request: HttpRequest, customer: Customer, field: str, *, is_fragment: bool
) -> HttpResponse:
    if not is_fragment:
        messages.success(request, _("Saved."))
        return redirect("customer", customer.pk)
    if field == "name":
        # The name stands in the title, the crumbs and the bar of a phone: the page is drawn anew.
        return HttpResponseClientRefresh()
    customer.refresh_from_db()
    return trigger_client_event(_value(request, customer, field), CHANGED)


def _value(request: HttpRequest, customer: Customer, field: str) -> HttpResponse:
    lines = field_lines(customer, {field, "industry", "region"}, request.user)
    context = {
        "customer": customer,
        "line": lines[field],
        "lines": lines,
        "website": website_address(lines[field].text) if field == "website" else "",
        "may_change": True,
        "is_answer": True,
    }
    return render(request, "customers/customer_field_value.html", context)


def _field_form(
    request: HttpRequest, form: CustomerForm, field: str, *, is_fragment: bool
) -> HttpResponse:
    form.fields[field].widget.attrs["autofocus"] = True
    context = {"customer": form.customer, "form": form, "field": form[field]}
    template = "customers/customer_field.html"
    if is_fragment:
        template = f"{template}#form"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    response = render(request, template, context, status=status)
    # One address has two answers: a cache must not mix them up.
    patch_vary_headers(response, ("HX-Request",))
    return response
