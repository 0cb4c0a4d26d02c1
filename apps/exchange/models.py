"""The record of imports: what was read, what came of it, and which rows were refused."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.paging import list_fetch_mode
from apps.members.models import Member
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind


class ImportRunQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Administrators see every import; a manager sees those they started."""
        reach = reads(user, RecordKind.IMPORTS)
        if reach is Reach.ALL:
            return self.all()
        return self.none() if reach is Reach.NONE else self.filter(by=user.pk)

    def for_list(self) -> Self:
        """What the list prints, without the rejected rows themselves."""
        return self.select_related("by").defer("rejected", "notes").fetch_mode(list_fetch_mode())


class ImportRun(models.Model):
    """One import that was carried out or tried; written also when nothing was changed."""

    source = models.CharField(_("source"), max_length=255)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    # {"customers": {"read": 85, "created": 85, "updated": 0, "unchanged": 0, "rejected": 0}, …}
    summary: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # The first rejected rows: dictionaries of file, line, column, value, code, detail, reason.
    rejected: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    rejected_count = models.PositiveIntegerField(default=0)
    # Name in the file storage of all rejected rows as CSV; `rejected` holds the first ones.
    rejected_file = models.CharField(max_length=255, blank=True)
    without_customer = models.PositiveIntegerField(default=0)
    dry_run = models.BooleanField(default=False)
    notes: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    error = models.TextField(blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["by", "-id"], name="importrun_by_member")]

    def __str__(self) -> str:
        return self.source
