"""Every attempt to sign in: who, when, how, from where, with what result.

Written by the signals of Django and django-allauth, so that no way in can forget it. Attempts that
are throttled are written once a minute for each address and account: otherwise whoever floods the
sign-in would flood the table too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.models import Organisation
from apps.core.origin import client_address
from apps.members.models import Member, SignIn, SignInOutcome
from apps.members.selectors import member_with_email
from apps.members.signing_in.browsers import browser_in_words, browser_of

PASSWORD, CODE, RECOVERY_CODE = "password", "code", "recovery code"
PASSKEY, SINGLE_SIGN_ON = "passkey", "sso"
METHODS = {
    PASSWORD: _("password"),
    CODE: pgettext_lazy("sign-in", "code"),
    RECOVERY_CODE: _("recovery code"),
    PASSKEY: _("passkey"),
    SINGLE_SIGN_ON: _("single sign-on"),
}
# django-allauth's names of what was shown.
SECOND_STEPS = {
    Authenticator.Type.TOTP: CODE,
    Authenticator.Type.RECOVERY_CODES: RECOVERY_CODE,
    Authenticator.Type.WEBAUTHN: PASSKEY,
}
THROTTLED_ONCE_IN_SECONDS = 60
TONES = {SignInOutcome.DONE: "good", SignInOutcome.REFUSED: "warn", SignInOutcome.THROTTLED: "bad"}


@dataclass(frozen=True)
class SignInLine:
    """An attempt in words; `tone` is a tone of the state component."""

    at: datetime
    outcome: str
    tone: str
    method: str
    address: str
    browser: str


def last_sign_ins(member: Member, n: int) -> list[SignInLine]:
    """The last attempts of a member whose record the reader may open, newest first."""
    return [_line(row) for row in SignIn.objects.filter(member=member).order_by("-at", "-pk")[:n]]


def sign_ins_delete_old(before: datetime) -> int:
    """Forget attempts from before an instant; says how many."""
    return SignIn.objects.filter(at__lt=before).delete()[0]


def sign_ins_expire(*, as_of: date) -> int:
    """Forget attempts older than the audit entries that the organisation keeps, by whole months."""
    firm = Organisation.current()
    year, month = divmod(as_of.year * 12 + as_of.month - 1 - firm.audit_months, 12)
    return sign_ins_delete_old(datetime(year, month + 1, 1, tzinfo=firm.zone))


def sign_in_done(*, request: HttpRequest, user: Member, **_signal: object) -> None:
    _write(request, SignInOutcome.DONE, member=user, method=_method(request, user))


def sign_in_failed(
    *, credentials: Mapping[str, Any], request: HttpRequest | None = None, **_signal: object
) -> None:
    """A password that is not theirs; asked again within a session it is no sign-in."""
    if request is None or request.user.is_authenticated:
        return
    email = str(credentials.get("email") or credentials.get("username") or "")
    _write(request, SignInOutcome.REFUSED, email=email, method=PASSWORD)


def second_step_failed(
    *, request: HttpRequest, user: Member, reauthentication: bool = False, **_signal: object
) -> None:
    """A code that is wrong, after a first step that was right."""
    if not reauthentication:
        method = "+".join([*_methods(request, user), CODE])
        _write(request, SignInOutcome.REFUSED, member=user, method=method)


def single_sign_on_refused(
    *, request: HttpRequest, email: str = "", member: Member | None = None
) -> None:
    outcome = SignInOutcome.REFUSED
    _write(request, outcome, member=member, email=email, method=SINGLE_SIGN_ON)


def sign_in_throttled(
    *, request: HttpRequest, email: str = "", member: Member | None = None
) -> None:
    who = member.pk if member else email.lower()
    address = client_address(request)
    if cache.add(f"sign-in-throttled:{address}:{who}", True, THROTTLED_ONCE_IN_SECONDS):
        _write(request, SignInOutcome.THROTTLED, member=member, email=email)


def connect() -> None:
    """Called once, when the app is ready."""
    auth.user_logged_in.connect(sign_in_done)
    auth.user_login_failed.connect(sign_in_failed)
    mfa.authentication_failed.connect(second_step_failed)


def _write(
    request: HttpRequest,
    outcome: SignInOutcome,
    *,
    member: Member | None = None,
    email: str = "",
    method: str = "",
) -> None:
    email = email.replace("\x00", "")[:254]
    if member is None and email:
        member = member_with_email(email)
    SignIn.objects.create(
        member=member,
        email=member.email if member else email,
        method=method,
        outcome=outcome,
        address=client_address(request),
        browser=browser_of(request.META.get("HTTP_USER_AGENT", "")),
    )


def _method(request: HttpRequest, user: Member) -> str:
    return "+".join(_methods(request, user))[:40]


def _methods(request: HttpRequest, user: Member) -> Sequence[str]:
    """What was shown in this session, in its order, by our names."""
    shown = []
    for record in get_authentication_records(request, user):
        if record["method"] == "mfa":
            shown.append(SECOND_STEPS[record["type"]])
        else:
            shown.append({"socialaccount": SINGLE_SIGN_ON}.get(record["method"], record["method"]))
    return list(dict.fromkeys(shown))


def _line(row: SignIn) -> SignInLine:
    return SignInLine(
        at=row.at,
        outcome=row.get_outcome_display(),
        tone=TONES[SignInOutcome(row.outcome)],
        method=_method_in_words(row.method),
        address=row.address or "",
        browser=browser_in_words(row.browser),
    )


def _method_in_words(kept: str) -> str:
    """“password + code”; a name that is no longer known stands as it is."""
    return " + ".join(str(METHODS.get(method, method)) for method in kept.split("+") if method)
