"""For whom somebody stands in, and what that changes for these days.

The sign-in backend loads the stand-ins that may run today with the member, in the same query; for a
member loaded otherwise they are asked for when they matter. Which of them run is decided by the
organisation's day at that moment.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from apps.core.models import Organisation
from apps.members.roles import LEADING, SELLING

if TYPE_CHECKING:
    from apps.members.models import Member

# The attribute in which the sign-in backend leaves what it found.
LOADED = "near_absences"
# No zone is farther than this from UTC.
ZONES = timedelta(days=1)
# Not cancelled, and running about now, for an active member who may lead. In plain SQL: every request
# asks it with its person, and to put it together from models takes longer than the answer.
NEAR = """
ARRAY(SELECT jsonb_build_object('member', s.absent_id, 'name', away.name,
                                'starts_on', s.starts_on, 'ends_on', s.ends_on)
      FROM members_standin s JOIN members_member away ON away.id = s.absent_id
      WHERE s.stand_in_id = members_member.id AND s.cancelled_at IS NULL
        AND s.starts_on <= %s AND s.ends_on > %s
        AND away.is_active AND away.access_role = ANY (%s)
      ORDER BY s.ends_on, s.id)
"""


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
        alike = type(member).objects.with_absences().filter(pk=member.pk)
        rows = alike.values_list(LOADED, flat=True).first() or []
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


def near_absences() -> RawSQL:
    """For an annotation on members: their stand-ins that may run today in some zone."""
    today = timezone.now().date()
    values = [today + ZONES, today - ZONES, list(LEADING)]
    return RawSQL(NEAR, values, output_field=ArrayField(JSONField()))  # noqa: S611 - a constant


def _absence(row: dict[str, Any]) -> Absence:
    starts_on, ends_on = (date.fromisoformat(row[key]) for key in ("starts_on", "ends_on"))
    return Absence(row["member"], row["name"], starts_on, ends_on)
