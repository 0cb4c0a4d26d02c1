"""API tokens: made, revoked, and recognised when a program shows one."""

import secrets
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.services import audit_record
from apps.members.models import ApiToken, Member

START = "st_"
PREFIX_LENGTH = 9
# A secret of 256 bits: nobody guesses it, so its digest needs no salt and one look-up finds it.
SECRET_BYTES = 32
MOST_TOKENS = 50
USE_NOTED_EVERY = timedelta(minutes=1)


class TooManyTokens(DomainError):  # noqa: N818 - named for what is the case
    """A member has as many tokens as anybody may have."""


def digest_of(raw: str) -> str:
    return sha256(raw.encode()).hexdigest()


@transaction.atomic
def token_create(*, name: str, by: Member, expires_on: date | None = None) -> tuple[ApiToken, str]:
    """A new token of the member's own and its secret, which nobody can read again later.

    It works until the end of `expires_on` in the member's time zone.
    """
    Member.objects.select_for_update().get(pk=by.pk)
    if ApiToken.objects.filter(member=by, revoked_at=None).count() >= MOST_TOKENS:
        raise TooManyTokens(
            _("You have %(count)d tokens already. Revoke one first.") % {"count": MOST_TOKENS}
        )
    raw = START + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken(
        member=by,
        name=name,
        prefix=raw[:PREFIX_LENGTH],
        digest=digest_of(raw),
        expires_at=_end_of(expires_on, by) if expires_on else None,
    )
    token.full_clean()
    token.save()
    until = expires_on.isoformat() if expires_on else None
    audit_record(by=by, action="token.create", record=token, name=name, expires_on=until)
    return token, raw


def _end_of(day: date, member: Member) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(member.time_zone))


@transaction.atomic
def token_revoke(*, token: ApiToken, by: Member) -> None:
    """From now on the token opens nothing. Revoking twice changes nothing."""
    held = ApiToken.objects.select_for_update().get(pk=token.pk)
    if held.revoked_at is not None:
        return
    held.revoked_at = timezone.now()
    held.save(update_fields=["revoked_at"])
    audit_record(by=by, action="token.revoke", record=held, name=held.name)


def member_of_token(raw: str) -> Member | None:
    """The member for whom a program speaks; None for a token that opens nothing.

    Nothing is compared with the secret itself: its digest is looked up by a unique index, so that
    the time this takes says nothing about secrets.
    """
    now = timezone.now()
    usable = ApiToken.objects.in_use().filter(member__is_active=True).select_related("member")
    token = usable.filter(digest=digest_of(raw)).first()
    if token is None:
        return None
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at <= now - USE_NOTED_EVERY:
        ApiToken.objects.filter(is_due, pk=token.pk).update(last_used_at=now)
    member: Member = token.member
    return member
