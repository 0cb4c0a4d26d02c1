"""Refusals of the domain become an answer in this one place."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.core.errors import DomainError


class DomainErrorMiddleware:
    """Turns a DomainError into a page, into a fragment for htmx, or into a problem body (RFC 9457)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if self._wants_json(request):
            return self._problem(exception)
        context = {"message": exception.message}
        fragment = bool(getattr(request, "htmx", False))
        template = "core/refused_fragment.html" if fragment else "core/refused.html"
        return render(request, template, context, status=exception.status)

    @staticmethod
    def _wants_json(request: HttpRequest) -> bool:
        return request.get_preferred_type(["text/html", "application/json"]) == "application/json"

    @staticmethod
    def _problem(refusal: DomainError) -> JsonResponse:
        body = {
            "type": f"about:blank#{type(refusal).__name__}",
            "title": HTTPStatus(refusal.status).phrase,
            "status": refusal.status,
            "detail": str(refusal.message),
        }
        return JsonResponse(body, status=refusal.status, content_type="application/problem+json")
