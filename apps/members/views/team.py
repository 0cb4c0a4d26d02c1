"""The page of a team, and who belongs to it besides its own people."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.core.paging import BadCursor
from apps.members.forms.teams import AddMemberForm, EndForm
from apps.members.models import Membership, TeamStage
from apps.members.teams import belonging as services
from apps.members.teams.playbook import PLAYBOOKS
from apps.members.teams.reading import TeamPage, decides_about
from apps.members.views.teams import both, has_figures, reader, team_of

DAY = timedelta(days=1)


@login_required
@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    user, found = reader(request), team_of(request, slug)
    today = Organisation.current().today()
    page = TeamPage(found, user, today, cursor=request.GET.get("page"))
    try:
        members = page.members
    except BadCursor as error:
        raise Http404 from error
    content = {
        "team": found,
        "page": page,
        "members": members,
        "today": today,
        "shows_former": request.GET.get("former") == "1",
        "playbook": PLAYBOOKS[page.stage.key] if page.stage.key else None,
        "decides": decides_about(found, user),
        "stages": TeamStage.choices,
        "has_figures": has_figures(user),
    }
    return render(request, "members/team.html", content)


@login_required
@both
def team_member_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody of another team belongs here too."""
    user, found = reader(request), team_of(request, slug)
    if not decides_about(found, user).fields:
        raise NotPermitted(_("Whoever leads this team decides who belongs to it."))
    initial = {"starts_on": Organisation.current().today(), **kept_initial(request)}
    form = AddMemberForm(request.POST or None, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        last_on = given["last_on"]
        try:
            services.team_member_add(
                team=found,
                member=given["member"],
                starts_on=given["starts_on"],
                ends_on=last_on + DAY if last_on else None,
                by=user,
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            words = _("%(name)s belongs to this team too.")
            messages.success(request, words % {"name": given["member"].name})
            return redirect("team", slug)
    return form_page(request, "members/team_member_add.html", form, team=found)


@login_required
@both
def membership_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The last day of somebody who belongs to the team besides their own."""
    user = reader(request)
    rows = Membership.objects.editable_by(user).select_related("member", "team")
    membership = get_object_or_404(rows, pk=pk)
    initial = {"last_on": Organisation.current().today(), **kept_initial(request)}
    form = EndForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        ends_on = form.cleaned_data["last_on"] + DAY
        try:
            services.membership_end(membership=membership, ends_on=ends_on, by=user)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("team", membership.team.slug)
    content = {"membership": membership, "team": membership.team}
    return form_page(request, "members/team_membership_end.html", form, **content)
