"""The customer page, and the suggestions of a field that chooses one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.core.models import Organisation
from apps.customers.access import for_customer_roles
from apps.customers.custom_fields.values import fields_in_use
from apps.customers.editing.showing import DETAILS, day_lines, field_lines
from apps.customers.editing.values import TAGS, custom_name
from apps.customers.forms.picker import customers_named
from apps.customers.forms.texts import website_address
from apps.customers.models import Customer
from apps.customers.selectors import contacts_of, deleted_contacts, survivor_of
from apps.customers.views.panels import LAST, MAIN, SIDE, panels
from apps.customers.views.reaching import customer_seen, may_change

LONGEST_SEARCH = 100
MOST_SUBSIDIARIES = 20
WORDS = ("needs", "preferences")


@for_customer_roles
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What this app knows of the customer; what others know of it comes as panels of their own."""
    try:
        found = customer_seen(request, pk)
    except Http404:
        # An address of before a merge leads to what the customer became.
        survivor = survivor_of(pk)
        if survivor is None:
            raise
        return redirect("customer", survivor)
    return render(request, "customers/customer.html", page_context(request, found))


def page_context(request: HttpRequest, customer: Customer) -> dict[str, object]:
    custom = [custom_name(field) for field in fields_in_use()]
    lines = field_lines(customer, ["name", *DETAILS, *WORDS, TAGS, *custom], request.user)
    contacts = contacts_of(customer, request.user)
    below = Customer.objects.visible_to(request.user).filter(parent=customer)
    is_mine = may_change(request, customer)
    gone = deleted_contacts(request.user).filter(customer=customer) if is_mine else []
    return {
        "customer": customer,
        "lines": lines,
        "details": [lines[name] for name in (*DETAILS, *custom)],
        "words": [lines[name] for name in WORDS],
        "tags": lines[TAGS],
        "contacts": contacts,
        "first_phone": next((one for one in contacts if one.is_dialled), None),
        "gone_contacts": gone,
        "days": day_lines(customer),
        "subsidiaries": list(below.order_by("name", "pk")[:MOST_SUBSIDIARIES]),
        "may_change": is_mine,
        "website": website_address(lines["website"].text),
        "contacted_days": _days_since_contact(customer),
        "main_panels": panels(MAIN, customer.pk),
        "side_panels": panels(SIDE, customer.pk),
        "last_panels": panels(LAST, customer.pk),
    }


def _days_since_contact(customer: Customer) -> int | None:
    if customer.last_contacted_at is None:
        return None
    organisation = Organisation.current()
    return (organisation.today() - organisation.day_of(customer.last_contacted_at)).days


@for_customer_roles
def customer_choices(request: HttpRequest) -> HttpResponse:
    """Customers whose name contains the text of the field that asks."""
    field = request.GET.get("field", "customer")
    text = request.GET.get(f"{field}_q", "").strip()[:LONGEST_SEARCH].replace("\x00", "")
    found, more = customers_named(Customer.objects.visible_to(request.user), text)
    content = {"customers": found, "more": more, "field": field}
    return render(request, "customers/customer_choices.html", content)
