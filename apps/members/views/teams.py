"""The tree of teams: reading it, and every change to a team's place and fields."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.members.forms.teams import MoveForm, NewTeamForm, StageForm, TeamForm
from apps.members.models import Member, Team
from apps.members.querysets import reads, writes
from apps.members.roles import Reach, RecordKind
from apps.members.teams import tree as services
from apps.members.teams.reading import decides_about, stage_of, tree_of

both = require_http_methods(["GET", "HEAD", "POST"])


def reader(request: HttpRequest) -> Member:
    """The reader; 404 for who has to do with nobody's record."""
    user = cast("Member", request.user)
    if reads(user, RecordKind.PEOPLE) < Reach.SUBTREE:
        raise Http404
    return user


def team_of(request: HttpRequest, slug: str) -> Team:
    user = reader(request)
    rows = Team.objects.record_visible_to(user).select_related("lead", "parent", "stage_set_by")
    return get_object_or_404(rows, slug=slug)


def has_figures(user: Member) -> bool:
    """Figures of customers are for those who read them; HR does not."""
    return reads(user, RecordKind.FIGURES) >= Reach.SUBTREE


def _on_top(user: Member) -> bool:
    return writes(user, RecordKind.PEOPLE) is Reach.ALL


@login_required
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """The whole tree as far as the reader sees it."""
    user = reader(request)
    tree = tree_of(user, Organisation.current().today(), may_place_on_top=_on_top(user))
    return render(request, "members/teams.html", {"tree": tree})


@login_required
@both
def team_new(request: HttpRequest) -> HttpResponse:
    """A new team, below the one that the address names."""
    user = reader(request)
    initial = {"parent": request.GET.get("below", ""), "formed_on": Organisation.current().today()}
    form = NewTeamForm(
        request.POST or None,
        user=user,
        may_place_on_top=_on_top(user),
        initial={**initial, **kept_initial(request)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            team = services.team_create(by=user, **form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The team was formed."))
            return redirect("team", team.slug)
    return form_page(request, "members/team_new.html", form)


@login_required
@both
def team_edit(request: HttpRequest, slug: str) -> HttpResponse:
    user, team = reader(request), team_of(request, slug)
    decides = decides_about(team, user)
    if not decides.fields:
        raise NotPermitted(_("Whoever leads the team above decides this."))
    initial = {
        "name": team.name,
        "kind": team.kind,
        "lead": team.lead_id,
        "formed_on": team.formed_on,
        **kept_initial(request),
    }
    form = TeamForm(
        request.POST or None, user=user, team=team, may_place=decides.place, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.team_edit(team=team, by=user, **form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("team", team.slug)
    return form_page(request, "members/team_edit.html", form, team=team)


@login_required
@both
def team_move(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, or the new place itself: what is dragged sends the same fields."""
    user, team = reader(request), team_of(request, slug)
    if not decides_about(team, user).place:
        raise NotPermitted(_("Whoever leads the team above decides this."))
    form = MoveForm(
        request.POST or None,
        team=team,
        user=user,
        may_place_on_top=_on_top(user),
        initial=kept_initial(request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            moved = services.team_move(team=team, to=form.cleaned_data["to"], by=user)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _place_of(moved))
            return redirect("teams")
    return form_page(request, "members/team_move.html", form, team=team)


def _place_of(team: Team) -> str:
    if team.parent is None:
        return _("“%(team)s” stands at the top of the tree now.") % {"team": team.name}
    names = {"team": team.name, "above": team.parent.name}
    return _("“%(team)s” stands below “%(above)s” now.") % names


@login_required
@both
def team_close(request: HttpRequest, slug: str) -> HttpResponse:
    """What closing means, and doing it."""
    user, team = reader(request), team_of(request, slug)
    if not decides_about(team, user).place:
        raise NotPermitted(_("Whoever leads the team above decides this."))
    if request.method == "POST":
        services.team_close(team=team, by=user)
        messages.success(request, _("The team is closed. Its past stays where it is."))
        return redirect("teams")
    content = {"team": team, "has_figures": has_figures(user)}
    return render(request, "members/team_close.html", content)


@login_required
@require_POST
def team_reopen(request: HttpRequest, slug: str) -> HttpResponse:
    services.team_reopen(team=team_of(request, slug), by=reader(request))
    messages.success(request, _("The team is open again."))
    return redirect("team", slug)


@login_required
@both
def team_stage(request: HttpRequest, slug: str) -> HttpResponse:
    """Say the stage by hand, or let the age say it again."""
    user, team = reader(request), team_of(request, slug)
    if not decides_about(team, user).fields:
        raise NotPermitted(_("Whoever leads this team says its stage."))
    stage = stage_of(team, Organisation.current().today())
    initial = {"stage": stage.key, "reason": team.stage_reason, **kept_initial(request)}
    form = StageForm(request.POST or None, initial=initial)
    if request.method == "POST" and "automatic" in request.POST:
        services.team_stage_clear(team=team, by=user)
        messages.success(request, _("The team's age says its stage again."))
        return redirect("team", slug)
    if request.method == "POST" and form.is_valid():
        services.team_stage_set(team=team, by=user, **form.cleaned_data)
        messages.success(request, _("The stage holds until you take it back."))
        return redirect("team", slug)
    return form_page(request, "members/team_stage.html", form, team=team, stage=stage)
