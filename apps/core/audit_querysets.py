"""Which audit entries a person may read, and how a list loads them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

from apps.core.paging import list_fetch_mode

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.members.models import Member


class AuditEntryQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "Member | AnonymousUser") -> Self:
        """Entries of the audit log; roles are above the trail, so the rule is a setting's."""
        scoped: Self = import_string(settings.AUDIT_SCOPE)(self, user)
        return scoped

    def of_record(
        self, kind: str, pk: int, parts: Mapping[str, models.QuerySet[Any]] | None = None
    ) -> Self:
        """The history of one record: its own entries, and bulk operations that touched it.

        `parts` are kinds of records that belong to it, with those the reader may see. One index
        serves each: an OR over all of them would read every entry of the kind.
        """
        rows = self.model._default_manager.order_by()
        own = rows.filter(kind=kind, object_id=pk).values("pk")
        bulk = rows.exclude(rows=[]).filter(kind=kind, rows__contains=[pk]).values("pk")
        others = [
            rows.filter(kind=part, object_id__in=seen.order_by().values("pk")).values("pk")
            for part, seen in (parts or {}).items()
        ]
        return self.filter(pk__in=own.union(bulk, *others))

    def for_list(self) -> Self:
        """What a row prints stands in the row itself: nothing else is loaded."""
        return self.fetch_mode(list_fetch_mode())
