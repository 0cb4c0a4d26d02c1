"""What somebody typed into a form after their session had ended is there again once they sign in.

    POST without a session ──▶ typed fields into the anonymous session, with who was here last
    sign-in as that person ──▶ the form's page; `kept_initial` fills the form, with a notice
    sign-in as another     ──▶ dropped, unseen

“Who was here” is a signed cookie that scripts can't read, set at sign-in and deleted at sign-out.
Passwords, codes, tokens and files are never kept.
"""

import json
import re
import time
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure

KEPT = "kept_text"
KEPT_SECONDS = 3600
MOST_CHARACTERS = 100_000
COOKIE = "last_here"
COOKIE_SALT = "apps.core.kept_text"
COOKIE_SECONDS = 30 * 24 * 3600
EXPIRY = "_session_expiry"
# Field names whose values must not be written down, and those that nobody typed.
NEVER = re.compile(r"pass|secret|token|csrf|credential|otp|^code$|^next$", re.IGNORECASE)


class KeptTextMiddleware:
    """Keeps text of forms that arrive too late, and says who was here last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_here = request.user.pk
        if was_here:
            _drop_what_is_over(request)
        response = self.get_response(request)
        if request.user.is_authenticated:
            _lengthen(request)
            _remember(request, response)
            return _to_the_page(request, response)
        if was_here:
            response.delete_cookie(COOKIE, samesite="Lax")
            return response
        return _keep(request, response)


def kept_initial(
    request: HttpRequest, *, prefix: str = "", ticks: Collection[str] = (), posted_to: str = ""
) -> dict[str, Any]:
    """The text typed into this page's form before the session ended, for the form's `initial`.

    `ticks` names the boxes of the form: browsers send only those that are ticked. `posted_to` is
    where the form is sent, if that is not this page: a part of a page that has several forms says
    of which one the text is.
    """
    kept = request.session.get(KEPT)
    if request.method != "GET" or not kept or not request.user.is_authenticated:
        return {}
    places = {kept["path"]} if posted_to else {kept["path"], kept["page"].partition("?")[0]}
    if (posted_to or request.path) not in places:
        return {}
    if not getattr(request, "kept_text_told", False):
        request.kept_text_told = True  # type: ignore[attr-defined]
        messages.warning(
            request, _("You were signed out; what you typed is here again. Check and save.")
        )
    start = f"{prefix}-" if prefix else ""
    typed = {
        name.removeprefix(start): values[0] if len(values) == 1 else values
        for name, values in kept["fields"].items()
        if name.startswith(start)
    }
    return {name: name in typed for name in ticks} | typed


def _drop_what_is_over(request: HttpRequest) -> None:
    """Text of another person, of more than an hour ago, or that is being sent again now."""
    kept = request.session.get(KEPT)
    if not kept:
        return
    is_mine = kept["who"] == str(request.user.pk)
    is_old = time.time() - kept["at"] > KEPT_SECONDS
    is_sent = request.method == "POST" and request.path == kept["path"]
    if not is_mine or is_old or is_sent:
        del request.session[KEPT]


def _lengthen(request: HttpRequest) -> None:
    """A session that began with kept text lives as long as any other, once somebody signed in."""
    if KEPT in request.session and request.session.get(EXPIRY) == KEPT_SECONDS:
        request.session.set_expiry(None)


def _remember(request: HttpRequest, response: HttpResponse) -> None:
    person = str(request.user.pk)
    # An administrator who looks at the product as somebody else is still somebody else.
    if _last_here(request) == person or getattr(request.user, "acted_by", None) is not None:
        return
    response.set_signed_cookie(
        COOKIE,
        person,
        salt=COOKIE_SALT,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _last_here(request: HttpRequest) -> str | None:
    return request.get_signed_cookie(COOKIE, None, salt=COOKIE_SALT, max_age=COOKIE_SECONDS)


def _to_the_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Signing in leads to the address that was posted to; where that shows no form, to its page."""
    kept = request.session.get(KEPT)
    is_refused = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"
    if kept and is_refused and request.path == kept["path"] and kept["page"]:
        return redirect(kept["page"])
    return response


def _keep(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer somebody who has to sign in: keep what was typed, and lead htmx there as a page."""
    target = urlsplit(response.headers.get("Location", ""))
    if target.path != resolve_url(settings.LOGIN_URL) or "next" not in parse_qs(target.query):
        return response
    page, person = _page(request), _last_here(request)
    if request.method == "POST" and person and _write_down(request, person, page):
        request.session.set_expiry(KEPT_SECONDS)
    if request.headers.get("HX-Request") != "true":
        return response
    address = f"{target.path}?{urlencode({'next': page})}" if page else target.path
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is of an earlier sign-in comes back with its text and a fresh token.

    That is the old tab of somebody who signed in again in another one. Only what the browser itself
    says comes from one of our own pages is taken up, and nothing is done with it: it is shown.
    """
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    person, page = request.user, _page(request)
    is_signed_in = person.is_authenticated and getattr(person, "acted_by", None) is None
    if is_ours and page and is_signed_in and _write_down(request, str(person.pk), page):
        return redirect(page)
    return csrf_failure(request, reason)


def _write_down(request: HttpRequest, person: str, page: str) -> bool:
    """Keep the typed fields for the person; false where there are none, or too many."""
    fields = _typed(request)
    if not fields or len(json.dumps(fields)) > MOST_CHARACTERS:
        return False
    request.session[KEPT] = {
        "who": person,
        "path": request.path,
        "page": page,
        "fields": fields,
        "at": time.time(),
    }
    return True


def _typed(request: HttpRequest) -> dict[str, list[str]]:
    return {
        name: [str(value) for value in values]
        for name, values in request.POST.lists()
        if not NEVER.search(name) and any(values)
    }


def _page(request: HttpRequest) -> str:
    """Address, without host, of the page on which the form stood; empty if it is not one of ours."""
    said = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    if said.netloc != request.get_host() or not said.path.startswith("/"):
        return ""
    return f"{said.path}?{said.query}" if said.query else said.path
