"""One's own sign-in: what protects it, where it is in use, and the reset by an administrator."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.members.models import ApiToken, Member
from apps.members.signing_in.sessions import (
    other_sessions_end,
    own_session,
    session_end,
    sessions_of,
)
from apps.members.signing_in.signed_in import me, own_account
from apps.members.signing_in.two_step import reset_check, second_steps, two_step_reset


@require_safe
@own_account
def security(request: HttpRequest) -> HttpResponse:
    member = me(request)
    tokens = ApiToken.objects.visible_to(member)
    context: dict[str, Any] = {
        "steps": second_steps(member),
        "sessions": sessions_of(member, this_key=request.session.session_key),
        "tokens": tokens.in_use().count(),
        "has_password": member.has_usable_password(),
    }
    return render(request, "members/security.html", context)


@require_safe
@own_account
def two_step_set_up(request: HttpRequest) -> HttpResponse:
    """The choice of a second step; the only page for those who have to have one and don't."""
    steps = second_steps(me(request))
    if steps.is_on:
        return redirect("security")
    return render(request, "members/security_set_up.html", {"steps": steps})


@require_POST
@own_account
def one_session_end(request: HttpRequest, pk: int) -> HttpResponse:
    session = own_session(me(request), pk)
    if session is None:
        raise Http404
    if session.session_key == request.session.session_key:
        return redirect("account_logout")
    session_end(session=session, by=me(request))
    messages.success(request, _("That session is signed out."))
    return redirect("security")


@require_POST
@own_account
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    ended = other_sessions_end(by=me(request), this_key=request.session.session_key)
    text = ngettext(
        "%(count)d other session is signed out.", "%(count)d other sessions are signed out.", ended
    )
    messages.success(request, text % {"count": ended})
    return redirect("security")


@require_POST
@own_account
def member_two_step_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factors off a member who lost them; for administrators."""
    member = get_object_or_404(Member.objects.record_visible_to(request.user), pk=pk)
    reset_check(member=member, by=me(request))
    answer: HttpResponse = _reset(request, member)
    return answer


@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def _reset(request: HttpRequest, member: Member) -> HttpResponse:
    two_step_reset(member=member, by=me(request))
    messages.success(
        request, _("%(name)s signs in with the password alone now.") % {"name": member.name}
    )
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else "home")
