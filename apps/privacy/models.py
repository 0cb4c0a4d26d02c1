"""What was erased of whom: proof without the data."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models import Member
from apps.privacy.querysets import ErasureQuerySet


class Erasure(models.Model):
    """One person's data were erased; says who did it and how much, never what it was."""

    kind = models.CharField(max_length=16)  # “contact” or “customer”
    record_id = models.BigIntegerField()
    by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # Model → rows that were changed.
    counts: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure of personal data")
        verbose_name_plural = _("erasures of personal data")
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"
