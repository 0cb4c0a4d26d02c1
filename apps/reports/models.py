"""Weekly editions as they were sent, and who got them."""

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.models import MailState, OutgoingMail
from apps.members.models import Member, Team
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind
from apps.metrics.periods import Period, period_of

# A delivery's state before its mail is written.
PREPARING = "preparing"


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
    """A team's weekly report in one language; its figures are never changed.

    All languages of a team's week are drawn from the same figures. Who has it sent writes the
    figures; the worker draws the PDF from them, once, and then queues the mails.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    iso_year = models.PositiveSmallIntegerField()
    iso_week = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    # The numbers it was rendered from: `WeeklyFigures` as plain JSON values.
    figures: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # Empty until the worker has drawn it.
    pdf = models.FileField(upload_to="editions/%Y/", blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
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


class DeliveryQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(edition__team__in=Team.objects.visible_to(user).values("pk"))

    def editable_by(self, user: Viewer) -> Self:
        """Mails that the person may have sent again."""
        return self.visible_to(user) if may_send_any(user) else self.none()


class Delivery(models.Model):
    """One edition to one member, once: `mail` knows whether it arrived."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="deliveries")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    # None while the edition is being prepared.
    mail = models.OneToOneField(
        OutgoingMail, on_delete=models.PROTECT, null=True, related_name="report_delivery"
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "member"], name="delivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["edition"],
                name="delivery_preparing",
                condition=models.Q(mail__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition} → {self.member}"

    @property
    def state(self) -> str:
        """The mail's state; “preparing” before there is one."""
        return self.mail.state if self.mail else PREPARING

    @property
    def state_label(self) -> str:
        return self.mail.get_state_display() if self.mail else str(_("Being prepared"))

    @property
    def is_moving(self) -> bool:
        """On its way for the first time: its state will be another in a moment."""
        if self.mail is None or self.mail.state == MailState.SENDING:
            return True
        return self.mail.state == MailState.WAITING and self.mail.tries == 0

    @property
    def may_send_again(self) -> bool:
        """Not sent for certain. Words that the mail has lost are written again from the edition."""
        return self.state in {MailState.FAILED, MailState.UNCONFIRMED}
