"""Ways in for people who are no members yet."""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.models import OutgoingMail, default_time_zone
from apps.members.models.people import CareerLevel, Member
from apps.members.models.positions import Position
from apps.members.models.teams import Team
from apps.members.querysets import (
    InvitationBatchQuerySet,
    InvitationQuerySet,
)
from apps.members.roles import AccessRole as AccessRole  # noqa: PLC0414 - models use it most


class InvitationState(models.TextChoices):
    OPEN = "open", pgettext_lazy("invitation", "Open")
    EXPIRED = "expired", _("Expired")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Taken back")


class Invitation(models.Model):
    """A way in for one address: used once, in time, or taken back.

    The link's secret is known to the mail alone; here is its digest.
    """

    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=150)
    access_role = models.CharField(
        _("access role"), max_length=16, choices=AccessRole.choices, default=AccessRole.REP
    )
    career_level = models.CharField(
        _("career level"), max_length=16, choices=CareerLevel.choices, blank=True
    )
    positions: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(Position, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    time_zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    language = models.CharField(_("language"), max_length=10, default="en")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    mail = models.ForeignKey(OutgoingMail, on_delete=models.SET_NULL, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, null=True, related_name="invitation"
    )
    is_sample = models.BooleanField(default=False, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_open",
                violation_error_message=_("This address has an open invitation already."),
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, member__isnull=True)
                | models.Q(accepted_at__isnull=False, member__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> InvitationState:
        """As `InvitationQuerySet.in_state` says it of many."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        is_late = self.expires_at <= timezone.now()
        return InvitationState.EXPIRED if is_late else InvitationState.OPEN


class InvitationBatch(models.Model):
    """A file of people to invite: looked through first, then confirmed once."""

    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    # Name in the file storage; the file goes once it has been confirmed or is old.
    file = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    invited_count = models.PositiveIntegerField(default=0)
    # What was refused at confirming: line, cells of the file, reasons in words.
    refused: "models.JSONField[Any, Any]" = models.JSONField(default=list)

    objects = InvitationBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of invitations")
        verbose_name_plural = _("files of invitations")

    def __str__(self) -> str:
        return self.file_name
