"""What the firm decided about people who leave."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models import Member
from apps.staffing.querysets import DepartureQuerySet


class DepartureState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class Departure(models.Model):
    """Somebody leaves: their last day, who takes what they hold, and what went where in the end.

    A last day of today is carried out at once, a later one by the night after it. `plan` is a
    `leaving_plan.Plan`; `shares` lists what was handed over as {holding, to, count, value}.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="departures")
    last_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    plan: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    shares: "models.JSONField[list[Any], list[Any]]" = models.JSONField(default=list)
    state = models.CharField(
        max_length=12, choices=DepartureState.choices, default=DepartureState.PLANNED
    )
    # Why the night could not carry it out; it tries again every night.
    problem = models.TextField(blank=True)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now, editable=False)
    # When it was carried out or cancelled.
    ended_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = DepartureQuerySet.as_manager()

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        ordering = ["-decided_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"],
                condition=models.Q(state="planned"),
                name="departure_one_planned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.last_on}"
