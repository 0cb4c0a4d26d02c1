"""Moving somebody to another team, and taking back what is planned."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import day_short
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.members.models import Member
from apps.members.selectors import primary_team_on
from apps.staffing import moves as services
from apps.staffing.forms.moves import MoveMemberForm
from apps.staffing.leaving_reading import open_work, reads_sales, teams_led


def member_of(request: HttpRequest, pk: int) -> Member:
    """The member; 404 for whose record the reader doesn't open."""
    found: Member = get_object_or_404(Member.objects.record_visible_to(request.user), pk=pk)
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_move(request: HttpRequest, pk: int) -> HttpResponse:
    """The form with what would come along; a POST moves."""
    member = member_of(request, pk)
    if not services.may_move(request.user, member):
        raise NotPermitted(_("You may read this record, but not change it."))
    today = Organisation.current().today()
    present = primary_team_on(member, today)
    form = MoveMemberForm(
        request.POST or None,
        user=request.user,
        present=present,
        initial={"on": today, **kept_initial(request)},
    )
    if request.method == "POST" and form.is_valid() and _moved(request, form, member):
        return redirect("member", member.pk)
    content = {
        "member": member,
        "present": present,
        "planned": services.planned_move(member),
        "work": open_work(member) if reads_sales(request.user) else None,
        "led": teams_led(member),
    }
    return form_page(request, "staffing/move.html", form, **content)


def _moved(request: HttpRequest, form: MoveMemberForm, member: Member) -> bool:
    given = form.cleaned_data
    by = cast("Member", request.user)
    try:
        moved = services.member_move(
            member=member, to=given["to"], on=given["on"], reason=given["reason"], by=by
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    names = {"name": member.name, "team": given["to"].name, "day": day_short(given["on"])}
    if moved.followed is None:
        words = _("%(name)s belongs to %(team)s from %(day)s on.") % names
    else:
        words = _("%(name)s belongs to %(team)s now.") % names
        if reads_sales(request.user) and moved.followed:
            came = ngettext(
                "%(n)s open opportunity came along.",
                "%(n)s open opportunities came along.",
                moved.followed,
            )
            words += " " + came % {"n": moved.followed}
    messages.success(request, words)
    return True


@login_required
@require_POST
def member_move_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the move that is planned."""
    member = member_of(request, pk)
    planned = services.planned_move(member)
    if planned is None:
        raise Http404
    services.move_cancel(membership=planned, by=cast("Member", request.user))
    words = _("The move to %(team)s is cancelled.")
    messages.success(request, words % {"team": planned.team.name})
    return redirect("member_move", member.pk)
