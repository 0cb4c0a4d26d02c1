"""The language and the time zone of the person who asks."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from apps.core.calendars import calendar_scope
from apps.core.formats import currency_scope
from apps.core.models import organisation_scope


class MemberLocaleMiddleware:
    """A member's own language and zone; before sign-in the browser's language (cookie, then header)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self._language(request)
        request.LANGUAGE_CODE = language
        with (
            translation.override(language),
            timezone.override(self._zone(request)),
            currency_scope(),
            organisation_scope(),
            calendar_scope(),
        ):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if not request.user.is_authenticated:
            patch_vary_headers(response, ("Accept-Language",))
        return response

    @staticmethod
    def _language(request: HttpRequest) -> str:
        if request.user.is_authenticated and request.user.language in dict(settings.LANGUAGES):
            return request.user.language
        return translation.get_language_from_request(request)

    @staticmethod
    def _zone(request: HttpRequest) -> ZoneInfo:
        name = request.user.time_zone if request.user.is_authenticated else settings.TIME_ZONE
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            # A zone that this machine's database doesn't know must not lock its member out.
            return ZoneInfo(settings.TIME_ZONE)
