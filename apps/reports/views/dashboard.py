"""The dashboard: team and period stand in the address, so that it can be bookmarked."""

from datetime import date
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.members.models import Member, Team
from apps.metrics.periods import NoPeriod, Period, parse_period, period_of
from apps.metrics.selectors import scope_for
from apps.reports.dashboard import Dashboard
from apps.reports.dashboard import dashboard as read_dashboard

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class UnknownPeriod(DomainError):  # noqa: N818 - named for what it says
    """The address names no period."""

    status = 404


@login_required
@require_safe
@vary_on_headers("HX-Request")
def dashboard(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Figures of the widest scope the person has, or of a team; 404 for what they may not see."""
    user = cast("Member", request.user)
    teams = list(Team.objects.visible_to(user))
    try:
        scope = scope_for(user, slug, teams)
    except Team.DoesNotExist as error:
        raise Http404 from error
    today = Organisation.current().today()
    board = read_dashboard(
        user=user,
        scope=scope,
        teams=teams,
        period=_period(request.GET.get("period", ""), today),
        today=today,
        all_members=request.GET.get("members") == "all",
    )
    return _answer(request, board)


def _answer(request: HttpRequest, board: Dashboard) -> HttpResponse:
    """The whole page, or the changing part alone where a switch of the page itself asks for it."""
    htmx: HtmxDetails = getattr(request, "htmx")  # noqa: B009 - set by a middleware
    is_part = htmx.boosted and htmx.target == "dashboard" and not htmx.history_restore_request
    return render(
        request,
        "reports/dashboard.html#board" if is_part else "reports/dashboard.html",
        {
            "board": board,
            "is_part": is_part,
            # The menu that a team was chosen from closes: its button keeps the focus.
            "focus_team": is_part and (htmx.trigger or "").startswith("team-"),
        },
    )


def _period(text: str, today: date) -> Period:
    """The period of the address; the current month where it names none."""
    if not text:
        return period_of("month", today)
    try:
        return parse_period(text)
    except NoPeriod as error:
        raise UnknownPeriod(str(error)) from error
