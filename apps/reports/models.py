"""Weekly editions as they were sent, and who got them."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models import Member, Team
from apps.members.querysets import Viewer


class ByTeamQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Editions of the teams whose figures the person may open."""
        return self.filter(team__in=Team.objects.visible_to(user).values("pk"))


class Edition(models.Model):
    """A team's weekly report in one language, stored as it was rendered; never changed."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    iso_year = models.PositiveSmallIntegerField()
    iso_week = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    # The numbers it was rendered from, as strings and plain values.
    figures: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    pdf = models.FileField(upload_to="editions/%Y/")
    pdf_sha256 = models.CharField(max_length=64)
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ByTeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["-iso_year", "-iso_week", "team", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "iso_year", "iso_week", "language"], name="edition_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.iso_year}-W{self.iso_week:02d} {self.language}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")


class DeliveryQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(edition__team__in=Team.objects.visible_to(user).values("pk"))


class Delivery(models.Model):
    """One mail of one edition to one member: sent once, or known to have failed.

    `sending` is written before the mail server is asked and `sent` after it has accepted. A row
    found in `sending` with nobody working on it was cut off in between: it becomes `unconfirmed`
    and is mailed again only by a person's decision, since nobody knows whether it arrived.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="deliveries")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    message_id = models.CharField(max_length=255, unique=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "member"], name="delivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                name="delivery_waiting",
                condition=models.Q(state__in=["waiting", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition} → {self.member}"
