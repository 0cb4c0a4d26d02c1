"""An authenticator app and a signed-in browser, for tests."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from apps.members.models import Member
from tests.factories import PASSWORD

STEP_SECONDS = 30


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many steps of 30 seconds later."""
    shown: str = format_hotp_value(hotp_value(secret, int(time.time()) // STEP_SECONDS + steps))
    return shown


def sign_in(client: Client, member: Member, *, password: str = PASSWORD, next: str = "") -> str:  # noqa: A002
    """By the sign-in page; returns where it leads."""
    posted = {"login": member.email, "password": password, "next": next}
    return client.post(reverse("account_login"), posted).headers.get("Location", "")


def set_up_app(client: Client) -> str:
    """Turn two-step sign-in on for whoever has just signed in; returns the app's secret."""
    client.get(reverse("mfa_activate_totp"))
    secret: str = client.session["mfa.totp.secret"]
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    return secret


def read_codes(client: Client) -> list[str]:
    """The recovery codes from the one page that shows them."""
    context = client.get(reverse("mfa_view_recovery_codes")).context
    assert context["can_view_codes"]
    codes: list[str] = context["unused_codes"]
    return codes
