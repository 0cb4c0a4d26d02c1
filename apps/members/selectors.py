"""Reads about members and teams that other apps share."""

from datetime import date

from django.db.models.functions import Lower

from apps.members.models import Member, Membership, Team


def member_with_email(email: str) -> Member | None:
    """The member whose address this is; capitals make no difference, and the index serves it."""
    members = Member.objects.alias(lower_email=Lower("email"))
    found: Member | None = members.filter(lower_email=email.strip().lower()).first()
    return found


def primary_team_on(member: Member, day: date) -> Team | None:
    """The member's primary team on a day; `None` where they belonged to none."""
    membership = (
        Membership.objects.running_on(day)
        .filter(member=member, is_primary=True)
        .select_related("team")
        .first()
    )
    return membership.team if membership else None


def manager_of(member: Member, day: date) -> Member | None:
    """Who leads the member on a day: the lead of their primary team of that day.

    Nobody is their own manager: for whoever leads that team it is the lead of the nearest team
    above that somebody else, who is active, leads. `None` at the top, and for who has no team.
    """
    team = primary_team_on(member, day)
    if team is None:
        return None
    above = Team.objects.filter(pk__in=team.path, lead__is_active=True).exclude(lead=member)
    nearest = above.select_related("lead").order_by("-path__len").first()
    manager: Member | None = nearest.lead if nearest else None
    return manager
