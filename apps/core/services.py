"""The audit trail: written by every service in the transaction of its change."""

from typing import TYPE_CHECKING, Any, Protocol

from apps.core.models import AuditEntry

if TYPE_CHECKING:
    from apps.members.models import Member


class Identified(Protocol):
    """A saved record: a model instance."""

    pk: Any


def audit_record(
    *, by: "Member | None", action: str, record: Identified, **details: Any
) -> AuditEntry:
    """Write who did what to a record; `details` must be plain JSON values."""
    return AuditEntry.objects.create(
        by=by,
        action=action,
        kind=type(record).__name__.lower(),
        object_id=record.pk,
        details=details,
    )
