"""The way to the provider of the single sign-on, and back."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from requests import RequestException

from apps.members.signing_in.single_sign_on import CheckedOpenIDConnect, failed, is_set_up

NONCE_LENGTH = 32


class Back(OAuth2CallbackView):  # type: ignore[misc]
    """The provider's answer, which must be to the question that this session asked."""

    def _get_state(
        self, request: HttpRequest, provider: object
    ) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, refusal = super()._get_state(request, provider)
        self.adapter.nonce = state["nonce"] if state else ""
        return state, refusal


@never_cache
def single_sign_on(request: HttpRequest) -> HttpResponse:
    """Asks the provider who this is.

    The page leads there by itself and by a link. A redirect would be the answer to a form, and the
    content policy lets forms lead to this site only, whatever further hops the provider makes.
    """
    if not is_set_up():
        raise Http404
    if request.method != "POST":
        return redirect("account_login")
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="login")
    if limited is not None:
        return limited
    nonce = get_random_string(NONCE_LENGTH)
    try:
        answer: HttpResponse = (
            CheckedOpenIDConnect(request)
            .get_provider()
            .redirect(
                request,
                AuthProcess.LOGIN,
                next_url=get_next_redirect_url(request),
                auth_params={"nonce": nonce},
                nonce=nonce,
            )
        )
    except (OAuth2Error, RequestException) as error:
        return failed(request, None, error)
    if "Location" not in answer.headers:
        return answer
    return render(request, "socialaccount/leaving.html", {"address": answer.headers["Location"]})


@never_cache
def single_sign_on_back(request: HttpRequest) -> HttpResponse:
    if not is_set_up():
        raise Http404
    try:
        answer: HttpResponse = Back.adapter_view(CheckedOpenIDConnect(request))(request)
    except (OAuth2Error, RequestException) as error:
        return failed(request, None, error)
    return answer
