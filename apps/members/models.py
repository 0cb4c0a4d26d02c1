"""People, teams and the dated memberships that join them."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.models import OutgoingMail, default_time_zone
from apps.members.absences import Absence, absences_covered
from apps.members.lifecycle import LifecycleStage
from apps.members.querysets import (
    ApiTokenQuerySet,
    InvitationBatchQuerySet,
    InvitationQuerySet,
    MemberManager,
    MembershipQuerySet,
    PositionHoldingQuerySet,
    PositionQuerySet,
    SignInQuerySet,
    StandInQuerySet,
    TeamQuerySet,
    reads,
)
from apps.members.roles import AccessRole as AccessRole  # noqa: PLC0414 - models use it most
from apps.members.roles import RecordKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Characters beyond this one, the last before the CJK blocks, fill a square.
LAST_NARROW = "\u2e7f"


class CareerLevel(models.TextChoices):
    """The career ladder, from the bottom."""

    ASSISTANT = "assistant", _("Assistant")
    REPRESENTATIVE = "representative", _("Representative")
    SENIOR = "senior", _("Senior")
    LEAD = "lead", _("Lead")
    MANAGER = "manager", _("Manager")
    DIRECTOR = "director", _("Director")


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

    def reaches(self, kind: str, least: int) -> bool:
        """Whether they read records of a kind at least so far; see `roles`."""
        return reads(self, RecordKind(kind)) >= least

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


class Position(models.Model):
    """What somebody does for a team, and the stages of a customer's life that this covers."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    # Language code → name; English is the fallback.
    names: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("names"))
    stages: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=16, choices=LifecycleStage.choices), default=list, blank=True
    )
    rank = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["rank", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.names.get(get_language() or "en") or self.names["en"]

    @property
    def stage_names(self) -> "list[_StrPromise]":
        """The stages covered, in words and in their order."""
        return [stage.label for stage in LifecycleStage if stage in self.stages]


class PositionHolding(models.Model):
    """A member's time in a position, from its first day up to, not including, `ends_on`."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="holdings")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="holdings")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = PositionHoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("position held")
        verbose_name_plural = _("positions held")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gt=models.F("starts_on")),
                name="holding_ends_after_start",
                violation_error_message=_("The end lies before the start: choose a later day."),
            ),
            ExclusionConstraint(
                name="holding_once_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    ("position", RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_(
                    "This member holds the position on some of these days already."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.position}"


class InvitationState(models.TextChoices):
    OPEN = "open", _("Open")
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


class StandIn(models.Model):
    """Somebody who leads another's teams while that one is away, up to, not including, `ends_on`."""

    absent = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="absences")
    stand_in = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="stands_in")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    made_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = StandInQuerySet.as_manager()

    class Meta:
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        ordering = ["-starts_on", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["stand_in", "starts_on"], name="stand_in_by_person"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")),
                name="stand_in_ends_after_start",
                violation_error_message=_("The end lies before the start: choose a later day."),
            ),
            models.CheckConstraint(
                condition=~models.Q(absent=models.F("stand_in")),
                name="stand_in_is_another",
                violation_error_message=_("Nobody stands in for themselves: choose somebody else."),
            ),
            ExclusionConstraint(
                name="stand_in_one_at_a_time",
                expressions=[
                    ("absent", RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(cancelled_at__isnull=True),
                violation_error_message=_("Somebody stands in on some of these days already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in} for {self.absent}"

    @property
    def last_on(self) -> date:
        """The last day away."""
        return self.ends_on - timedelta(days=1)


class ApiToken(models.Model):
    """A secret by which a program acts as a member; shown once, kept as a digest."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    # The first characters, by which people recognise it.
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class SignInOutcome(models.TextChoices):
    DONE = "done", _("Signed in")
    REFUSED = "refused", _("Refused")
    THROTTLED = "throttled", _("Too many attempts")


class SignIn(models.Model):
    """An attempt to sign in: who, when, how, from where, with what result."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="sign_ins")
    # What was typed, where it belongs to nobody.
    email = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField(default=timezone.now)
    # Such as “password, totp”, “passkey”, “sso”.
    method = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=12, choices=SignInOutcome.choices)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=300, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        indexes: ClassVar = [
            models.Index(fields=["member", "-at"], name="sign_in_by_member"),
            models.Index(fields=["-at", "-id"], name="sign_in_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.email or self.member_id} {self.at}"
