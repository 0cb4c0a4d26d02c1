"""Whose absences a page shows, and for whom somebody stands in."""

from datetime import date

from apps.members.models import Member, StandIn


def absences_of(member: Member, day: date) -> list[StandIn]:
    """Days away that run or will come, and were not cancelled, the nearest first."""
    rows = StandIn.objects.filter(absent=member, cancelled_at__isnull=True, ends_on__gt=day)
    return list(rows.select_related("stand_in", "made_by").order_by("starts_on"))


def standing_in_of(member: Member, day: date) -> list[StandIn]:
    """For whom the member stands in, now or later."""
    rows = StandIn.objects.filter(stand_in=member, cancelled_at__isnull=True, ends_on__gt=day)
    return list(rows.select_related("absent").order_by("starts_on"))
