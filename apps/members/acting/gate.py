"""Puts the person looked at in the administrator's place, and holds what that must not allow."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.context_processors import LANGUAGES
from apps.core.errors import NotPermitted
from apps.core.middleware import DomainErrorMiddleware
from apps.members.acting.services import (
    KEY,
    Acting,
    acting_stop,
    acting_viewed,
    person_acted_for,
    why_over,
)

if TYPE_CHECKING:
    from apps.members.models import Member

SAFE = {"GET", "HEAD", "OPTIONS"}
# What the administrator does as themselves meanwhile.
OWN_DOORS = {"acting_stop", "account_logout"}
# Switches that change nothing but this browser and this session.
SWITCHES = {"choose_theme", "choose_language"}
ACCOUNT = re.compile(
    r"^(account_|mfa_|usersessions_|socialaccount_|openid_connect|security|session|two_step"
    r"|api_token|profile|kept_)"
)
FILES = re.compile(r"_(export|exports|pdf|csv|xlsx|file|rejected|download)$")
SHOWN = ("text/", "application/json", "application/problem+json")

READ_ONLY = gettext_lazy(
    "You are looking at the product as somebody else: you can look, but change nothing."
    " Stop looking to go on as yourself."
)
NO_FILES = gettext_lazy(
    "Nobody takes files away while looking at the product as somebody else."
    " Stop looking to go on as yourself."
)
OVER = gettext_lazy(
    "You are not looking at the product as somebody else any more, so nothing was done."
)


class ActingRefused(NotPermitted):
    """Not while looking at the product as somebody else."""


class ActingMiddleware:
    """Stands behind whatever is about the session's own person, before language and zone are set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.refusals = DomainErrorMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        acting = Acting.of(request.session)
        if acting is None:
            return self.get_response(request)
        by = request.user
        target = person_acted_for(acting, by)
        if target is None:
            del request.session[KEY]
            acting_stop(acting=acting, why=why_over(acting))
            request.acting_is_over = True  # type: ignore[attr-defined]
            return self.get_response(request)
        request.user = target
        try:
            return self._answered(request, target)
        finally:
            # Whatever stands before is about the session's own person.
            request.user = by

    def _answered(self, request: HttpRequest, target: "Member") -> HttpResponse:
        response = self.get_response(request)
        if request.user is not target:
            return response
        if _is_file(response):
            response.close()
            with translation.override(target.language):
                return self._refused(request, NO_FILES)
        if target.acted_by is not None and _is_page(request, response):
            by = target.acted_by
            acting_viewed(target=target, by=by, path=request.get_full_path())
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Any,  # noqa: ANN401, ARG002 - Django's signature
        args: Any,  # noqa: ANN401, ARG002
        kwargs: Any,  # noqa: ANN401, ARG002
    ) -> HttpResponseBase | None:
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        if getattr(request, "acting_is_over", False):
            return self._said(request, name)
        if getattr(request.user, "acted_by", None) is None:
            return None
        if name in OWN_DOORS:
            self._as_themselves(request, name)
            return None
        if ACCOUNT.match(name):
            raise Http404
        if name in SWITCHES:
            self._keep_language(request, name)
            return None
        if request.method not in SAFE:
            return self._refused(request, READ_ONLY)
        return self._refused(request, NO_FILES) if FILES.search(name) else None

    def _said(self, request: HttpRequest, name: str) -> HttpResponseBase | None:
        """It ended between two clicks: a change that was meant for nobody is not made by anybody."""
        if name in OWN_DOORS | SWITCHES:
            return None
        if request.method not in SAFE:
            return self._refused(request, OVER)
        messages.info(request, _("You are looking at the product as yourself again."))
        return None

    @staticmethod
    def _as_themselves(request: HttpRequest, name: str) -> None:
        request.user = getattr(request.user, "acted_by", None) or request.user
        acting = Acting.of(request.session)
        if name == "account_logout" and request.method == "POST" and acting is not None:
            acting_stop(acting=acting, why="sign_out")

    @staticmethod
    def _keep_language(request: HttpRequest, name: str) -> None:
        code = request.POST.get("language", "")
        if name == "choose_language" and code in {language for language, *_rest in LANGUAGES}:
            request.session[KEY] = request.session[KEY] | {"language": code}

    def _refused(self, request: HttpRequest, words: Any) -> HttpResponse:  # noqa: ANN401 - lazy text
        refused = self.refusals.process_exception(request, ActingRefused(words))
        assert refused is not None  # noqa: S101 - it answers every DomainError
        return refused


def _is_file(response: HttpResponseBase) -> bool:
    """Whatever is saved or printed rather than shown: the net below the names of `FILES`."""
    kind = response.headers.get("Content-Type", SHOWN[0])
    disposition = response.headers.get("Content-Disposition", "")
    return disposition.startswith("attachment") or not kind.startswith(SHOWN)


def _is_page(request: HttpRequest, response: HttpResponseBase) -> bool:
    """A page that was opened: no part of one, no suggestion, nothing that polls."""
    if request.method != "GET" or response.status_code != 200:  # noqa: PLR2004
        return False
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return False
    is_part = request.headers.get("HX-Request") == "true"
    is_boosted = request.headers.get("HX-Boosted") == "true"
    return not is_part or is_boosted or "HX-Push-Url" in response.headers
