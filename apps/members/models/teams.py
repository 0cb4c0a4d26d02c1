"""Teams and the dated memberships that join people to them."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.members.models.people import Member
from apps.members.querysets import (
    MembershipQuerySet,
    TeamQuerySet,
)
from apps.members.roles import AccessRole as AccessRole  # noqa: PLC0414 - models use it most


class TeamStage(models.TextChoices):
    """How far a team has grown together; by its age unless its lead says otherwise."""

    FORMING = "forming", _("Forming")
    STORMING = "storming", _("Storming")
    NORMING = "norming", _("Norming")
    PERFORMING = "performing", _("Performing")


class TeamKind(models.TextChoices):
    REGION = "region", _("By region")
    PRODUCT = "product", _("By product")
    SEGMENT = "segment", _("By customer segment")
    MATRIX = "matrix", _("Matrix")


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
    # Its first day in its present form, from which its age counts; empty where nobody knows.
    formed_on = models.DateField(_("formed on"), null=True, blank=True)
    # Set by hand, with who and why; empty: by age.
    stage = models.CharField(_("stage"), max_length=16, choices=TeamStage.choices, blank=True)
    stage_set_on = models.DateField(null=True, blank=True, editable=False)
    stage_set_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    stage_reason = models.CharField(_("reason"), max_length=300, blank=True)
    # A closed team takes nobody in; its past stays.
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
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
                violation_error_message=_("The end lies before the start: choose a later day."),
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
                violation_error_message=_(
                    "This member has a primary team on some of these days already:"
                    " move them instead, or choose other days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.team}"
