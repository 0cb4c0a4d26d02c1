"""Letting people in: an invitation by mail, good once and for some days.

The secret of the link is in the mail alone. What is kept is its SHA-256 digest: a token of 256
random bits needs no slow hash, and a copy of the database lets nobody in.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import to_locale

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation, OutgoingMail
from apps.core.outbox import Letter, mails_queue
from apps.core.services import audit_record
from apps.members.models import (
    AccessRole,
    CareerLevel,
    Invitation,
    InvitationState,
    Member,
    Position,
    Team,
)
from apps.members.people import position_start
from apps.members.services import member_create, membership_start

PURPOSE = "invitation"
VALID_FOR = timedelta(days=7)
TOKEN_BYTES = 32


class AlreadyMember(DomainError):  # noqa: N818 - named for what is the case
    """The address belongs to a member."""

    def __init__(self, member: Member) -> None:
        self.member = member
        message = _("%(email)s belongs to %(name)s, who is a member already.")
        if not member.is_active:
            message = _("%(email)s belongs to %(name)s, who has left: let them in again there.")
        super().__init__(message % {"email": member.email, "name": member.name})


class AlreadyInvited(DomainError):  # noqa: N818 - named for what is the case
    """The address has an invitation that nobody has accepted or taken back."""

    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        message = _("%(email)s is invited already: send that invitation again instead.")
        super().__init__(message % {"email": invitation.email})


class InvitedMeanwhile(DomainError):  # noqa: N818 - named for what has happened
    """Somebody else invited an address of these in the same moment."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else has invited one of these addresses just now: look again.")
        )


class InvitationGone(DomainError):  # noqa: N818 - named for what is the case
    """The invitation was used, has expired, or was taken back."""

    status = 404


@dataclass(frozen=True)
class Invitee:
    """Who is to be let in, and as what."""

    email: str
    name: str
    access_role: AccessRole
    team: Team
    career_level: CareerLevel | str = ""
    positions: tuple[Position, ...] = ()
    time_zone: str = ""
    language: str = ""


@transaction.atomic
def invitation_create(*, invitee: Invitee, by: Member) -> Invitation:
    """Invite somebody: the mail leaves after the commit.

    Raises:
        NotPermitted: only administrators let people in.
        AlreadyMember, AlreadyInvited: the address is taken.
        DomainError: the team is closed.
        ValidationError: a value that no member could have.
    """
    (invitation,) = _invite([invitee], by)
    audit_record(
        by=by,
        action="invitation.create",
        record=invitation,
        changes={"access_role": [None, invitation.access_role], "team": [None, invitation.team]},
    )
    return invitation


@transaction.atomic
def invitations_create(*, invitees: Iterable[Invitee], by: Member) -> list[Invitation]:
    """Invite many people or, if one of them can't be, nobody; one audit entry for all."""
    made = _invite(list(invitees), by)
    if made:
        audit_record(
            by=by,
            action="invitation.create_many",
            record=Invitation,
            rows=[invitation.pk for invitation in made],
        )
    return made


@transaction.atomic
def invitation_renew(*, invitation: Invitation, by: Member) -> Invitation:
    """Mail a new link, good for as long as a first one; the old link dies."""
    held = _held(invitation, by)
    if held.state not in {InvitationState.OPEN, InvitationState.EXPIRED}:
        raise DomainError(_("This invitation is over: invite the person anew."))
    member = _member_with(held.email)
    if member is not None:
        raise AlreadyMember(member)
    _refuse_closed(held.team)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    held.digest, held.expires_at = digest_of(token), timezone.now() + VALID_FOR
    (held.mail,) = mails_queue([_letter(held, token, by, Organisation.current())])
    held.save(update_fields=["digest", "expires_at", "mail"])
    audit_record(by=by, action="invitation.renew", record=held)
    return held


@transaction.atomic
def invitation_revoke(*, invitation: Invitation, by: Member) -> None:
    """Take an invitation back: its link lets nobody in any more."""
    held = _held(invitation, by)
    if held.state is InvitationState.ACCEPTED:
        raise DomainError(_("This invitation has been accepted: open the member's page instead."))
    if held.state is InvitationState.REVOKED:
        raise DomainError(_("This invitation has been taken back already."))
    held.revoked_at = timezone.now()
    held.save(update_fields=["revoked_at"])
    audit_record(by=by, action="invitation.revoke", record=held)


@transaction.atomic
def invitation_accept(
    *, invitation: Invitation, name: str, password: str | None, language: str, time_zone: str
) -> Member:
    """Make a member of whom the invitation was for; without a password they sign in elsewhere.

    The row's lock lets one of two win who accept at once; the other finds the invitation used.

    Raises:
        InvitationGone: used, expired or taken back, or the address became a member otherwise.
    """
    rows = Invitation.objects.select_for_update(of=("self",)).prefetch_related("team", "invited_by")
    held = rows.get(pk=invitation.pk)
    if held.state is not InvitationState.OPEN or _member_with(held.email) is not None:
        raise InvitationGone
    today = Organisation.current().today()
    member = member_create(
        email=held.email,
        name=name,
        password=password,
        access_role=AccessRole(held.access_role),
        career_level=held.career_level,
        time_zone=time_zone,
        language=language,
        joined_on=today,
        by=held.invited_by,
    )
    membership_start(member=member, team=held.team, starts_on=today, by=held.invited_by)
    for position in held.positions.filter(is_active=True).order_by("pk"):
        position_start(member=member, position=position, starts_on=today, by=held.invited_by)
    held.accepted_at, held.member = timezone.now(), member
    held.save(update_fields=["accepted_at", "member"])
    audit_record(by=member, action="invitation.accept", record=held)
    return member


