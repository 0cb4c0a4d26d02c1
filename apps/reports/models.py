"""Weekly editions as they were sent, and who got them."""

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models import Member, Team
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind
from apps.metrics.periods import Period, period_of


def may_send_any(user: Viewer) -> bool:
    """Have reports mailed: whoever changes figures of more than themselves."""
    return writes(user, RecordKind.FIGURES) >= Reach.SUBTREE


class EditionQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Editions of the teams whose figures the person may open."""
        return self.filter(team__in=Team.objects.visible_to(user).values("pk"))

    def editable_by(self, user: Viewer) -> Self:
        """Editions that the person may have mailed: those seen, but not by analysts."""
        return self.visible_to(user) if may_send_any(user) else self.none()

    def of_week(self, team: Team, week: Period) -> Self:
        year, number, _day = week.start.isocalendar()
        return self.filter(team=team, iso_year=year, iso_week=number)


class Edition(models.Model):
    """A team's weekly report in one language, stored as it was rendered; never changed.

    All languages of a team's week are rendered from the same figures.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    iso_year = models.PositiveSmallIntegerField()
    iso_week = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    # The numbers it was rendered from: `WeeklyFigures` as plain JSON values.
    figures: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    pdf = models.FileField(upload_to="editions/%Y/")
    pdf_sha256 = models.CharField(max_length=64)
    # Who had it sent; empty for the schedule.
    made_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = EditionQuerySet.as_manager()

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
        return f"{self.team} {self.week.key} {self.language}"

    @property
    def week(self) -> Period:
        return period_of("week", date.fromisocalendar(self.iso_year, self.iso_week, 1))


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")


class DeliveryQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(edition__team__in=Team.objects.visible_to(user).values("pk"))

    def editable_by(self, user: Viewer) -> Self:
        """Mails that the person may have sent again."""
        return self.visible_to(user) if may_send_any(user) else self.none()


class Delivery(models.Model):
    """One mail of one edition to one member: sent once, or known not to have been.

        waiting ──claim──▶ sending ──accepted (2xx)─────────────────▶ sent
           ▲                  ├──refused for now (4xx, no connection)─▶ waiting, later
           │                  ├──refused for good (5xx)───────────────▶ failed
           │                  └──cut off after the text was given─────▶ unconfirmed
           └──a person's “Send again”── failed, unconfirmed

    `sending` is committed before the mail server is asked; the row stays locked until its answer is
    committed. A row in `sending` that nobody holds was cut off by a crash in between: it becomes
    `unconfirmed` too, and is mailed again only by a person's decision, since nobody knows whether
    it arrived. The message id stays the same, so that a mail program recognises a second copy.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="deliveries")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    message_id = models.CharField(max_length=255, unique=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
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
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["claimed_at"],
                name="delivery_sending",
                condition=models.Q(state="sending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition} → {self.member}"

    @property
    def may_send_again(self) -> bool:
        return self.state in {DeliveryState.FAILED, DeliveryState.UNCONFIRMED}
