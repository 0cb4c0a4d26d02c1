"""The directory, a member's page, and changes to a member's record."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError, NotPermitted
from apps.core.exports import export_response
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.members.access import (
    for_people_exporters,
    for_people_roles,
    may_export_people,
    reader_of,
)
from apps.members.directory import SIGN_INS_SHOWN, deeds, record_of
from apps.members.exports import people_export as export_of_people
from apps.members.filters.people import COLUMNS, PeopleFilter
from apps.members.forms.people import MemberForm, ReactivateForm
from apps.members.models import Invitation, Member
from apps.members.people import member_reactivate, member_update
from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind
from apps.members.signing_in.sign_in_log import last_sign_ins

both = require_http_methods(["GET", "HEAD", "POST"])


def _member(request: HttpRequest, pk: int) -> Member:
    found: Member = get_object_or_404(Member.objects.record_visible_to(request.user), pk=pk)
    return found


@require_safe
@for_people_roles
def people(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    result = listing(
        request,
        Member.objects.record_visible_to(reader),
        PeopleFilter(request.GET, user=reader),
        columns=COLUMNS,
        default="name",
    )
    seen = reads(reader, RecordKind.PEOPLE) is Reach.ALL
    invited = Invitation.objects.visible_to(reader).in_state("open").count() if seen else None
    context = {
        "invited": invited,
        "may_invite": reader.role.administers,
        "may_export": may_export_people(reader),
    }
    return list_response(request, "members/people.html", result, **context)


@require_GET
@for_people_exporters
def people_export(request: HttpRequest) -> HttpResponseBase:
    reader = reader_of(request)
    return export_response(
        request,
        Member.objects.record_visible_to(reader),
        PeopleFilter(request.GET, user=reader),
        listed=COLUMNS,
        default="name",
        export=export_of_people(),
    )


@require_safe
@for_people_roles
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """The record; stand-ins and the record's history come as panels of their own."""
    found = _member(request, pk)
    reader = reader_of(request)
    context = {
        "member": found,
        "record": record_of(found),
        "deeds": deeds(found, reader),
        "sign_ins": last_sign_ins(found, SIGN_INS_SHOWN),
    }
    return render(request, "members/member.html", context)


@both
@for_people_roles
def member_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, reader = _member(request, pk), reader_of(request)
    form = MemberForm(
        request.POST or None,
        member=found,
        reader=reader,
        initial={**MemberForm.initial_of(found), **kept_initial(request)},
    )
    if not form.mine:
        raise NotPermitted(_("You may read this record, but not change it."))
    if request.method == "POST" and form.is_valid() and _updated(form, reader):
        messages.success(request, _("Saved."))
        return redirect("member", pk)
    return form_page(request, "members/member_edit.html", form, member=found)


def _updated(form: MemberForm, by: Member) -> bool:
    """Whether the change was made; where it was refused, the form says why."""
    try:
        member_update(
            member=form.member,
            values=form.values(),
            positions=form.cleaned_data.get("positions"),
            positions_on=form.cleaned_data.get("positions_on"),
            by=by,
        )
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return not form.errors


@both
@for_people_roles
def member_reactivate_page(request: HttpRequest, pk: int) -> HttpResponse:
    found, reader = _member(request, pk), reader_of(request)
    if not reader.role.administers:
        raise Http404
    initial = {"starts_on": Organisation.current().today(), **kept_initial(request)}
    form = ReactivateForm(request.POST or None, reader=reader, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            member_reactivate(member=found, by=reader, **form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            text = _("%(name)s can sign in again.") % {"name": found.name}
            messages.success(request, text)
            return redirect("member", pk)
    return form_page(request, "members/member_reactivate.html", form, member=found)