def invitation_of(token: str) -> Invitation | None:
    """The invitation that the secret of a link opens now; `None` for any other text."""
    rows = Invitation.objects.select_related("team", "invited_by").filter(digest=digest_of(token))
    found = rows.first()
    if found is None or found.state is not InvitationState.OPEN:
        return None
    return None if _member_with(found.email) else found


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def reason_to_withhold(mail: OutgoingMail) -> str:
    """Why the mail of an invitation must not go out any more: its link is dead."""
    open_now = Invitation.objects.filter(mail=mail, accepted_at=None, revoked_at=None)
    if open_now.filter(expires_at__gt=timezone.now()).exists():
        return ""
    return _("The invitation was sent again, taken back or accepted before the mail went out.")


def _held(invitation: Invitation, by: Member) -> Invitation:
    _may_invite(by)
    rows = Invitation.objects.select_for_update(of=("self",)).prefetch_related("team")
    held: Invitation = rows.get(pk=invitation.pk)
    return held


def _may_invite(by: Member) -> None:
    if not by.role.administers:
        raise NotPermitted(_("Only administrators let people in."))


def _member_with(email: str) -> Member | None:
    member: Member | None = Member.objects.filter(email__iexact=email).first()
    return member


def _refuse_closed(team: Team) -> None:
    if team.closed_on is not None and team.closed_on <= Organisation.current().today():
        message = _("The team “%(team)s” is closed: choose another one.")
        raise DomainError(message % {"team": team.name})


def _invite(invitees: Sequence[Invitee], by: Member) -> list[Invitation]:
    """Write the invitations and their mails, each kind by one statement."""
    _may_invite(by)
    emails = [invitee.email.strip().lower() for invitee in invitees]
    _refuse_taken(emails)
    for team in {invitee.team for invitee in invitees}:
        _refuse_closed(team)
    tokens = [secrets.token_urlsafe(TOKEN_BYTES) for _invitee in invitees]
    firm = Organisation.current()
    made = [_built(*each, by, firm) for each in zip(invitees, emails, tokens, strict=True)]
    mails = mails_queue(_letter(*each, by, firm) for each in zip(made, tokens, strict=True))
    for invitation, mail in zip(made, mails, strict=True):
        invitation.mail = mail
    try:
        with transaction.atomic():
            Invitation.objects.bulk_create(made)
    except IntegrityError as error:
        # Somebody else invited one of the addresses in the same moment.
        raise InvitedMeanwhile from error
    held = Invitation.positions.through
    held.objects.bulk_create(
        held(invitation_id=invitation.pk, position_id=position.pk)
        for invitation, invitee in zip(made, invitees, strict=True)
        for position in invitee.positions
    )
    return made


def _refuse_taken(emails: Sequence[str]) -> None:
    member = Member.objects.annotate(address=Lower("email")).filter(address__in=emails).first()
    if member is not None:
        raise AlreadyMember(member)
    rows = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    invitation = rows.annotate(address=Lower("email")).filter(address__in=emails).first()
    if invitation is not None:
        raise AlreadyInvited(invitation)


def _built(invitee: Invitee, email: str, token: str, by: Member, firm: Organisation) -> Invitation:
    invitation = Invitation(
        email=email,
        name=invitee.name.strip(),
        access_role=invitee.access_role,
        career_level=invitee.career_level,
        team=invitee.team,
        time_zone=invitee.time_zone or firm.time_zone,
        language=invitee.language or firm.language,
        digest=digest_of(token),
        invited_by=by,
        expires_at=timezone.now() + VALID_FOR,
    )
    # Relations were read from the database, and uniqueness is looked at for all at once.
    invitation.clean_fields(exclude=["team", "invited_by", "mail", "member"])
    return invitation


def _letter(invitation: Invitation, token: str, by: Member, firm: Organisation) -> Letter:
    known = dict(settings.LANGUAGES)
    language = invitation.language if invitation.language in known else settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(invitation.time_zone):
        content = {
            "invitation": invitation,
            "organisation": firm.name,
            "inviter": by,
            "address": settings.SITE_URL + reverse("invitation_accept", args=[token]),
            "language_tag": to_locale(language).replace("_", "-"),
        }
        subject = _("%(inviter)s invites you to %(organisation)s")
        return Letter(
            to=invitation.email,
            purpose=PURPOSE,
            subject=subject % {"inviter": by.name, "organisation": firm.name},
            text=render_to_string("members/mail/invitation.txt", content).strip() + "\n",
            html=render_to_string("members/mail/invitation.html", content),
            language=language,
            is_secret=True,
            headers={"Reply-To": by.email},
            is_sample=invitation.is_sample,
        )
