"""Reads about members and teams that other apps share."""

from datetime import date

from apps.members.models import Member, Membership, Team


def primary_team_on(member: Member, day: date) -> Team | None:
    """The member's primary team on a day; `None` where they belonged to none."""
    membership = (
        Membership.objects.running_on(day)
        .filter(member=member, is_primary=True)
        .select_related("team")
        .first()
    )
    return membership.team if membership else None
