"""Until the firm has its name, zone, currency and calendar, an administrator sees that page only.

Other people are not held up: they could do nothing about it.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from apps.core.models import Organisation
from apps.members.signing_in.signed_in import real_person

# The page itself, leaving, reading it in one's own language, and one's own second step.
OPEN = {
    "set_up",
    "calendar_preview",
    "choose_language",
    "choose_theme",
    "favicon",
    "two_step_set_up",
}
ACCOUNT = ("account_", "mfa_")


class SetUpMiddleware:
    """Leads administrators of an installation that is not set up to its set-up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        if name in OPEN or name.startswith(ACCOUNT):
            return None
        person = real_person(request)
        if person is None or not person.role.administers:
            return None
        if Organisation.current().set_up_at is not None:
            return None
        address = reverse("set_up")
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return redirect(address)
