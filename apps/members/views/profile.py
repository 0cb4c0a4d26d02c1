"""One's own profile."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.kept_text import kept_initial
from apps.core.models import Organisation
from apps.members.forms.account import ProfileForm
from apps.members.selectors import primary_team_on
from apps.members.signing_in.own_account import PROFILE, profile_change
from apps.members.signing_in.signed_in import me, own_account


@require_http_methods(["GET", "HEAD", "POST"])
@own_account
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language and time zone; the email with the way to change it."""
    member = me(request)
    initial = {name: getattr(member, name) for name in PROFILE} | kept_initial(request)
    form = ProfileForm(request.POST or None, member=member, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = profile_change(by=member, **form.cleaned_data)
        with translation.override(changed.language):
            messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    context = {
        "form": form,
        "member": member,
        "team": primary_team_on(member, Organisation.current().today()),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "members/profile.html", context, status=status)
