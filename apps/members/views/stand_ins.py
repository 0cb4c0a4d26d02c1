"""Who leads while somebody is away: on the member's page and on one's own profile."""

from datetime import timedelta
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.members.forms.stand_ins import StandInForm
from apps.members.models import Member, StandIn
from apps.members.roles import LEADING
from apps.members.teams import stand_ins as services
from apps.members.teams.stand_ins_reading import absences_of, standing_in_of
from apps.members.views.teams import both

DAY = timedelta(days=1)


def _person(user: Member, pk: int) -> Member:
    """Oneself, or somebody whose record the reader opens."""
    if user.pk == pk:
        return user
    found: Member = get_object_or_404(Member.objects.record_visible_to(user), pk=pk)
    return found


def _may_name(user: Member, absent: Member) -> bool:
    return absent.role in LEADING and absent.is_active and services.may_decide(user, absent)


@login_required
@both
@vary_on_headers("HX-Request")
def member_stand_ins(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel for htmx, or the same as a page of its own; a POST names somebody."""
    user = cast("Member", request.user)
    absent = _person(user, pk)
    today = Organisation.current().today()
    form = StandInForm(
        request.POST or None,
        absent=absent,
        user=user,
        initial={"starts_on": today, **kept_initial(request)},
    )
    if request.method == "POST" and form.is_valid() and _named(request, form, absent):
        return redirect("member_stand_ins", pk)
    is_part = bool(getattr(request, "htmx", False))
    content = {
        "member": absent,
        "is_self": user.pk == absent.pk,
        "may_name": _may_name(user, absent),
        "absences": absences_of(absent, today),
        "standing_in": standing_in_of(absent, today),
        "today": today,
        "is_part": is_part,
    }
    template = "members/stand_ins.html" if is_part else "members/stand_ins_page.html"
    return form_page(request, template, form, **content)


def _named(request: HttpRequest, form: StandInForm, absent: Member) -> bool:
    given = form.cleaned_data
    try:
        services.stand_in_name(
            absent=absent,
            stand_in=given["stand_in"],
            starts_on=given["starts_on"],
            ends_on=given["last_on"] + DAY,
            by=cast("Member", request.user),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    words = _("%(name)s stands in on these days and is told by mail.")
    messages.success(request, words % {"name": given["stand_in"].name})
    return True


@login_required
@require_POST
def stand_in_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    rows = StandIn.objects.editable_by(request.user).select_related("absent", "stand_in")
    found = get_object_or_404(rows, pk=pk)
    services.stand_in_cancel(stand_in=found, by=cast("Member", request.user))
    words = _("Cancelled. %(name)s is told by mail.")
    messages.success(request, words % {"name": found.stand_in.name})
    return redirect("member_stand_ins", found.absent_id)
