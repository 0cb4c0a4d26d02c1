"""People, teams and the dated memberships that join them."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.models import default_time_zone
from apps.members.querysets import MemberManager, MembershipQuerySet, TeamQuerySet

# Characters beyond this one, the last before the CJK blocks, fill a square.
LAST_NARROW = "\u2e7f"


class AccessRole(models.TextChoices):
    """What the system lets a member do; who sees what is said by these properties alone."""

    REP = "rep", _("Rep")
    MANAGER = "manager", _("Manager")
    DIRECTOR = "director", _("Director")
    HR = "hr", _("HR")
    ANALYST = "analyst", _("Analyst")
    ADMIN = "admin", _("Administrator")

    @property
    def sees_all_customers(self) -> bool:
        return self in {AccessRole.DIRECTOR, AccessRole.ANALYST, AccessRole.ADMIN}

    @property
    def sees_own_customers(self) -> bool:
        """Own records, the pool and, for leads, those of their subtree."""
        return self in {AccessRole.REP, AccessRole.MANAGER}

    @property
    def sees_all_figures(self) -> bool:
        """Figures of every team: sums of what the role sees row by row."""
        return self.sees_all_customers

    @property
    def sees_all_people(self) -> bool:
        return self in {
            AccessRole.DIRECTOR,
            AccessRole.HR,
            AccessRole.ANALYST,
            AccessRole.ADMIN,
        }

    @property
    def leads(self) -> bool:
        return self is AccessRole.MANAGER

    @property
    def sees_contact_data(self) -> bool:
        return self is not AccessRole.ANALYST


class TeamKind(models.TextChoices):
    REGION = "region", _("By region")
    PRODUCT = "product", _("By product")
    SEGMENT = "segment", _("By customer segment")
    MATRIX = "matrix", _("Matrix")


class Member(AbstractBaseUser):
    """A person with a sign-in."""

    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=150)
    access_role = models.CharField(
        _("access role"), max_length=16, choices=AccessRole.choices, default=AccessRole.REP
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    language = models.CharField(_("language"), max_length=10, default="en")
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_sample = models.BooleanField(default=False, editable=False)
    external_id = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["name", "pk"]
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

    @property
    def initials(self) -> str:
        """Two letters of a Latin name, the last two characters of a Chinese one."""
        words = self.name.split()
        if len(words) > 1:
            return (words[0][:1] + words[-1][:1]).upper()
        return self.name[-2:] if self.name and self.name[0] > LAST_NARROW else self.name[:2].upper()


class Team(models.Model):
    """A node of the tree company → division → team → group."""

    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    kind = models.CharField(
        _("organised by"), max_length=16, choices=TeamKind.choices, default=TeamKind.REGION
    )
    lead = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="leads"
    )
    # Ids of all teams from the root down to this one: a subtree is one indexed look-up.
    path: "ArrayField[list[int], list[int]]" = ArrayField(
        models.BigIntegerField(), default=list, editable=False
    )
    is_sample = models.BooleanField(default=False, editable=False)
    external_id = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name", "pk"]
        indexes: ClassVar = [GinIndex(fields=["path"], name="team_path")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="team_not_own_parent"
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=models.Q(external_id__isnull=False),
                name="team_external_id_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DateRange(models.Func):
    """The half-open range of days [starts, ends)."""

    function = "DATERANGE"
    output_field = DateRangeField()


class Membership(models.Model):
    """A member's time in a team, from its first day up to, not including, `ends_on`."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    is_primary = models.BooleanField(_("primary"), default=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        indexes: ClassVar = [
            models.Index(fields=["team", "starts_on"], name="membership_team_start"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gt=models.F("starts_on")),
                name="membership_ends_after_start",
            ),
            ExclusionConstraint(
                name="membership_one_primary_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(is_primary=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.team}"
