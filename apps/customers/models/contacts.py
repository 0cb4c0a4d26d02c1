"""The people at a customer, and the days to remember."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models.customer import Customer
from apps.customers.querysets import ChangedOfCustomerQuerySet, ContactQuerySet
from apps.members.models import Member


class DecisionRole(models.TextChoices):
    DECISION_MAKER = "decision_maker", _("Decision maker")
    INFLUENCER = "influencer", _("Influencer")
    USER = "user", _("User")
    GATEKEEPER = "gatekeeper", _("Gatekeeper")


class Channel(models.TextChoices):
    """By which way a customer is reached."""

    CALL = "call", _("Call")
    VISIT = "visit", _("Visit")
    EMAIL = "email", _("Email")
    MESSAGE = "message", _("Message")
    MEETING = "meeting", _("Meeting")
    FAX = "fax", _("Fax")


class Contact(models.Model):
    """A person at a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    decision_role = models.CharField(
        _("role in the decision"), max_length=16, choices=DecisionRole.choices, blank=True
    )
    # As typed; the keys by which they are compared and found are `SearchKey` rows.
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("email"), blank=True)
    other_phones: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("more phones"),
        default=list,
        db_default=[],
        blank=True,
    )
    other_emails: "ArrayField[list[str], list[str]]" = ArrayField(
        models.EmailField(), verbose_name=_("more emails"), default=list, db_default=[], blank=True
    )
    preferred_channel = models.CharField(
        _("preferred channel"),
        max_length=16,
        choices=Channel.choices,
        blank=True,
        default="",
        db_default="",
    )
    preferred_time = models.CharField(
        _("preferred time"), max_length=100, blank=True, default="", db_default=""
    )
    is_former = models.BooleanField(_("no longer there"), default=False, db_default=False)
    # Since when they must not be called or texted, and why (or why they may be again); written by
    # `apps.calling.services` alone.
    do_not_call_at = models.DateTimeField(_("not to be called since"), null=True, editable=False)
    do_not_call_reason = models.CharField(
        _("why they must not be called"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    # Personal data are gone; what counted them stays.
    erased_at = models.DateTimeField(null=True, editable=False)

    objects = ContactQuerySet.as_manager()

    # The audit trail calls it by its number: what can't be edited must not hold personal data.
    is_personal = True

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class SpecialDateKind(models.TextChoices):
    BIRTHDAY = "birthday", _("Birthday")
    ANNIVERSARY = "anniversary", _("Anniversary")
    FOUNDING = "founding", _("Founding day")
    OTHER = "other", _("Other day")


class SpecialDate(models.Model):
    """A day that comes back each year, of the customer or of one of its contacts."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="special_dates")
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="special_dates"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=SpecialDateKind.choices)
    label = models.CharField(_("what it is"), max_length=100, blank=True)
    month = models.PositiveSmallIntegerField(_("month"))
    day = models.PositiveSmallIntegerField(_("day"))
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = ChangedOfCustomerQuerySet.as_manager()

    # As of a contact: a birthday must stay erasable.
    is_personal = True

    class Meta:
        verbose_name = _("special date")
        verbose_name_plural = _("special dates")
        ordering = ["month", "day", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(month__gte=1, month__lte=12, day__gte=1, day__lte=31),
                name="special_date_is_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.month}-{self.day}"
