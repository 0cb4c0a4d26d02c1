"""Too many attempts: how they are counted, what is said, and for how long to wait.

django-allauth counts in the cache, which all processes share: failed passwords for each account
whatever the address, and for each address whatever the account; codes of the second step for each
account; mails for each address that is to get them. The limits are `ACCOUNT_RATE_LIMITS`.
"""

import math
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import unstash_login
from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

from apps.core.origin import client_address
from apps.members.signing_in.sign_in_log import sign_in_throttled

ACCOUNTS = "allauth.account"
MINUTE_SECONDS = 60
# What each page counts, and the field that says whose account or mailbox it is about.
COUNTED = {
    "account_login": ("login", "login"),
    "account_reset_password": ("reset_password", "email"),
    "account_reset_password_from_key": ("reset_password_from_key", ""),
    "single_sign_on": ("login", ""),
}


class ThrottledSignIn(DefaultAccountAdapter):  # type: ignore[misc]
    """Counts by the client's own address, says how long to wait, and keeps a record of it."""

    def get_client_ip(self, request: HttpRequest) -> str:
        # A Unix socket without a proxy's word: whoever asks is on this machine.
        return client_address(request) or "127.0.0.1"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            if not request.user.is_authenticated:
                sign_in_throttled(request=request, email=str(credentials.get("email", "")))
            key = self._get_login_attempts_cache_key(request, **credentials)
            seconds = seconds_to_wait(request, action="login_failed", key=key)
            raise ValidationError(words(seconds), code="too_many_login_attempts") from error

    def validation_error(self, code: str, *arguments: object) -> ValidationError:
        """The same words for codes of the second step, which allauth counts elsewhere."""
        if code not in {"too_many_login_attempts", "rate_limited"}:
            error: ValidationError = super().validation_error(code, *arguments)
            return error
        request = self.request
        user = request.user if request.user.is_authenticated else None
        pending = None if user else unstash_login(request, peek=True)
        member = user or (pending.user if pending else None)
        if member is None:
            return ValidationError(words(MINUTE_SECONDS), code=code)
        if user is None:
            sign_in_throttled(request=request, member=member)
        key = f"mfa-auth-user-{member.pk}"
        seconds = seconds_to_wait(request, action="login_failed", key=key)
        return ValidationError(words(seconds), code=code)


def seconds_to_wait(request: HttpRequest, *, action: str, key: str | None = None) -> int:
    """Until the oldest counted attempt no longer counts, for the limit that lasts longest."""
    now, seconds = time.time(), 0.0
    for rate in get_rates(app=ACCOUNTS, action=action):
        if rate.per == "key" and not key:
            continue
        name = get_cache_key(request, app=ACCOUNTS, action=action, rate=rate, key=key)
        attempts = cache.get(name, [])  # newest first
        if attempts and len(attempts) >= rate.amount:
            seconds = max(seconds, attempts[-1] + rate.duration - now)
    return math.ceil(seconds) or MINUTE_SECONDS


def words(seconds: int) -> str:
    minutes = math.ceil(seconds / MINUTE_SECONDS)
    return ngettext(
        "Too many attempts. Wait %(minutes)s minute, then try again.",
        "Too many attempts. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def too_many(request: HttpRequest) -> HttpResponse:
    """The page for an address that asks too often."""
    name = request.resolver_match.url_name if request.resolver_match else ""
    action, field = COUNTED.get(name or "", ("", ""))
    typed = request.POST.get(field, "").strip().lower()
    seconds = MINUTE_SECONDS
    if action:
        seconds = seconds_to_wait(request, action=action, key=typed)
    if action == "login":
        sign_in_throttled(request=request, email=typed)
    response = render(request, "429.html", {"words": words(seconds)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
