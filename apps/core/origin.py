"""Where a change comes from: by which door, from which address, and who acts for whom.

This is provenance for the audit trail and nothing else. It must never decide what somebody may see
or do: outside of a request, a task or a command it is simply empty, so a rule that read it would
fail open. Permission is asked of the person who is passed on as `by` or `user`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

WEB, API, TASK, COMMAND = "web", "api", "task", "command"
API_PREFIX = "/api/"


def nobody() -> None:
    """Nobody acts for anybody."""


@dataclass(frozen=True)
class Origin:
    """`channel` is one of `AuditChannel`; `acting` names the administrator who acts for somebody."""

    channel: str = ""
    address: str | None = None
    acting: Callable[[], Any] = nobody


UNKNOWN = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=UNKNOWN)


def current_origin() -> Origin:
    """The origin of what is going on; for the audit trail only."""
    return _origin.get()


@contextmanager
def origin_scope(origin: Origin) -> Iterator[None]:
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address; behind a trusted proxy the one that the proxy itself saw.

    That is the last hop of X-Forwarded-For: everything before it is what the client claims.
    """
    told = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] or told
    return _plain_address(told.strip())


def _plain_address(text: str) -> str | None:
    """The address without port, brackets and zone; None for anything else, such as a socket."""
    host = text.partition("]")[0].lstrip("[") if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


class OriginMiddleware:
    """Tells the audit trail of the browser or program that asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        channel = API if request.path.startswith(API_PREFIX) else WEB
        # Asked when an entry is written: by then the request has its user.
        origin = Origin(
            channel,
            client_address(request),
            lambda: getattr(getattr(request, "user", None), "acted_by", None),
        )
        with origin_scope(origin):
            return self.get_response(request)
