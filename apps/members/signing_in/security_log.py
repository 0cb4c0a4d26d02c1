"""What members do with their own sign-in, written to the audit trail.

django-allauth makes these changes and tells of them by signals, some of them only after its commit:
such an entry stands in a transaction of its own.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.http import HttpRequest

from apps.core.services import audit_record
from apps.members.models import Member
from apps.members.signing_in.sessions import sessions_end

type Told = Any  # what else a signal tells


def connect() -> None:
    """Listen to the sign-in library; once, when the app is ready."""
    account.password_changed.connect(password_changed)
    account.password_set.connect(password_changed)
    account.password_reset.connect(password_reset)
    account.email_changed.connect(email_changed)
    mfa.authenticator_added.connect(factor_added)
    mfa.authenticator_removed.connect(factor_removed)
    mfa.authenticator_reset.connect(codes_made)
    social.social_account_added.connect(account_connected)
    social.social_account_removed.connect(account_disconnected)


def password_changed(*, request: HttpRequest, user: Member, **_told: Told) -> None:
    sessions_end(user, except_key=request.session.session_key)
    audit_record(by=user, action="member.password_change", record=user)


def password_reset(*, user: Member, **_told: Told) -> None:
    """By a mailed link: whoever is signed in with the old password is out."""
    sessions_end(user)
    audit_record(by=user, action="member.password_reset", record=user)


def email_changed(
    *,
    user: Member,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_told: Told,
) -> None:
    before = from_email_address.email if from_email_address else None
    changes = {"email": [before, to_email_address.email]}
    audit_record(by=user, action="member.email_change", record=user, changes=changes)


def factor_added(*, user: Member, authenticator: Authenticator, **_told: Told) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        codes_made(user=user)
        return
    factor = str(authenticator.type)
    audit_record(by=user, action="member.two_step_add", record=user, factor=factor)


def factor_removed(*, user: Member, authenticator: Authenticator, **_told: Told) -> None:
    factor = str(authenticator.type)
    audit_record(by=user, action="member.two_step_remove", record=user, factor=factor)


def codes_made(*, user: Member, **_told: Told) -> None:
    audit_record(by=user, action="member.recovery_codes", record=user)


def account_connected(*, sociallogin: SocialLogin, **_told: Told) -> None:
    provider = str(sociallogin.account.provider)
    user = sociallogin.user
    audit_record(by=user, action="member.sso_connect", record=user, provider=provider)


def account_disconnected(*, socialaccount: SocialAccount, **_told: Told) -> None:
    provider, user = str(socialaccount.provider), socialaccount.user
    audit_record(by=user, action="member.sso_disconnect", record=user, provider=provider)
