"""Letting somebody go: who takes what, once more before it is done, and the record of it."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import day_short
from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.members.models import Member
from apps.staffing import leaving as services
from apps.staffing.forms.leaving import LeaveForm
from apps.staffing.leaving_reading import (
    HoldingRow,
    counts_of,
    departure_rows,
    preview_rows,
    teams_led,
)
from apps.staffing.models import Departure, DepartureState


def _member(request: HttpRequest, pk: int) -> Member:
    found: Member = get_object_or_404(Member.objects.record_visible_to(request.user), pk=pk)
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose, see once more, do: three answers of one address.

    Without `check` or `confirm` a POST comes back to the form with what was chosen.
    """
    member = _member(request, pk)
    departure = services.departure_of(member)
    if departure is not None:
        return _departure_page(request, departure)
    if not services.may_let_go(request.user, member):
        raise NotPermitted(_("You may read this record, but not let this person go."))
    form = _form(request, member)
    if request.method == "POST" and "back" not in request.POST and form.is_valid():
        answer = _done(request, form, member) or _once_more(request, form, member)
        if answer is not None:
            return answer
    content = {"member": member, "holdings": counts_of(member)}
    if "back" in request.POST:
        return render(request, "staffing/leave.html", {"form": form, **content})
    return form_page(request, "staffing/leave.html", form, **content)


def _form(request: HttpRequest, member: Member) -> LeaveForm:
    initial = {
        "last_on": Organisation.current().today(),
        "customers_how": "person",
        "opportunities_how": "follow",
        **kept_initial(request),
    }
    return LeaveForm(
        request.POST or None,
        user=request.user,
        member=member,
        teams=teams_led(member),
        initial=initial,
    )


def _done(request: HttpRequest, form: LeaveForm, member: Member) -> HttpResponse | None:
    if "confirm" not in request.POST:
        return None
    given = form.cleaned_data
    by = cast("Member", request.user)
    try:
        departure = services.member_leave(
            member=member, last_on=given["last_on"], plan=form.plan(), reason=given["reason"], by=by
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return None
    names = {"name": member.name, "day": day_short(given["last_on"])}
    if departure.state == DepartureState.DONE:
        words = _("%(name)s has left. Everything they held is in other hands.")
    else:
        words = _("%(name)s leaves after %(day)s. The night after it hands everything over.")
    messages.success(request, words % names)
    return redirect("member_leave", member.pk)


def _once_more(request: HttpRequest, form: LeaveForm, member: Member) -> HttpResponse | None:
    """What would go where; None where it is refused, which the form says then."""
    if form.errors:
        return None
    given = form.cleaned_data
    by = cast("Member", request.user)
    try:
        found = services.preview(member=member, last_on=given["last_on"], plan=form.plan(), by=by)
    except DomainError as refusal:
        refuse(form, refusal)
        return None
    content = {
        "member": member,
        "last_on": given["last_on"],
        "is_today": given["last_on"] == Organisation.current().today(),
        "reason": given["reason"],
        "answers": form.answers(),
        "rows": preview_rows(found, request.user),
    }
    return render(request, "staffing/leave_check.html", content)


def _rows(request: HttpRequest, departure: Departure) -> list[HoldingRow]:
    if departure.state != DepartureState.DONE:
        return []
    return departure_rows(departure, request.user)


def _departure_page(request: HttpRequest, departure: Departure) -> HttpResponse:
    """What is planned, or what went where."""
    get_object_or_404(Departure.objects.visible_to(request.user), pk=departure.pk)
    content = {
        "member": departure.member,
        "departure": departure,
        "rows": _rows(request, departure),
        "may_cancel": services.may_let_go(request.user, departure.member),
    }
    return render(request, "staffing/leave_record.html", content)


@login_required
@require_safe
def member_departure(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the member's page: that they leave or have left, and what went where."""
    member = _member(request, pk)
    departure = services.departure_of(member)
    if departure is None or request.user.pk == member.pk:
        return HttpResponse()
    content = {
        "member": member,
        "departure": departure,
        "rows": _rows(request, departure),
        "may_cancel": services.may_let_go(request.user, member),
    }
    return render(request, "staffing/leave_panel.html", content)


@login_required
@require_POST
def member_leave_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """They stay after all."""
    member = _member(request, pk)
    rows = Departure.objects.visible_to(request.user).filter(member=member)
    found = get_object_or_404(rows, state=DepartureState.PLANNED)
    services.departure_cancel(departure=found, by=cast("Member", request.user))
    messages.success(request, _("%(name)s stays.") % {"name": member.name})
    return redirect("member_leave", member.pk)
