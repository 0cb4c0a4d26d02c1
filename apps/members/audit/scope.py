"""Which part of the audit trail a person reads: all of it, the people's part, or nothing."""

from typing import TYPE_CHECKING

from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind

if TYPE_CHECKING:
    from apps.core.audit_querysets import AuditEntryQuerySet

# Kinds of records, as entries name them, that are about people: HR's part of the trail.
PEOPLE_KINDS = (
    "apitoken",
    "invitation",
    "member",
    "membership",
    "position",
    "positionholding",
    "standin",
    "team",
)


def visible_entries(rows: "AuditEntryQuerySet", user: Viewer) -> "AuditEntryQuerySet":
    """The rows of the audit log that the person may read; `visible_to` of the entries asks here."""
    reach = reads(user, RecordKind.AUDIT)
    if reach is Reach.ALL:
        return rows.all()
    # What is “theirs” in a trail of everybody: the part that is about people.
    return rows.filter(kind__in=PEOPLE_KINDS) if reach is Reach.OWN else rows.none()
