"""The start page and the switches for language and theme."""

from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.context_processors import LANGUAGES, THEME_COOKIE, THEMES
from apps.core.gallery import gallery
from apps.core.navigation import RUNNING, Reader, first_address, has_use
from apps.core.services import language_choose

YEAR_SECONDS = 365 * 24 * 3600


def _back(request: HttpRequest) -> HttpResponse:
    """Back to the page that the switch was used on, never to another site."""
    target = request.POST.get("next") or request.headers.get("Referer") or "/"
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if allowed else "/")


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Sends everybody to the page that their role starts with."""
    address = first_address(cast("Reader", request.user))
    if address is None:
        return render(request, "core/nothing_yet.html")
    return redirect(address)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keeps the language in the browser and, for a member, with the member."""
    code = request.POST.get("language", "")
    if code not in {language for language, *_ in LANGUAGES}:
        return HttpResponseBadRequest("unknown language")
    response = _back(request)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=YEAR_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    # Who looks as somebody else changes nothing of theirs: the session keeps that choice.
    if request.user.is_authenticated and getattr(request.user, "acted_by", None) is None:
        language_choose(by=request.user, language=code)
    return response


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest("unknown theme")
    response = _back(request)
    response.set_cookie(
        THEME_COOKIE,
        theme,
        max_age=YEAR_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@login_required
def components(request: HttpRequest) -> HttpResponse:
    """Every component with invented values, for administrators who build pages."""
    if not has_use(cast("Reader", request.user), RUNNING):
        raise Http404
    return render(request, "core/components.html", gallery())


def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Browsers ask for this address beside PDFs and downloads, which name no icon."""
    return redirect(static("img/mark.svg"))
