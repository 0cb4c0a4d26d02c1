"""The address to which phone systems send their events: no sign-in, no cookie, only a signature."""

from http import HTTPStatus

from cryptography.fernet import InvalidToken
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core.errors import DomainError
from apps.core.origin import API, Origin, client_address, origin_scope
from apps.telephony.models import PhoneSystem
from apps.telephony.reading import told_by
from apps.telephony.refusals import NotSigned, TooBig, TooOften
from apps.telephony.selectors import system_named
from apps.telephony.services import call_event_take
from apps.telephony.signing import (
    SIGNATURE_HEADER,
    SYSTEM_HEADER,
    TIMESTAMP_HEADER,
    is_in_time,
    is_signed,
)
from apps.telephony.systems import secret_of
from apps.telephony.throttling import (
    MINUTE_SECONDS,
    MOST_EVENTS_A_MINUTE,
    MOST_FAILURES_A_MINUTE,
    count_of,
    counted,
)

# An event has some hundred bytes.
MOST_BYTES = 16 * 1024


# A signature lets somebody in here, never a cookie, so no other site can borrow a sign-in.
@csrf_exempt
@never_cache
@require_POST
def call_hook(request: HttpRequest) -> JsonResponse:
    """Take one event: 201 where it is new, 200 where it was seen before, else why not."""
    with origin_scope(Origin(API, client_address(request))):
        try:
            return _taken(request)
        except DomainError as refusal:
            return _problem(refusal)


def _taken(request: HttpRequest) -> JsonResponse:
    body = _body(request)
    system = _sender(request, body)
    if counted("events", str(system.pk)) > MOST_EVENTS_A_MINUTE:
        raise TooOften(_("More events in a minute than are taken: send this one again later."))
    told = told_by(body, now=timezone.now())
    is_new = call_event_take(system=system, call_id=told.call_id, event=told.event)
    said = {"result": "taken" if is_new else "seen before", "event_id": told.event.event_id}
    return JsonResponse(said, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)


def _body(request: HttpRequest) -> bytes:
    """The bytes as they came; of one that is too long no more than shows it."""
    body: bytes = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        words = _("The body has more than %(most)s bytes: send one event at a time.")
        raise TooBig(words % {"most": MOST_BYTES})
    return body


def _sender(request: HttpRequest, body: bytes) -> PhoneSystem:
    """The phone system that has signed the body. An unknown name reads like a wrong signature."""
    address = client_address(request) or "socket"
    if count_of("failures", address) >= MOST_FAILURES_A_MINUTE:
        raise TooOften(_("Too many wrong signatures: wait a minute, then try again."))
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    system = system_named(request.headers.get(SYSTEM_HEADER, "")[:100].replace("\x00", ""))
    # Checked for an unknown name too, so that no answer comes sooner than the other.
    is_right = is_signed(
        _secret(system), timestamp, body, request.headers.get(SIGNATURE_HEADER, "")
    )
    if system is None or not is_right:
        counted("failures", address)
        words = _("The signature is wrong, or %(system)s names no phone system that takes events.")
        raise NotSigned(words % {"system": SYSTEM_HEADER})
    if not is_in_time(timestamp, timezone.now().timestamp()):
        counted("failures", address)
        words = _("%(header)s is more than 5 minutes off: set the clock of the phone system.")
        raise NotSigned(words % {"header": TIMESTAMP_HEADER})
    return system


def _secret(system: PhoneSystem | None) -> str:
    try:
        return secret_of(system) if system is not None else ""
    except InvalidToken as error:
        # The signing key of the installation was changed without keeping the old one.
        raise NotSigned(_("The secret can't be read any more: make a new one.")) from error


def _problem(refusal: DomainError) -> JsonResponse:
    """As RFC 9457 has it."""
    status = HTTPStatus(refusal.status)
    body = {"title": status.phrase, "status": status.value, "detail": str(refusal.message)}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = str(MINUTE_SECONDS)
    return response
