"""The service policy of each tier, and where it was not kept."""

from datetime import time
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Channel, Customer, Tier
from apps.members.models import Member
from apps.portfolio.service.querysets import FirstResponseQuerySet, PolicyBreachQuerySet


class ServicePolicy(models.Model):
    """What a customer of a tier may expect. Empty: nothing is asked."""

    tier = models.CharField(_("tier"), max_length=1, choices=Tier.choices, unique=True)
    contact_days = models.PositiveSmallIntegerField(
        _("longest gap between contacts, days"), null=True, blank=True
    )
    response_hours = models.PositiveSmallIntegerField(
        _("first response within, business hours"), null=True, blank=True
    )
    visit_days = models.PositiveSmallIntegerField(_("a visit every … days"), null=True, blank=True)
    # The cheapest first; where it is empty, every channel is allowed.
    channels: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=16, choices=Channel.choices), default=list, blank=True
    )
    # What was done before these channels were set is no breach.
    channels_since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("service policy")
        verbose_name_plural = _("service policies")
        ordering = ["tier"]

    def __str__(self) -> str:
        return self.tier


def nine() -> time:
    return time(9)


def six() -> time:
    return time(18)


class ServiceHours(models.Model):
    """When the clock of first responses runs on a working day; exactly one row."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    opens_at = models.TimeField(_("business hours from"), default=nine)
    closes_at = models.TimeField(_("business hours until"), default=six)

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="hours_are_one"),
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")), name="hours_have_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens_at:%H:%M}–{self.closes_at:%H:%M}"

    @classmethod
    def current(cls) -> "ServiceHours":
        return cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]


class BreachKind(models.TextChoices):
    CONTACT = "contact", _("Contact overdue")
    RESPONSE = "response", _("First response overdue")
    VISIT = "visit", _("Visit overdue")
    CHANNEL = "channel", _("Channel not allowed")


class PolicyBreach(models.Model):
    """A customer did not get what its tier's policy promises, from `since_on` to `ended_on`.

    `owner` is whose breach it was: who had the customer on `since_on`; of a channel that is not
    allowed, who used it. While it is open, tier, `allowed` and `since_on` say what today's policy
    says; once it has ended nothing about it changes.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="breaches")
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=16, choices=BreachKind.choices)
    # None of a lead that is not rated yet.
    tier = models.CharField(max_length=1, choices=Tier.choices, blank=True)
    # What was asked, in the policy's unit: days, of a first response business hours.
    allowed = models.PositiveIntegerField(null=True)
    since_on = models.DateField()
    ended_on = models.DateField(null=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = PolicyBreachQuerySet.as_manager()

    class Meta:
        verbose_name = _("breach of the service policy")
        verbose_name_plural = _("breaches of the service policy")
        ordering = ["since_on", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(ended_on__isnull=True),
                name="breach_open_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["owner", "since_on"],
                condition=models.Q(ended_on__isnull=True),
                name="breach_open_by_owner",
            ),
            models.Index(fields=["since_on", "id"], name="breach_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.kind}"


class FirstResponse(models.Model):
    """An owner got a new lead: how long it waited for the first word from us.

    Written overnight. `tier` and `allowed_hours` are those of the moment at which the clock started,
    so that another tier or policy leaves the past alone.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        IN_TIME = "in_time", _("In time")
        LATE = "late", _("Late")
        PASSED_ON = "passed_on", _("Passed on before due")

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, db_index=False, related_name="first_responses"
    )
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False, related_name="+")
    tier = models.CharField(_("tier"), max_length=1, choices=Tier.choices, blank=True)
    allowed_hours = models.PositiveSmallIntegerField(_("allowed, business hours"))
    started_at = models.DateTimeField(_("lead since"))
    due_at = models.DateTimeField(_("due"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    passed_on_at = models.DateTimeField(_("passed on"), null=True)
    # Business hours until the answer, the hand-over, or the night that wrote it.
    used_hours = models.DecimalField(_("business hours used"), max_digits=9, decimal_places=2)
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = FirstResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("first response")
        verbose_name_plural = _("first responses")
        ordering = ["-started_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "started_at"], name="first_response_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-started_at", "-id"], name="first_response_by_time"),
            models.Index(fields=["owner", "-started_at", "-id"], name="first_response_by_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.state}"
