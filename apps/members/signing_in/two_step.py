"""Two-step sign-in: who has to have a second factor, who has one, and taking it off somebody."""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.outbox import mail_queue
from apps.core.services import audit_record
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind
from apps.members.signing_in.sessions import sessions_end
from apps.members.signing_in.signed_in import real_person

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
LAST_FACTOR = gettext_lazy(
    "Your role has to sign in in two steps, and this is your last second step. Add another first."
)


class LastFactor(DomainError):  # noqa: N818 - named for what it is
    """The last second factor of somebody who has to have one."""


class NoFactor(DomainError):  # noqa: N818 - named for what is missing
    """There is nothing to reset."""


@dataclass(frozen=True)
class Passkey:
    pk: int
    name: str
    added_at: datetime
    used_at: datetime | None
    # Signs in by itself, without the password.
    is_enough: bool


@dataclass(frozen=True)
class SecondSteps:
    """The ways in which a member confirms a sign-in."""

    app_since: datetime | None
    app_used_at: datetime | None
    passkeys: list[Passkey]
    # None: there are no recovery codes at all.
    codes_left: int | None
    is_required: bool

    @property
    def is_on(self) -> bool:
        return self.app_since is not None or bool(self.passkeys)


def is_required(member: Member) -> bool:
    return member.access_role in Organisation.current().two_step_roles


def factors(member: Member) -> int:
    """How many second factors a member has; recovery codes stand in for one and count for none."""
    number: int = Authenticator.objects.filter(user=member, type__in=FACTORS).count()
    return number


def may_remove(authenticator: Authenticator) -> bool:
    """Not the last one of a member who has to have one."""
    return not is_required(authenticator.user) or factors(authenticator.user) > 1


def is_missing(request: HttpRequest) -> bool:
    """Has the person signed in without the second step that their role requires?"""
    person = real_person(request)
    if person is None or not is_required(person) or factors(person):
        return False
    # The provider of a single sign-on may be trusted to ask for a second step itself.
    by_provider = any(
        record["method"] == "socialaccount"
        for record in get_authentication_records(request, person)
    )
    return not (by_provider and getattr(settings, "OIDC_IS_TWO_STEP", False))


def second_steps(member: Member) -> SecondSteps:
    """Everything that the security page says about a member's second step."""
    app, codes, passkeys = None, None, []
    for row in Authenticator.objects.filter(user=member).order_by("created_at", "pk"):
        if row.type == Authenticator.Type.TOTP:
            app = row
        elif row.type == Authenticator.Type.RECOVERY_CODES:
            codes = len(row.wrap().get_unused_codes())
        else:
            key = row.wrap()
            enough = bool(key.is_passwordless)
            passkeys.append(Passkey(row.pk, key.name, row.created_at, row.last_used_at, enough))
    return SecondSteps(
        app_since=app.created_at if app else None,
        app_used_at=app.last_used_at if app else None,
        passkeys=passkeys,
        codes_left=codes,
        is_required=is_required(member),
    )


def reset_check(*, member: Member, by: Member) -> None:
    """Raises NotPermitted for whoever is no administrator, and for one's own second step."""
    if writes(by, RecordKind.SETTINGS) is not Reach.ALL:
        raise NotPermitted(_("Only an administrator resets somebody's two-step sign-in."))
    if by.pk == member.pk:
        raise NotPermitted(_("Change your own second step on your security page."))


@transaction.atomic
def two_step_reset(*, member: Member, by: Member) -> None:
    """Take all second factors off somebody who lost theirs; they sign in again and set them up anew.

    Raises:
        NotPermitted: see `reset_check`.
        NoFactor: the member has none.
    """
    reset_check(member=member, by=by)
    Member.objects.select_for_update().get(pk=member.pk)
    rows = Authenticator.objects.filter(user=member)
    kinds = sorted(rows.values_list("type", flat=True))
    if not kinds:
        raise NoFactor(_("This member has no second step that could be reset."))
    rows.delete()
    sessions_end(member)
    audit_record(by=by, action="member.two_step_reset", record=member, factors=kinds)
    _tell(member, by)


def _tell(member: Member, by: Member) -> None:
    """In the member's language, whoever did it."""
    with translation.override(member.language):
        subject = _("Your two-step sign-in was reset")
        context = {
            "subject": subject,
            "member": member,
            "by": by,
            "address": settings.SITE_URL + reverse("account_reset_password"),
            "is_required": is_required(member),
            "organisation": Organisation.current().name,
            "language_tag": translation.to_locale(member.language).replace("_", "-"),
        }
        mail_queue(
            to=member.email,
            purpose="two_step_reset",
            subject=subject,
            text=render_to_string("members/mail/two_step_reset.txt", context).strip() + "\n",
            html=render_to_string("members/mail/two_step_reset.html", context),
            language=member.language,
            is_sample=member.is_sample,
        )
