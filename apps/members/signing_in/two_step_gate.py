"""Whoever has to sign in in two steps gets no further until they can."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from apps.members.signing_in.two_step import is_missing

NEXT = "after_two_step"
# Setting up, confirming who one is while doing so, leaving, and reading it in one's own language.
OPEN = {
    "two_step_set_up",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "account_logout",
    "choose_language",
    "choose_theme",
    "favicon",
}


class TwoStepMiddleware:
    """Closes every page to a member whose role requires a second step that they don't have yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        request.two_step_missing = is_missing(request)  # type: ignore[attr-defined]
        if not request.two_step_missing:  # type: ignore[attr-defined]
            return None
        if request.resolver_match and request.resolver_match.url_name in OPEN:
            return None
        if request.method == "GET" and request.headers.get("HX-Request") != "true":
            request.session[NEXT] = request.get_full_path()
        address = reverse("two_step_set_up")
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return redirect(address)
