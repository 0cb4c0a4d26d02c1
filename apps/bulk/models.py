"""Changes of many customers at once, worked off in the background."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.bulk.querysets import BulkRunQuerySet
from apps.members.models import Member


class BulkKind(models.TextChoices):
    EDIT = "edit", _("Change a field")
    ASSIGN = "assign", _("Hand over")
    TAG = "tag", _("Add tags")
    UNTAG = "untag", _("Remove tags")
    EXPORT = "export", _("Export")
    DELETE = "delete", _("Delete")


class BulkState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


# States of a run that goes on.
OPEN = (BulkState.WAITING, BulkState.RUNNING)


class BulkRun(models.Model):
    """One change of many customers: the row says how far it is, the task works it off.

    Each batch commits together with `done`, so that a killed worker's successor goes on where it
    stopped and does nothing twice.
    """

    kind = models.CharField(max_length=16, choices=BulkKind.choices)
    state = models.CharField(max_length=16, choices=BulkState.choices, default=BulkState.WAITING)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    # The customers in the order in which they are worked off.
    customers: "ArrayField[list[int], list[int]]" = ArrayField(models.BigIntegerField())
    # What to do: the new value, the receivers, the tags, the columns of the file.
    params: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    # [[customer, reason], …]: those that the rules refused.
    refused: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list)
    file = models.FileField(max_length=300, upload_to="bulk/", blank=True)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = BulkRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["by", "-at", "-id"], name="bulk_run_by_member")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
