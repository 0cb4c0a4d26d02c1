"""The customer list, its file, and what its filters suggest."""

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from apps.core.exports import export_response
from apps.core.formats import number
from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_roles, for_exporters
from apps.customers.columns import COLUMNS, FIXED, columns_with, rows_of, shown_columns
from apps.customers.custom_fields.values import fields_in_use
from apps.customers.exports import customer_export
from apps.customers.filters import CustomerFilter
from apps.customers.models import Customer
from apps.customers.selectors import words_seen
from apps.customers.tagging.selectors import tags_like
from apps.members.access import reader_of
from apps.members.querysets import may_export, writes
from apps.members.roles import Reach, RecordKind
from apps.members.saved_views.selectors import (
    columns_of,
    first_address,
    setting_of,
    view_bar,
)

if TYPE_CHECKING:
    from apps.members.models import Member

PAGE = "customers"
WORDS = ("industry", "region", "source")
# Counting further takes longer than the rest of the page: the exact number comes after it.
MOST_COUNTED = 10_000


@for_customer_roles
def customers(request: HttpRequest) -> HttpResponse:
    """Rows by the address; columns as it says, else as the reader chose; or the reader's first view."""
    reader: Member = reader_of(request)
    setting = setting_of(reader, PAGE)
    if not request.GET and (address := first_address(reader, PAGE, setting)):
        return redirect(address)
    fields = fields_in_use()
    columns = columns_with(fields)
    bar = view_bar(member=reader, page=PAGE, asked=request.GET, setting=setting)
    shown = shown_columns(columns, bar.columns)
    rows = Customer.objects.visible_to(request.user)
    if any(column.key == "tags" for column in shown):
        rows = rows.prefetch_related("tags")
    result = listing(
        request,
        rows,
        CustomerFilter(request.GET, user=request.user, fields=fields),
        columns=columns,
        default=FIXED,
        shown=shown,
        most=MOST_COUNTED,
        clear_address=bar.all_address,
    )
    may_write = writes(request.user, RecordKind.SALES) is not Reach.NONE
    context: dict[str, Any] = {
        "rows": rows_of(result.rows, shown, ticks=may_write),
        "bar": bar,
        "may_export": may_export(request.user),
        "may_write": may_write,
    }
    return list_response(request, "customers/customers.html", result, **context)


@for_customer_roles
def customer_columns(request: HttpRequest) -> HttpResponse:
    """Part of the list: which columns it shows, to be chosen; a page of its own without htmx."""
    setting = setting_of(reader_of(request), PAGE)
    columns = columns_with(fields_in_use())
    shown = shown_columns(columns, columns_of(request.GET, setting))
    context = {
        "page": PAGE,
        "query": request.GET.urlencode(),
        "shown": shown[1:],
        "others": [column for column in columns if column not in shown],
    }
    part = bool(request.htmx)  # type: ignore[attr-defined] # by django-htmx's middleware
    response = render(request, f"lists/columns.html{'#choice' if part else ''}", context)
    response["Vary"] = "HX-Request"
    return response


@for_customer_roles
def customers_count(request: HttpRequest) -> HttpResponse:
    """How many customers the filters let through, for a list so long that its page does not count."""
    filters = CustomerFilter(request.GET, user=request.user)
    seen = Customer.objects.visible_to(request.user)
    count = filters.apply(seen).order_by().count() if filters.is_valid() else 0
    return HttpResponse(number(count))


@for_exporters
def customers_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        Customer.objects.visible_to(request.user),
        CustomerFilter(request.GET, user=request.user),
        listed=COLUMNS,
        default=FIXED,
        export=customer_export(request.user),
    )


@for_customer_roles
def customer_value_choices(request: HttpRequest) -> HttpResponse:
    """Words that a filter suggests, each of a customer that the reader sees."""
    of = request.GET.get("of", "tag")
    if of == "tag":
        words = tags_like(request.user)
    elif of in WORDS:
        words = words_seen(request.user, of)
    else:
        raise Http404
    return render(request, "customers/value_choices.html", {"words": words})
