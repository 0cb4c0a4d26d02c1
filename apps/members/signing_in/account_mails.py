"""What the mails of sign-in say, by the name that django-allauth gives each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import to_locale

from apps.core.models import Organisation
from apps.members.models import Member

PASSWORD_RESET = "account/email/password_reset_key"  # noqa: S105 - a name
# The address is nobody's. Such a mail is composed and thrown away: see the adapter.
UNKNOWN_ACCOUNT = "account/email/unknown_account"


@dataclass(frozen=True)
class LinkWords:
    """A mail whose link does something for whoever has it."""

    subject: Promise
    sentence: Promise
    button: Promise
    validity: Promise
    not_you: Promise
    address_key: str
    lasts: timedelta


@dataclass(frozen=True)
class NoticeWords:
    """A mail about a change to somebody's sign-in; placeholders are allauth's context."""

    subject: Promise
    sentence: Promise


@dataclass(frozen=True)
class Composed:
    subject: str
    text: str
    html: str
    language: str
    is_secret: bool


_CONFIRM = LinkWords(
    subject=_("Confirm your email address"),
    sentence=_("Confirm that this address is yours, so that you can sign in with it."),
    button=_("Confirm the address"),
    validity=_("The link works once."),
    not_you=_("If you know nothing of this, do nothing: the address is not used then."),
    address_key="activate_url",
    lasts=timedelta(days=3),
)
LINKS = {
    PASSWORD_RESET: LinkWords(
        subject=_("Choose a new password"),
        sentence=_("Somebody, most likely you, asked for a new password of your account."),
        button=_("Choose a new password"),
        validity=_("The link works once."),
        not_you=_("If it was not you, do nothing: your password stays as it is."),
        address_key="password_reset_url",
        lasts=timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    ),
    "account/email/email_confirmation": _CONFIRM,
    "account/email/email_confirmation_signup": _CONFIRM,
}
NOTICES = {
    "account/email/password_changed": NoticeWords(
        _("Your password was changed"), _("The password of your account was changed.")
    ),
    "account/email/password_reset": NoticeWords(
        _("Your password was changed"),
        _("A new password was chosen for your account by the link in a mail."),
    ),
    "account/email/password_set": NoticeWords(
        _("A password was set"), _("Your account has a password now.")
    ),
    "account/email/email_changed": NoticeWords(
        _("Your email address was changed"),
        _("You sign in with %(to_email)s from now on, not with %(from_email)s."),
    ),
    "account/email/email_confirm": NoticeWords(
        _("Your email address is confirmed"), _("The email address of your account is confirmed.")
    ),
    "account/email/email_deleted": NoticeWords(
        _("An email address was removed"),
        _("The address %(deleted_email)s was removed from your account."),
    ),
    "mfa/email/totp_activated": NoticeWords(
        _("Two-step sign-in is on"),
        _("Signing in asks for a code of your authenticator app from now on."),
    ),
    "mfa/email/totp_deactivated": NoticeWords(
        _("The authenticator app was removed"),
        _("Signing in does not ask for a code of your authenticator app any more."),
    ),
    "mfa/email/recovery_codes_generated": NoticeWords(
        _("New recovery codes were made"),
        _("Your account has new recovery codes; the old ones do not work any more."),
    ),
    "mfa/email/webauthn_added": NoticeWords(
        _("A passkey was added"), _("Your account has a new passkey or security key.")
    ),
    "mfa/email/webauthn_removed": NoticeWords(
        _("A passkey was removed"), _("A passkey or security key was removed from your account.")
    ),
    "socialaccount/email/account_connected": NoticeWords(
        _("Single sign-on was connected"), _("You can sign in to your account with %(provider)s.")
    ),
    "socialaccount/email/account_disconnected": NoticeWords(
        _("Single sign-on was disconnected"),
        _("%(provider)s does not sign you in to your account any more."),
    ),
}


def compose(name: str, *, email: str, reader: Member | None, given: Mapping[str, Any]) -> Composed:
    """The mail of that name in its reader's language and time zone.

    `given` is allauth's context. Raises KeyError for a mail that the product does not send.
    """
    language = language_of(reader)
    with translation.override(language), timezone.override(_zone_of(reader)):
        common = {
            **given,
            "email": email,
            "language_tag": to_locale(language).replace("_", "-"),
            "organisation": Organisation.current().name,
        }
        if name in LINKS:
            return _link(LINKS[name], language, common)
        return _notice(NOTICES[name], language, common)


def _link(words: LinkWords, language: str, common: dict[str, Any]) -> Composed:
    until: datetime = timezone.now() + words.lasts
    content = {
        **common,
        "words": words,
        "sentence": words.sentence,
        "address": common[words.address_key],
        "until": until,
    }
    return _rendered("link", words.subject, language, content, is_secret=True)


def _notice(words: NoticeWords, language: str, common: dict[str, Any]) -> Composed:
    content = {
        **common,
        "words": words,
        "sentence": str(words.sentence) % common,
        "address": settings.SITE_URL + reverse("account_reset_password"),
    }
    return _rendered("notice", words.subject, language, content, is_secret=False)


def _rendered(
    template: str, subject: Promise, language: str, content: dict[str, Any], *, is_secret: bool
) -> Composed:
    return Composed(
        subject=str(subject),
        text=render_to_string(f"account/email/{template}.txt", content).strip() + "\n",
        html=render_to_string(f"account/email/{template}.html", content),
        language=language,
        is_secret=is_secret,
    )


def language_of(reader: Member | None) -> str:
    """The member's language; that of the page where the address is nobody's."""
    wanted = reader.language if reader else translation.get_language()
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _zone_of(reader: Member | None) -> ZoneInfo:
    zone = Organisation.current().zone
    if reader is None:
        return zone
    try:
        return ZoneInfo(reader.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return zone
