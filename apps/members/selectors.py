"""Reads about members and teams that other apps share."""

from datetime import date

from django.db.models.functions import Lower

from apps.members.models import Member, Membership, Team


def member_with_email(email: str) -> Member | None:
    """The member whose address this is; capitals make no difference, and the index serves it."""
    members = Member.objects.alias(lower_email=Lower("email"))
    return members.filter(lower_email=email.strip().lower()).first()


def primary_team_on(member: Member, day: date) -> Team | None:
    """The member's primary team on a day; `None` where they belonged to none."""
    membership = (
        Membership.objects.running_on(day)
        .filter(member=member, is_primary=True)
        .select_related("team")
        .first()
    )
    return membership.team if membership else None
