"""Members and the career ladder."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.models import default_time_zone
from apps.members.absences import Absence, absences_covered
from apps.members.querysets import (
    MemberManager,
    reads,
    writes,
)
from apps.members.roles import AccessRole as AccessRole  # noqa: PLC0414 - models use it most
from apps.members.roles import RecordKind

# Characters beyond this one, the last before the CJK blocks, fill a square.
LAST_NARROW = "\u2e7f"


class CareerLevel(models.TextChoices):
    """The career ladder, from the bottom."""

    ASSISTANT = "assistant", _("Assistant")
    REPRESENTATIVE = "representative", _("Representative")
    SENIOR = "senior", _("Senior")
    LEAD = "lead", pgettext_lazy("career level", "Lead")
    MANAGER = "manager", _("Manager")
    DIRECTOR = "director", _("Director")


class Member(AbstractBaseUser):
    """A person with a sign-in."""

    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=150)
    access_role = models.CharField(
        _("access role"), max_length=16, choices=AccessRole.choices, default=AccessRole.REP
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    language = models.CharField(_("language"), max_length=10, default="en")
    career_level = models.CharField(
        _("career level"), max_length=16, choices=CareerLevel.choices, blank=True
    )
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    # The first day on which they are no longer here; set with the hand-over.
    left_on = models.DateField(_("left on"), null=True, blank=True)
    # Empty: as the access role says.
    may_export_lists = models.BooleanField(_("may export lists"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_sample = models.BooleanField(default=False, editable=False)
    external_id = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[MemberManager] = MemberManager()

    # The administrator who looks at the product as this person, in this request; see `acting`.
    acted_by: "Member | None" = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["name", "pk"]
        indexes: ClassVar = [
            # Lists in the order of their owners' names walk along it.
            models.Index(fields=["name", "id"], name="member_by_name"),
            # They serve `icontains` and `istartswith`, which compare in capitals.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="member_name_search"),
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="member_email_search"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="member_email_unique",
                violation_error_message=_("Somebody with this email is a member already."),
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=models.Q(external_id__isnull=False),
                name="member_external_id_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def role(self) -> AccessRole:
        return AccessRole(self.access_role)

    def reaches(self, kind: str, least: int, *, changes: bool = False) -> bool:
        """Whether they read (or change) records of a kind at least so far; see `roles`."""
        found = writes if changes else reads
        return found(self, RecordKind(kind)) >= least

    def absences_covered(self) -> list[Absence]:
        """The leads for whom they stand in today."""
        return absences_covered(self)

    @property
    def initials(self) -> str:
        """Two letters of a Latin name, the last two characters of a Chinese one."""
        words = self.name.split()
        if len(words) > 1:
            return (words[0][:1] + words[-1][:1]).upper()
        return self.name[-2:] if self.name and self.name[0] > LAST_NARROW else self.name[:2].upper()
