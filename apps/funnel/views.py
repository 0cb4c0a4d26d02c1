"""The opportunity list, the opportunity page, and the panel on the customer's page."""

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from apps.core.exports import export_response
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_roles, for_exporters
from apps.customers.models import Customer
from apps.customers.selectors import visible_customers
from apps.funnel.exports import opportunity_export
from apps.funnel.filters import COLUMNS, OpportunityFilter
from apps.funnel.models import Opportunity
from apps.funnel.selectors import (
    customer_panel,
    history_of,
    level_steps,
    opportunity_rows,
    timeline_of,
)
from apps.members.querysets import may_export


@for_customer_roles
def opportunities(request: HttpRequest) -> HttpResponse:
    filters = OpportunityFilter(request.GET, user=request.user)
    as_of = filters.cleaned_data["as_of"] if filters.is_valid() else None
    value = "value_on" if as_of else "value"
    result = listing(
        request,
        Opportunity.objects.visible_to(request.user),
        filters,
        columns=COLUMNS,
        default="-opened",
        sums={"total": Sum(value), "valued": Count(value)},
    )
    today = Organisation.current().today()
    rows = opportunity_rows(result.rows, today, as_of=as_of)
    context = {
        "rows": rows,
        "as_of": as_of,
        "linked_customers": visible_customers(request.user, result.rows),
        "may_export": may_export(request.user),
    }
    return list_response(request, "funnel/opportunities.html", result, **context)


@for_exporters
def opportunities_export(request: HttpRequest) -> HttpResponseBase:
    filters = OpportunityFilter(request.GET, user=request.user)
    as_of = filters.cleaned_data["as_of"] if filters.is_valid() else None
    return export_response(
        request,
        Opportunity.objects.visible_to(request.user),
        filters,
        listed=COLUMNS,
        default="-opened",
        export=opportunity_export(as_of),
    )


@for_customer_roles
def opportunity(request: HttpRequest, pk: int) -> HttpResponse:
    seen = Opportunity.objects.visible_to(request.user).for_list()
    found = get_object_or_404(seen, pk=pk)
    history = history_of(found)
    row = opportunity_rows([found], Organisation.current().today(), as_of=None)[0]
    context = {
        "opportunity": found,
        "row": row,
        "timeline": timeline_of(found, history),
        "steps": level_steps(found, history),
        "linked_customers": visible_customers(request.user, [found]),
    }
    return render(request, "funnel/opportunity.html", context)


@for_customer_roles
def customer_opportunities(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    panel = customer_panel(customer, request.user, Organisation.current().today())
    context = {"customer": customer, "panel": panel}
    return render(request, "funnel/customer_panel.html", context)
