"""What phone systems report: their events as they came, and the calls that they add up to."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.activities.models import Activity, Direction
from apps.customers.models import Contact, Customer
from apps.members.models import Member
from apps.telephony.querysets import PhoneCallQuerySet, PhoneSystemQuerySet

# Longest of what a phone system calls its events and calls, and of a number as it sends it.
LONGEST_ID, LONGEST_NUMBER, LONGEST_EXTENSION = 100, 64, 20


class EventKind(models.TextChoices):
    STARTED = "started", pgettext_lazy("phone call", "Started")
    ANSWERED = "answered", pgettext_lazy("phone call", "Answered")
    ENDED = "ended", pgettext_lazy("phone call", "Ended")


class CallState(models.TextChoices):
    RINGING = "ringing", _("Ringing")
    TALKING = "talking", _("Talking")
    ENDED = "ended", pgettext_lazy("phone call", "Ended")


class CallProblem(models.TextChoices):
    """Why a call that is over has no customer."""

    UNKNOWN = "unknown", _("Nobody has this number")
    SEVERAL = "several", _("Several customers have this number")
    NOT_PERMITTED = "not_permitted", _("Only to be read by whoever had the call")
    NO_MEMBER = "no_member", _("The extension is nobody's")
    NO_NUMBER = "no_number", _("No number was sent")
    INCOMPLETE = "incomplete", _("Its start was not reported")
    REFUSED = "refused", _("The contact could not be written down")


class PhoneSystem(models.Model):
    """A source of calls. Never deleted: its calls name it."""

    # Sent in a header, so only what a header can hold.
    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z",
                _("Use letters a–z, digits, dots and dashes: it is sent with every event."),
            )
        ],
        error_messages={"unique": _("There is a phone system of this name already.")},
    )
    # Encrypted (`apps.core.encryption`): a signature can't be checked with a digest of it.
    secret = models.CharField(max_length=255, editable=False)
    is_active = models.BooleanField(_("takes events"), default=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    secret_made_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PhoneSystemQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone system")
        verbose_name_plural = _("phone systems")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Extension(models.Model):
    """Whose calls those of an extension are."""

    system = models.ForeignKey(
        PhoneSystem, on_delete=models.CASCADE, db_index=False, related_name="extensions"
    )
    number = models.CharField(
        _("extension"),
        max_length=LONGEST_EXTENSION,
        validators=[
            RegexValidator(r"\A[A-Za-z0-9*#._-]+\Z", _("Give it as the phone system sends it."))
        ],
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="extensions")

    objects = PhoneSystemQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["number", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "number"], name="extension_once_a_system"),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.number}"


class CallEvent(models.Model):
    """One event as it came. The database keeps it so; only its numbers may be blotted out."""

    system = models.ForeignKey(
        PhoneSystem, on_delete=models.PROTECT, db_index=False, related_name="events"
    )
    event_id = models.CharField(max_length=LONGEST_ID)
    call_id = models.CharField(max_length=LONGEST_ID)
    kind = models.CharField(max_length=8, choices=EventKind.choices)
    direction = models.CharField(max_length=4, choices=Direction.choices)
    from_number = models.CharField(max_length=LONGEST_NUMBER, blank=True)
    to_number = models.CharField(max_length=LONGEST_NUMBER, blank=True)
    extension = models.CharField(max_length=LONGEST_EXTENSION, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("event of a call")
        verbose_name_plural = _("events of calls")
        ordering = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["system", "call_id"], name="call_event_of_call"),
            models.Index(fields=["system", "-received_at"], name="call_event_latest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "event_id"], name="call_event_once"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.kind}"


class PhoneCall(models.Model):
    """What the events of one call add up to, and the customer and activity that it became."""

    system = models.ForeignKey(
        PhoneSystem, on_delete=models.PROTECT, db_index=False, related_name="calls"
    )
    call_id = models.CharField(max_length=LONGEST_ID)
    state = models.CharField(
        _("state"), max_length=8, choices=CallState.choices, default=CallState.RINGING
    )
    direction = models.CharField(
        _("direction"), max_length=4, choices=Direction.choices, default=Direction.IN
    )
    # Of the other side: in E.164 (what is no number of the public network by its digits alone), and
    # as it was sent.
    number = models.CharField(_("number"), max_length=LONGEST_NUMBER, blank=True)
    raw_number = models.CharField(max_length=LONGEST_NUMBER, blank=True)
    extension = models.CharField(_("extension"), max_length=LONGEST_EXTENSION, blank=True)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, db_index=False, related_name="phone_calls"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, related_name="phone_calls"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, related_name="phone_calls"
    )
    activity = models.OneToOneField(
        Activity, on_delete=models.SET_NULL, null=True, related_name="phone_call"
    )
    # The earliest instant that is known of it.
    at = models.DateTimeField(_("at"), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    talk_seconds = models.PositiveIntegerField(_("talk, seconds"), null=True)
    # Of a call that is over: why it has no customer; empty where it has one.
    problem = models.CharField(
        _("reason"), max_length=16, choices=CallProblem.choices, blank=True, default=""
    )
    assigned_at = models.DateTimeField(null=True)
    assigned_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    dismissed_reason = models.CharField(max_length=200, blank=True)

    # The audit trail calls it by its number: what can't be edited must not hold personal data.
    is_personal = True

    objects = PhoneCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone call")
        verbose_name_plural = _("phone calls")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["member", "-at", "-id"], name="phone_call_by_member"),
            models.Index(
                fields=["-at", "-id"],
                condition=models.Q(customer__isnull=True, dismissed_at__isnull=True)
                & ~models.Q(problem=""),
                name="phone_call_inbox",
            ),
            models.Index(fields=["number"], name="phone_call_by_number"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "call_id"], name="phone_call_once"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.state}"

    @property
    def talk(self) -> str:
        """The talk as minutes and seconds: 125 seconds are 2:05."""
        minutes, seconds = divmod(self.talk_seconds or 0, 60)
        return f"{minutes}:{seconds:02}"
