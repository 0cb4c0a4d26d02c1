"""One's own API tokens."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.core import encryption
from apps.core.kept_text import kept_initial
from apps.members.forms.account import TokenForm
from apps.members.models import ApiToken
from apps.members.signing_in.signed_in import me, own_account
from apps.members.signing_in.tokens import token_create, token_revoke

# The new token's id and its secret, encrypted, from its making to the one page that shows it.
SHOW_ONCE = "token_to_show"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_account
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The member's tokens; a new one is shown on the first page after it was made, and never again."""
    form = TokenForm(request.POST or None, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        token, raw = token_create(by=me(request), **form.cleaned_data)
        request.session[SHOW_ONCE] = [token.pk, encryption.encrypt(raw)]
        return redirect("api_tokens")
    made, secret = request.session.pop(SHOW_ONCE, (None, ""))
    context = {
        "form": form,
        "tokens": ApiToken.objects.visible_to(request.user).order_by("revoked_at", "-pk"),
        "made": made,
        "secret": encryption.decrypt(secret) if secret else "",
        "now": timezone.now(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "members/api_tokens.html", context, status=status)


@require_POST
@own_account
def api_token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.editable_by(request.user), pk=pk)
    token_revoke(token=token, by=me(request))
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("api_tokens")
