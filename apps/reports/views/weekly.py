"""The weekly report: the list of editions, a team's week as a page and as a PDF, having it mailed."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.models import Organisation
from apps.core.paging import BadCursor, Order, keyset_page
from apps.members.models import Member, Team
from apps.metrics.periods import NoPeriod, Period, parse_period, period_of
from apps.reports import services, tasks
from apps.reports.mailing import file_name
from apps.reports.models import Delivery
from apps.reports.rendering import language_name, weekly_report
from apps.reports.selectors import deliveries_shown, editions_for_list, report_shown

NEWEST_FIRST = (
    Order("iso_year", descending=True),
    Order("iso_week", descending=True),
    Order("created_at", descending=True),
)


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Editions of the visible teams, and the choice of a team and a week."""
    user = cast("Member", request.user)
    teams = Team.objects.visible_to(user)
    if not teams.exists():
        raise Http404
    if "team" in request.GET:
        return _chosen(request)
    try:
        page = keyset_page(
            editions_for_list(user), order=NEWEST_FIRST, cursor=request.GET.get("cursor")
        )
    except BadCursor as error:
        raise Http404 from error
    last_week = period_of("week", Organisation.current().today()).previous
    content = {"teams": teams, "page": page, "last_week": last_week, "name_of": language_name}
    return render(request, "reports/weekly_list.html", content)


def _chosen(request: HttpRequest) -> HttpResponse:
    """To the report that the form on the list names."""
    try:
        week = parse_period(request.GET.get("week", ""))
    except NoPeriod:
        week = period_of("week", Organisation.current().today()).previous
    team = _team(request, request.GET["team"])
    return redirect("weekly_report", team.slug, period_of("week", week.start))


def _team(request: HttpRequest, slug: str) -> Team:
    user = cast("Member", request.user)
    return get_object_or_404(Team.objects.visible_to(user).select_related("lead"), slug=slug)


def _begun(week: Period) -> None:
    if week.start > Organisation.current().today():
        raise Http404


@login_required
@require_safe
def weekly_report_page(request: HttpRequest, slug: str, week: Period) -> HttpResponse:
    user = cast("Member", request.user)
    team = _team(request, slug)
    _begun(week)
    shown = report_shown(team, week, get_language() or "en")
    today = Organisation.current().today()
    deliveries = list(deliveries_shown(user, team, week))
    content: dict[str, Any] = {
        "team": team,
        "week": week,
        "report": weekly_report(shown.figures, shown.mark),
        "deliveries": deliveries,
        "is_moving": any(delivery.is_moving for delivery in deliveries),
        "may_send": services.may_send(user, team),
        "is_over": week.end < today,
        "readers": services.readers_missing(team, week),
        "next_week": week.next if week.next.start <= today else None,
    }
    return render(request, "reports/weekly.html", content)


@login_required
@require_safe
def weekly_report_pdf(request: HttpRequest, slug: str, week: Period) -> HttpResponse:
    team = _team(request, slug)
    _begun(week)
    shown = report_shown(team, week, get_language() or "en")
    name = file_name(team.slug, week)
    return HttpResponse(
        shown.pdf(),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@login_required
@require_POST
def weekly_report_send(request: HttpRequest, slug: str, week: Period) -> HttpResponse:
    team = _team(request, slug)
    sending = services.edition_send(team=team, week=week, by=cast("Member", request.user))
    tasks.start_preparing(sending.editions)
    if sending.made:
        text = ngettext(
            "The report is being prepared and then mailed to %(n)s person.",
            "The report is being prepared and then mailed to %(n)s people.",
            len(sending.made),
        )
        messages.success(request, text % {"n": len(sending.made)})
    else:
        messages.info(request, _("Everybody has this report already; nothing was sent."))
    return redirect("weekly_report", slug, week)


@login_required
@require_POST
def delivery_send_again(request: HttpRequest, pk: int) -> HttpResponse:
    user = cast("Member", request.user)
    rows = Delivery.objects.visible_to(user).select_related("edition__team", "member", "mail")
    delivery = get_object_or_404(rows, pk=pk)
    services.delivery_send_again(delivery=delivery, by=user)
    messages.success(request, _("The mail is being sent again."))
    return redirect("weekly_report", delivery.edition.team.slug, delivery.edition.week)
