"""What members do with their own sign-in stands in the audit trail."""

from typing import Any

import pytest
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.members.models import Member
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> Member:
    return make_member(name="Mia Petersen")


def own_entries(member: Member) -> list[tuple[str, dict[str, Any]]]:
    rows = AuditEntry.objects.filter(by=member, kind="member", object_id=member.pk)
    return [(row.action, row.details) for row in rows.order_by("pk")]


def test_a_changed_password_is_an_entry_from_the_browser(client: Client, mia: Member) -> None:
    client.post(reverse("account_login"), {"login": mia.email, "password": PASSWORD})
    new = "another horse battery"

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    mia.refresh_from_db()
    assert mia.check_password(new)
    entry = AuditEntry.objects.get(action="member.password_change")
    assert (entry.by, entry.label, entry.channel) == (mia, "Mia Petersen", "web")
    assert new not in str(entry.details) + str(entry.changes)


def test_a_refused_password_is_none(client: Client, mia: Member) -> None:
    client.post(reverse("account_login"), {"login": mia.email, "password": PASSWORD})

    client.post(
        reverse("account_change_password"),
        {"oldpassword": "wrong", "password1": "another horse", "password2": "another horse"},
    )

    assert own_entries(mia) == []


def test_second_steps_and_recovery_codes_are_entries(mia: Member) -> None:
    app = Authenticator(user=mia, type=Authenticator.Type.TOTP, data={})
    codes = Authenticator(user=mia, type=Authenticator.Type.RECOVERY_CODES, data={})
    told = {"sender": Authenticator, "request": None, "user": mia}

    mfa.authenticator_added.send(authenticator=app, **told)
    mfa.authenticator_added.send(authenticator=codes, **told)
    mfa.authenticator_reset.send(authenticator=codes, **told)
    mfa.authenticator_removed.send(authenticator=app, **told)

    assert own_entries(mia) == [
        ("member.two_step_add", {"factor": "totp"}),
        ("member.recovery_codes", {}),
        ("member.recovery_codes", {}),
        ("member.two_step_remove", {"factor": "totp"}),
    ]


def test_single_sign_on_accounts_are_entries(mia: Member) -> None:
    account = SocialAccount(user=mia, provider="openid", uid="x")
    login = SocialLogin(user=mia, account=account)

    social.social_account_added.send(sender=SocialLogin, request=None, sociallogin=login)
    social.social_account_removed.send(sender=SocialAccount, request=None, socialaccount=account)

    assert own_entries(mia) == [
        ("member.sso_connect", {"provider": "openid"}),
        ("member.sso_disconnect", {"provider": "openid"}),
    ]
