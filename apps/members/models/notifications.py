"""What a member is told inside the product."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models.people import Member
from apps.members.querysets import OwnQuerySet


class Notification(models.Model):
    """Something that a member should know; `key` makes sure that they are told once.

    The words come from `kind` and `details` in the reader's language; `record_kind` and `record_id`
    (see `apps.core.audit_kinds`) are the page that it opens, if the reader still sees it.
    """

    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, db_index=False, related_name="notifications"
    )
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    record_kind = models.CharField(max_length=64, blank=True)
    record_id = models.BigIntegerField(null=True)
    details: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["member", "-at", "-id"], name="notification_of_member"),
            models.Index(
                fields=["member"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "key"], name="notification_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.kind}"
