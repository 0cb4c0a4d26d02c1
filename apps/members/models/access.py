"""Standing in, signing in, and programs that act for somebody."""

from datetime import date, timedelta
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models.people import Member
from apps.members.models.teams import DateRange
from apps.members.querysets import (
    ApiTokenQuerySet,
    SignInQuerySet,
    StandInQuerySet,
)
from apps.members.roles import AccessRole as AccessRole  # noqa: PLC0414 - models use it most


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
