"""Mails about signing in: written by the request, sent by the worker, in their reader's language."""

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
import time_machine
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import now
from pytest_django import Settings

from apps.core.models import MailState, Organisation, OutgoingMail
from apps.core.outbox import mails_work_off
from apps.members.models import Member
from apps.members.signing_in.account_mails import LINKS, NOTICES, UNKNOWN_ACCOUNT
from tests.factories import PASSWORD, make_member
from tests.mail_server import mailbox
from tests.mailbox import Mailbox
from tests.query_counts import counted

__all__ = ["mailbox"]

# By name, so that the rate limits of one test do not reach the next.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("db")]

# Mails of doors that the product does not have: sign-up, and codes instead of links.
OF_NO_DOOR = {
    "account/email/account_already_exists",
    "account/email/login_code",
    "account/email/password_reset_code",
    UNKNOWN_ACCOUNT,
}


def ask_for_reset(email: str, **extra: Any) -> None:
    answer = Client(**extra).post(reverse("account_reset_password"), {"email": email})
    assert answer.status_code == 302


def notice(name: str, member: Member, email: str | None = None, **context: Any) -> OutgoingMail:
    """Have django-allauth send a notice about a member's sign-in."""
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Firefox")
    request.user = member
    with request_context(request):
        get_adapter().send_notification_mail(name, member, context, email)
    return OutgoingMail.objects.get()


def test_forgotten_password_is_a_secret_mail_with_a_link_that_works(mailbox: Mailbox) -> None:
    make_member(email="marta@example.com")

    ask_for_reset("marta@example.com")

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.state, mail.is_secret) == ("marta@example.com", MailState.WAITING, True)
    assert mail.subject == "Choose a new password"
    assert mailbox.envelopes == []
    (address,) = re.findall(r"http\S+", mail.text)
    assert address in mail.html
    page = Client().get(address.removeprefix("http://localhost:8000"), follow=True)
    assert 'name="password1"' in page.content.decode()
    mails_work_off()
    mail.refresh_from_db()
    assert (mail.state, mail.text, mail.html) == (MailState.SENT, "", "")


def test_link_leads_to_the_installation_whatever_the_request_calls_it(settings: Settings) -> None:
    settings.SITE_URL = "https://sales.example.com"
    make_member(email="marta@example.com")

    ask_for_reset("marta@example.com", headers={"host": "evil.example"})

    mail = OutgoingMail.objects.get()
    assert "https://sales.example.com/account/password/reset/key/" in mail.text
    assert "evil.example" not in mail.text + mail.html


def test_unknown_address_gets_no_mail_and_costs_the_same_work(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[str] = []
    monkeypatch.setattr("apps.core.outbox.current_app.send_task", told.append)
    make_member(email="marta@example.com")
    Organisation.current()  # made on first use
    ask_for_reset("marta@example.com")  # the library notes the address when it first meets it
    OutgoingMail.objects.all().delete()

    with django_capture_on_commit_callbacks(execute=True):
        known = counted(lambda: ask_for_reset("marta@example.com"))
        unknown = counted(lambda: ask_for_reset("nobody@example.com"))

    assert [mail.to for mail in OutgoingMail.objects.all()] == ["marta@example.com"]
    assert told == ["core.send_mails"] * 2
    assert abs(known - unknown) <= 3


def test_deactivated_member_gets_no_link() -> None:
    gone = make_member(email="gone@example.com")
    gone.is_active = False
    gone.save()

    ask_for_reset("gone@example.com")

    assert not OutgoingMail.objects.exists()


def test_mail_is_in_the_members_language_not_in_the_browsers() -> None:
    make_member(email="li@example.com", language="zh-hans")

    ask_for_reset("li@example.com", headers={"accept-language": "en"})

    mail = OutgoingMail.objects.get()
    assert mail.language == "zh-hans"
    assert 'lang="zh-Hans"' in mail.html
    with translation.override("zh-hans"):
        assert mail.subject == str(LINKS["account/email/password_reset_key"].subject)


@time_machine.travel("2026-11-09 13:05:00+00:00", tick=False)
def test_notice_says_what_changed_when_and_from_where() -> None:
    member = make_member(email="marta@example.com", time_zone="Asia/Shanghai")

    mail = notice("mfa/email/totp_activated", member)

    assert (mail.to, mail.purpose, mail.is_secret) == ("marta@example.com", "totp_activated", False)
    assert mail.subject == "Two-step sign-in is on"
    assert "9 Nov 2026, 21:05" in mail.text
    assert "203.0.113.9" in mail.text
    assert "Firefox" in mail.text
    assert "203.0.113.9" in mail.html


def test_notice_of_a_changed_address_goes_to_the_old_one_in_the_members_language() -> None:
    member = make_member(email="new@example.com", language="zh-hant")

    mail = notice(
        "account/email/email_changed",
        member,
        "old@example.com",
        from_email="old@example.com",
        to_email="new@example.com",
    )

    assert (mail.to, mail.language) == ("old@example.com", "zh-hant")
    assert "new@example.com" in mail.text


def test_markup_in_a_browsers_name_stays_text() -> None:
    member = make_member()
    request = RequestFactory().post("/", HTTP_USER_AGENT="<script>x</script>")
    request.user = member
    with request_context(request):
        get_adapter().send_notification_mail("account/email/password_changed", member)

    mail = OutgoingMail.objects.get()
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html


def test_changed_password_is_told_by_mail(client: Client) -> None:
    member = make_member(email="marta@example.com")
    client.force_login(member)

    client.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "southern-cross-77",
            "password2": "southern-cross-77",
        },
    )

    mail = OutgoingMail.objects.get()
    assert mail.subject == "Your password was changed"


def test_every_mail_that_the_library_can_send_has_our_words() -> None:
    folder = Path(allauth.__file__).parent / "templates"
    found = {
        str(file.relative_to(folder)).removesuffix("_subject.txt")
        for file in folder.glob("*/email/*_subject.txt")
    }

    assert found == set(LINKS) | set(NOTICES) | OF_NO_DOOR


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_every_notice_can_be_written(name: str) -> None:
    mail = notice(
        name,
        make_member(),
        from_email="a@example.com",
        to_email="b@example.com",
        deleted_email="c@example.com",
        provider="Keystone",
    )

    assert "%(" not in mail.text
    assert mail.subject


def test_nobody_signed_in_and_no_such_member_still_gets_a_notice() -> None:
    request = RequestFactory().post("/")
    request.user = AnonymousUser()
    with request_context(request):
        get_adapter().send_mail(
            "account/email/password_changed", "x@example.com", {"timestamp": now()}
        )

    assert OutgoingMail.objects.get().language == "en"
