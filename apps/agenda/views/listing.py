"""The list of activities and its file."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from apps.agenda.columns import COLUMNS, LATEST_FIRST, rows_of, shown_columns
from apps.agenda.exports import activity_export
from apps.agenda.filters import ActivityFilter
from apps.agenda.selectors import activities_seen, listed_activities
from apps.core.exports import export_response
from apps.core.formats import number
from apps.core.lists import list_response, listing
from apps.customers.access import for_customer_roles, for_exporters
from apps.customers.parts import is_part
from apps.members.access import reader_of
from apps.members.querysets import may_export
from apps.members.saved_views.selectors import columns_of, first_address, setting_of, view_bar

PAGE = "activities"
# Counting further takes longer than the rest of the page: the exact number comes after it.
MOST_COUNTED = 10_000


@for_customer_roles
def activities(request: HttpRequest) -> HttpResponse:
    """Rows by the address; columns as it says, else as the reader chose; or the reader's first view."""
    reader = reader_of(request)
    setting = setting_of(reader, PAGE)
    if not request.GET and (address := first_address(reader, PAGE, setting)):
        return redirect(address)
    bar = view_bar(member=reader, page=PAGE, asked=request.GET, setting=setting)
    shown = shown_columns(bar.columns)
    result = listing(
        request,
        activities_seen(request.user),
        ActivityFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default=LATEST_FIRST,
        shown=shown,
        most=MOST_COUNTED,
        clear_address=bar.all_address,
    )
    context = {
        "rows": rows_of(listed_activities(result.rows, request.user), shown),
        "bar": bar,
        "may_export": may_export(request.user),
    }
    return list_response(request, "agenda/activities.html", result, **context)


@for_customer_roles
def activity_columns(request: HttpRequest) -> HttpResponse:
    """Part of the list: which columns it shows, to be chosen; a page of its own without htmx."""
    setting = setting_of(reader_of(request), PAGE)
    shown = shown_columns(columns_of(request.GET, setting))
    context = {
        "page": PAGE,
        "query": request.GET.urlencode(),
        "shown": shown[1:],
        "others": [column for column in COLUMNS if column not in shown],
    }
    template = f"lists/columns.html{'#choice' if is_part(request) else ''}"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@for_customer_roles
def activities_count(request: HttpRequest) -> HttpResponse:
    """How many activities the filters let through, for a list so long that its page does not count."""
    filters = ActivityFilter(request.GET, user=request.user)
    seen = activities_seen(request.user)
    count = filters.apply(seen).order_by().count() if filters.is_valid() else 0
    return HttpResponse(number(count))


@for_exporters
def activities_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        activities_seen(request.user),
        ActivityFilter(request.GET, user=request.user),
        listed=COLUMNS,
        default=LATEST_FIRST,
        export=activity_export(request.user),
    )
