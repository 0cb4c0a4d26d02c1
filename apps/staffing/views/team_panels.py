"""Parts of a team's page that count customers, opportunities and orders."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from apps.core.models import Organisation
from apps.members.models import Member, Team
from apps.members.teams.reading import stage_of
from apps.staffing.team_panels import SIGN_DAYS, signs_of
from apps.staffing.team_panels_load import open_work, team_load


def _team(request: HttpRequest, slug: str) -> Team:
    """A team whose page the reader opens and whose figures they read; 404 for the others."""
    user = cast("Member", request.user)
    pages = Team.objects.record_visible_to(user).values("pk")
    return get_object_or_404(Team.objects.visible_to(user).filter(pk__in=pages), slug=slug)


def _panel(request: HttpRequest, template: str, content: dict[str, Any]) -> HttpResponse:
    """The part alone for htmx, else as a page of its own."""
    is_part = bool(getattr(request, "htmx", False))
    page = template if is_part else "staffing/team_panel_page.html"
    return render(request, page, {**content, "panel": template, "is_part": is_part})


@login_required
@require_safe
@vary_on_headers("HX-Request")
def team_signs(request: HttpRequest, slug: str) -> HttpResponse:
    team, today = _team(request, slug), Organisation.current().today()
    stage = stage_of(team, today).key
    if stage is None:
        raise Http404
    signs = signs_of(team, stage, cast("Member", request.user), today)
    content = {"team": team, "stage": stage, "signs": signs, "days": SIGN_DAYS}
    return _panel(request, "staffing/team_signs.html", content)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def team_load_panel(request: HttpRequest, slug: str) -> HttpResponse:
    team, today = _team(request, slug), Organisation.current().today()
    show_all = request.GET.get("members") == "all"
    load = team_load(team, cast("Member", request.user), today, show_all=show_all)
    return _panel(request, "staffing/team_load.html", {"team": team, "load": load})


@login_required
@require_safe
@vary_on_headers("HX-Request")
def team_open_work(request: HttpRequest, slug: str) -> HttpResponse:
    """What still counts for a team that somebody is about to close."""
    team = _team(request, slug)
    content = {"team": team, "count": open_work(team, cast("Member", request.user))}
    return _panel(request, "staffing/team_open_work.html", content)
