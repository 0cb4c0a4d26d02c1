"""The run log of the overnight run."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models import Member
from apps.members.querysets import Viewer, reads, writes
from apps.members.roles import Reach, RecordKind


class RunState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    INTERRUPTED = "interrupted", _("Interrupted")


class RunKind(models.TextChoices):
    NIGHTLY = "nightly", _("Nightly")
    RANGE = "range", _("Range")
    REBUILD = "rebuild", _("Rebuild")


# A run in one of these states is still to be finished, by whoever starts next.
UNFINISHED = (RunState.WAITING, RunState.RUNNING, RunState.INTERRUPTED)


class NightRunQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.all() if reads(user, RecordKind.SETTINGS) is Reach.ALL else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Runs that the person may start again."""
        return self.all() if writes(user, RecordKind.SETTINGS) is Reach.ALL else self.none()

    def unfinished(self) -> Self:
        return self.filter(state__in=UNFINISHED)

    def with_steps(self) -> Self:
        return self.select_related("started_by").prefetch_related("steps")


class NightRun(models.Model):
    """One run over a range of days; `through_on` is the day its figures stand for."""

    kind = models.CharField(max_length=16, choices=RunKind.choices)
    from_on = models.DateField(null=True)
    through_on = models.DateField()
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.WAITING)
    started_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = NightRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("overnight run")
        verbose_name_plural = _("overnight runs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.through_on}"


class NightStep(models.Model):
    """One step of a run: rows written, seconds, and the error that stopped it."""

    run = models.ForeignKey(NightRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.WAITING)
    rows = models.BigIntegerField(null=True)
    seconds = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["run", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "name"], name="nightstep_unique"),
        ]

    def __str__(self) -> str:
        return self.name
