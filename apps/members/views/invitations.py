"""Inviting people: one, many from a file, again, not any more; and the page of who was invited."""

from http import HTTPStatus

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.core.lists import list_response, listing
from apps.core.models import Organisation
from apps.members.access import for_administrators, for_everybodys_people, reader_of
from apps.members.filters.people import INVITATION_COLUMNS, InvitationFilter
from apps.members.forms.invitations import AcceptForm, InvitationForm
from apps.members.invitations.services import (
    AlreadyInvited,
    AlreadyMember,
    InvitationGone,
    invitation_accept,
    invitation_create,
    invitation_of,
    invitation_renew,
    invitation_revoke,
)
from apps.members.models import Invitation, InvitationState

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@for_everybodys_people
def invitations(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    result = listing(
        request,
        Invitation.objects.visible_to(reader),
        InvitationFilter(request.GET),
        columns=INVITATION_COLUMNS,
        default="-invited",
    )
    context = {"may_invite": reader.role.administers, "unanswered": _unanswered()}
    return list_response(request, "members/invitations.html", result, **context)


def _unanswered() -> set[InvitationState]:
    """States in which an invitation can be sent again or taken back."""
    return {InvitationState.OPEN, InvitationState.EXPIRED}


@both
@for_administrators
def invitation_new(request: HttpRequest) -> HttpResponse:
    reader, firm = reader_of(request), Organisation.current()
    initial = {"time_zone": firm.time_zone, "language": firm.language}
    form = InvitationForm(
        request.POST or None, reader=reader, initial={**initial, **kept_initial(request)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitation_create(invitee=form.invitee(), by=reader)
        except (AlreadyMember, AlreadyInvited) as refusal:
            form.add_error("email", _taken(refusal))
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            text = _("The invitation to %(email)s is on its way.") % {"email": invitation.email}
            messages.success(request, text)
            return redirect("invitations")
    return form_page(request, "members/invitation_new.html", form)


def _taken(refusal: AlreadyMember | AlreadyInvited) -> str:
    """The refusal with the way to what is there already."""
    if isinstance(refusal, AlreadyMember):
        address, words = reverse("member", args=[refusal.member.pk]), _("Open the member’s page")
    else:
        address = reverse("invitations", query={"q": refusal.invitation.email})
        words = _("Show the invitation")
    return format_html('{} <a href="{}">{}</a>', refusal.message, address, words)


@require_POST
@for_administrators
def invitation_renew_action(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Invitation.objects.editable_by(request.user), pk=pk)
    invitation_renew(invitation=found, by=reader_of(request))
    text = _("%(email)s gets a new link; the old one does not work any more.")
    messages.success(request, text % {"email": found.email})
    return redirect("invitations")


@require_POST
@for_administrators
def invitation_revoke_action(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Invitation.objects.editable_by(request.user), pk=pk)
    invitation_revoke(invitation=found, by=reader_of(request))
    text = _("The invitation of %(email)s is taken back: its link lets nobody in.")
    messages.success(request, text % {"email": found.email})
    return redirect("invitations")


@both
@never_cache
def invitation_accept_page(request: HttpRequest, token: str) -> HttpResponse:
    """For who holds the link. Every link that lets nobody in is answered alike."""
    invitation = invitation_of(token)
    if invitation is None:
        return _gone(request)
    # The mail was in the invitee's language; whoever has chosen one in this browser keeps it.
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    with translation.override(request.LANGUAGE_CODE if chosen else invitation.language):
        names = ("name", "language", "time_zone")
        initial = {name: getattr(invitation, name) for name in names}
        form = AcceptForm(request.POST or None, invitation=invitation, initial=initial)
        if request.method == "POST" and form.is_valid():
            return _accepted(request, invitation, form)
        response = form_page(request, "members/invitation_accept.html", form, invitation=invitation)
        response.headers["Content-Language"] = translation.get_language()
    # The address is a secret: no page that is opened from here hears of it. Without any referrer
    # browsers would hide the origin too, which the form's protection asks for.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "members/invitation_gone.html", status=HTTPStatus.NOT_FOUND)


def _accepted(request: HttpRequest, invitation: Invitation, form: AcceptForm) -> HttpResponse:
    given = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "again"}
    try:
        member = invitation_accept(invitation=invitation, **given)
    except InvitationGone:
        return _gone(request)
    if request.user.is_authenticated:
        logout(request)
    record_authentication(request, member, "password", email=member.email)
    response: HttpResponse = perform_login(request, member)
    return response
