"""What customers say on the whole, and answer by answer."""

from datetime import date
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render

from apps.core.exports import export_response
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.customers.access import for_customer_roles, for_exporters
from apps.members.models import Member
from apps.members.querysets import may_export
from apps.satisfaction.exports import survey_export
from apps.satisfaction.filters import COLUMNS, AnswersFilter, FiguresFilter
from apps.satisfaction.models import Survey
from apps.satisfaction.selectors import figures
from apps.satisfaction.trend import months_between, nps_chart, satisfied_chart

MONTHS = 12
COMMENTS = 8
# As many as a chart can show.
MOST_MONTHS = 36


@for_customer_roles
def satisfaction(request: HttpRequest) -> HttpResponse:
    """Figures of the surveys sent in the period: by month, team and owner."""
    asked, today = _with_period(request.GET), Organisation.current().today()
    filters = FiguresFilter(asked, user=request.user)
    context = {"filters": filters, "clear": bool(request.GET)}
    if not filters.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "satisfaction/satisfaction.html", context, status=status)
    rows = filters.apply(Survey.objects.visible_to(request.user))
    found = figures(rows, request.user, Organisation.current().zone)
    given = filters.cleaned_data
    first = given["since"] or min(found.months, default=today)
    months = months_between(first, given["until"] or today)[-MOST_MONTHS:]
    context |= {
        "found": found,
        "comments": rows.among("commented").for_list().order_by("-answered_at", "-pk")[:COMMENTS],
        "satisfied": satisfied_chart(found.months, months),
        "nps": nps_chart(found.months, months),
        # The list behind a figure: the same surveys, and one condition more.
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "may_export": may_export(request.user),
    }
    return render(request, "satisfaction/satisfaction.html", context)


def _with_period(given: QueryDict) -> QueryDict:
    """The address's filters; where it names none, the months of the last year."""
    asked = given.copy()
    if not {"since", "until"} & set(given):
        today = Organisation.current().today()
        first = months_between(date(today.year - 1, today.month, 1), today)[-MONTHS]
        asked["since"], asked["until"] = first.isoformat(), today.isoformat()
    return asked


@for_customer_roles
def satisfaction_answers(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        Survey.objects.visible_to(request.user).counted(),
        AnswersFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default="-sent",
    )
    owners = {row.owner_id for row in result.rows}
    known = Member.objects.visible_to(request.user).filter(pk__in=owners - {None})
    context = {
        "known_owners": set(known.values_list("pk", flat=True)),
        "may_export": may_export(request.user),
    }
    return list_response(request, "satisfaction/answers.html", result, **context)


@for_exporters
def satisfaction_export(request: HttpRequest) -> HttpResponseBase:
    return export_response(
        request,
        Survey.objects.visible_to(request.user).counted(),
        AnswersFilter(request.GET, user=request.user),
        listed=COLUMNS,
        default="-sent",
        export=survey_export(request.user),
    )
