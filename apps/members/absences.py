"""For whom somebody stands in, and what that changes for these days.

The sign-in backend loads the stand-ins that may run today with the member, in the same query; for a
member loaded otherwise they are asked for when they matter. Which of them run is decided by the
organisation's day at that moment.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone

from apps.core.models import Organisation
from apps.members.roles import LEADING, SELLING

if TYPE_CHECKING:
    from apps.members.models import Member
    from apps.members.querysets import StandInQuerySet

# The attribute in which the sign-in backend leaves what it found.
LOADED = "near_absences"
# No zone is farther than this from UTC.
ZONES = timedelta(days=1)


@dataclass(frozen=True)
class Absence:
    """A lead who is away; somebody stands in up to, not including, `ends_on`."""

    member: int
    name: str
    starts_on: date
    ends_on: date

    @property
    def last_on(self) -> date:
        return self.ends_on - timedelta(days=1)


def absences_covered(member: "Member") -> list[Absence]:
    """The leads for whom the member stands in today, in the organisation's zone."""
    if member.role not in SELLING:
        return []
    rows = getattr(member, LOADED, None)
    if rows is None:
        rows = list(_near().filter(stand_in=member.pk).values_list("found", flat=True))
    near = [_absence(row) for row in rows]
    if not near:
        return []
    today = Organisation.current().today()
    return [one for one in near if one.starts_on <= today < one.ends_on]


def lead_ids(member: "Member") -> list[int]:
    """Whose teams the member leads today: their own, and those of the leads they stand in for.

    Nothing is passed on: who stands in for a stand-in gets what that one leads themselves.
    """
    return [member.pk, *(absence.member for absence in absences_covered(member))]


def near_absences() -> ArraySubquery:
    """For an annotation on members: their stand-ins that may run today in some zone."""
    return ArraySubquery(_near().filter(stand_in=OuterRef("pk")).values("found"))


def _near() -> "StandInQuerySet":
    """Not cancelled, and running about now, for an active member who may lead."""
    from apps.members.models import StandIn  # noqa: PLC0415 - models load this module

    today = timezone.now().date()
    rows = StandIn.objects.filter(
        cancelled_at__isnull=True,
        starts_on__lte=today + ZONES,
        ends_on__gt=today - ZONES,
        absent__is_active=True,
        absent__access_role__in=LEADING,
    )
    found = JSONObject(
        member="absent_id", name="absent__name", starts_on="starts_on", ends_on="ends_on"
    )
    near: StandInQuerySet = rows.order_by("ends_on", "pk").annotate(found=found)
    return near


def _absence(row: dict[str, Any]) -> Absence:
    starts_on, ends_on = (date.fromisoformat(row[key]) for key in ("starts_on", "ends_on"))
    return Absence(row["member"], row["name"], starts_on, ends_on)
