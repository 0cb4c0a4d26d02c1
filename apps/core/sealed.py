"""Sealed records: improvement plans, conflict cases, pulse answers, candidates.

They are open to those named on them and to HR, never to an administrator, and never through
“acting for somebody”: a sealed record does not exist for whoever looks with another's eyes. Each
opening is written to the audit trail, which calls the record only by its kind.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models

from apps.core.models import AuditEntry
from apps.core.services import audit_record

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.members.models import Member

type Viewer = "Member | AnonymousUser"


class SealedQuerySet(models.QuerySet[Any]):
    """Scope of a sealed record: a subclass says in `sealed_visible_to` who is named on it."""

    def visible_to(self, user: Viewer) -> Self:
        """What the person sees by themselves; nothing while an administrator acts for them."""
        if getattr(user, "acted_by", None) is not None:
            return self.none()
        return self.sealed_visible_to(user)

    def sealed_visible_to(self, user: Viewer) -> Self:
        raise NotImplementedError

    def editable_by(self, user: Viewer) -> Self:
        """What the person may change by themselves; nobody acts for them here either."""
        if getattr(user, "acted_by", None) is not None:
            return self.none()
        return self.sealed_editable_by(user)

    def sealed_editable_by(self, user: Viewer) -> Self:
        raise NotImplementedError


class SealedRecord(models.Model):
    """Base of sealed models; the audit trail knows them by `is_sealed`."""

    is_sealed: ClassVar[bool] = True

    class Meta:
        abstract = True


def sealed_read(*, by: "Member", record: SealedRecord) -> AuditEntry:
    """Write down that a sealed record was opened; call it in the view, before rendering."""
    return audit_record(by=by, action="sealed.read", record=record, is_reading=True)
