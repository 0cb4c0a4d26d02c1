"""The sign-ins of a member that still run: which there are, and ending them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.origin import client_address
from apps.core.services import audit_record
from apps.members.models import Member
from apps.members.signing_in.browsers import browser_in_words, browser_of
from apps.members.signing_in.signed_in import real_person

# When this session was last noted as seen; noting costs two writes, so it is not done each time.
SEEN = "seen_at"
SEEN_SECONDS = 300
AGENT_LENGTH = 200
# Of a client without one, such as a socket.
NO_ADDRESS = "::"
HELD_IN_HAND = ("iPhone", "iPad", "Android", "HarmonyOS")


@dataclass(frozen=True)
class RunningSession:
    pk: int
    browser: str
    is_handheld: bool
    address: str
    began_at: datetime
    seen_at: datetime
    is_this_one: bool


def sessions_of(member: Member, *, this_key: str | None) -> list[RunningSession]:
    """The member's running sessions: this one first, then the latest seen."""
    rows = list(UserSession.objects.filter(user=member).order_by("-last_seen_at", "-pk"))
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    found = [
        RunningSession(
            pk=row.pk,
            browser=browser_in_words(browser_of(row.user_agent)),
            is_handheld=browser_of(row.user_agent).endswith(HELD_IN_HAND),
            address="" if row.ip == NO_ADDRESS else row.ip,
            began_at=row.created_at,
            seen_at=row.last_seen_at,
            is_this_one=row.session_key == this_key,
        )
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda session: not session.is_this_one)


@transaction.atomic
def sessions_end(member: Member, except_key: str | None = None) -> int:
    """Sign the member out everywhere at once, or everywhere but here; returns from how many places."""
    rows = UserSession.objects.filter(user=member)
    if except_key:
        rows = rows.exclude(session_key=except_key)
    keys = list(rows.values_list("session_key", flat=True))
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for key in keys:
        store.delete(key)
    UserSession.objects.filter(user=member, session_key__in=keys).delete()
    return len(keys)


@transaction.atomic
def session_end(*, session: UserSession, by: Member) -> None:
    """End one of one's own sessions."""
    session.end()
    audit_record(by=by, action="member.session_end", record=by, sessions=1)


@transaction.atomic
def other_sessions_end(*, by: Member, this_key: str | None) -> int:
    """End all of one's own sessions but the one that asks for it."""
    ended = sessions_end(by, except_key=this_key)
    if ended:
        audit_record(by=by, action="member.session_end", record=by, sessions=ended)
    return ended


def own_session(member: Member, pk: int) -> UserSession | None:
    found: UserSession | None = UserSession.objects.filter(user=member, pk=pk).first()
    return found


def session_noted(*, request: HttpRequest, user: Member, **_told: object) -> None:
    """Write down by which browser and from where the session is in use; told at each sign-in."""
    request.session[SEEN] = time.time()
    if request.session.session_key is None:
        # Somebody else's session ran in this browser: it was thrown away, the new one has no key yet.
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "ip": client_address(request) or NO_ADDRESS,
            "user_agent": request.headers.get("User-Agent", "")[:AGENT_LENGTH],
            "last_seen_at": timezone.now(),
        },
    )


def connect() -> None:
    """Listen to every way of signing in; once, when the app is ready."""
    user_logged_in.connect(session_noted)


class SessionSeenMiddleware:
    """Notes every few minutes that a session is still in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = real_person(request)
        if person is not None and request.session.session_key:
            age = time.time() - request.session.get(SEEN, 0)
            if age >= SEEN_SECONDS:
                session_noted(request=request, user=person)
        return self.get_response(request)
