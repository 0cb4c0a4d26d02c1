"""The organisation, the audit trail and the marks of days whose figures need computing again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.audit_querysets import AuditEntryQuerySet

FEWEST_AUDIT_MONTHS = 24


def monday_to_friday() -> list[int]:
    return [1, 2, 3, 4, 5]


def exporting_roles() -> list[str]:
    return ["manager", "director", "admin"]


def default_time_zone() -> str:
    zone: str = settings.DEFAULT_TIME_ZONE
    return zone


# The organisation that a request has read already. Outside a request nothing is kept, so that a
# long-lived worker never goes on with yesterday's.
_known: ContextVar["list[Organisation] | None"] = ContextVar("organisation", default=None)


@contextmanager
def organisation_scope() -> Iterator[None]:
    """Within this block `Organisation.current()` asks the database at most once."""
    token = _known.set([])
    try:
        yield
    finally:
        _known.reset(token)


class Organisation(models.Model):
    """The firm that uses this installation; exactly one row, made on first use."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    name = models.CharField(_("name"), max_length=200, default="SalesTeam")
    time_zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    currency = models.CharField(_("reporting currency"), max_length=3, default="EUR")
    country = models.CharField(
        _("country of the holiday calendar"), max_length=2, default="DE", blank=True
    )
    subdivision = models.CharField(_("region of the holiday calendar"), max_length=10, blank=True)
    # ISO weekdays, Monday = 1; holidays and exceptions are in `apps.core.calendars`.
    working_days: "ArrayField[list[int], list[int]]" = ArrayField(
        models.PositiveSmallIntegerField(), default=monday_to_friday
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    # Access roles whose members have to sign in in two steps.
    two_step_roles: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=16), default=list, blank=True
    )
    # Access roles whose members may take lists away as files, unless it is said otherwise of one.
    export_roles: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=16), default=exporting_roles, blank=True
    )
    audit_months = models.PositiveSmallIntegerField(_("audit entries are kept, months"), default=36)
    # Empty until somebody has named the firm, its zone, currency and working days.
    set_up_at = models.DateTimeField(null=True, editable=False)
    # Said on every page while the sample firm is here, so that nobody takes its figures for real.
    has_sample = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("organisation")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="organisation_is_one"),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="organisation_currency_code"
            ),
            models.CheckConstraint(
                condition=models.Q(audit_months__gte=FEWEST_AUDIT_MONTHS),
                name="organisation_keeps_audit",
            ),
            models.CheckConstraint(
                condition=models.Q(working_days__len__gt=0), name="organisation_works"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Organisation":
        """The one organisation, with its defaults where nobody has set it up yet."""
        known = _known.get()
        if known:
            return known[0]
        organisation = cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]
        if known is not None:
            known.append(organisation)
        return organisation

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def day_of(self, instant: datetime) -> date:
        """The day in the organisation's zone on which an instant falls."""
        return instant.astimezone(self.zone).date()

    def today(self) -> date:
        return self.day_of(timezone.now())


class CalendarDay(models.Model):
    """A day on which the firm works or rests against its weekdays and the country's holidays."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    is_working = models.BooleanField(_("a working day"), default=False)

    class Meta:
        verbose_name = _("exception of the calendar")
        verbose_name_plural = _("exceptions of the calendar")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class AuditChannel(models.TextChoices):
    """By which door a change came."""

    WEB = "web", _("Browser")
    API = "api", _("API")
    TASK = "task", _("Background task")
    COMMAND = "command", _("Command line")


class AuditEntry(models.Model):
    """Who did what to which record, when and from where, in the transaction of the change itself.

    Never edited; deleted only by age, or with the sample firm: the database sees to both.
    """

    at = models.DateTimeField(default=timezone.now)
    # Without a constraint: an entry outlives a person of the sample firm; `by_text` says who it was.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    by_text = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True)
    # What the record was called then.
    label = models.CharField(max_length=300, blank=True)
    # Field → [before, after], as plain JSON values.
    changes: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # Ids of the records that one bulk operation touched, all of `kind`.
    rows: "ArrayField[list[int], list[int]]" = ArrayField(models.BigIntegerField(), default=list)
    details: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    channel = models.CharField(max_length=8, choices=AuditChannel.choices, blank=True)
    address = models.GenericIPAddressField(null=True)
    # A sealed record was opened, not changed.
    is_reading = models.BooleanField(default=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes: ClassVar = [
            models.Index(fields=["kind", "object_id", "-at"], name="audit_by_object"),
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["by", "-at", "-id"], name="audit_by_person"),
            models.Index(fields=["action", "-at", "-id"], name="audit_by_action"),
            models.Index(fields=["kind", "-at", "-id"], name="audit_by_kind"),
            GinIndex(OpClass(Upper("label"), name="gin_trgm_ops"), name="audit_label_search"),
            # Of bulk operations only, which are few.
            GinIndex(fields=["rows"], name="audit_by_row", condition=~models.Q(rows=[])),
            models.Index(
                fields=["-at", "-id"], name="audit_bulk_by_time", condition=~models.Q(rows=[])
            ),
            models.Index(
                fields=["-at", "-id"],
                name="audit_readings_by_time",
                condition=models.Q(is_reading=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.object_id}"


class MailState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")


class OutgoingMail(models.Model):
    """One mail to one address, as it will be sent: sent once, or known not to have been.

        waiting ──claim──▶ sending ──accepted (2xx)─────────────────▶ sent
           ▲                  ├──refused for now (4xx, no connection)─▶ waiting, later
           │                  ├──refused for good (5xx)───────────────▶ failed
           │                  └──cut off after the text was given─────▶ unconfirmed
           └──a person's “Send again”── failed, unconfirmed

    `sending` is committed before the mail server is asked; the row stays locked until its answer is
    committed. A row in `sending` that nobody holds was cut off by a crash in between: it becomes
    `unconfirmed` too, and is mailed again only by a person's decision, since nobody knows whether
    it arrived. The message id stays the same, so that a mail program recognises a second copy.
    """

    to = models.EmailField()
    # What it is for, such as “invitation”: for logs and for who may send it again.
    purpose = models.CharField(max_length=32)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # Name in the file storage, name in the mail, content type.
    attachment = models.CharField(max_length=300, blank=True)
    attachment_name = models.CharField(max_length=200, blank=True)
    attachment_type = models.CharField(max_length=100, blank=True)
    # Holds a link that lets somebody in: the words go once it is sent or given up.
    is_secret = models.BooleanField(default=False)
    is_sample = models.BooleanField(default=False, editable=False)
    state = models.CharField(max_length=16, choices=MailState.choices, default=MailState.WAITING)
    message_id = models.CharField(max_length=255, unique=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                name="mail_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["claimed_at"],
                name="mail_sending",
                condition=models.Q(state="sending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} → {self.to}"

    @property
    def may_send_again(self) -> bool:
        """Not sent for certain, and its words are still there."""
        return self.state in {MailState.FAILED, MailState.UNCONFIRMED} and bool(self.text)


class DirtyDay(models.Model):
    """A day whose source rows changed since the overnight run last computed it.

    Rows are added by statement triggers on the source tables, so that no path of writing can
    forget them; the run takes them in the transaction that computes the day again. Several rows
    for one day are normal: a unique constraint would make writers wait for one another.
    """

    day = models.DateField()
    source = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("day to compute again")
        indexes: ClassVar = [models.Index(fields=["day"], name="dirtyday_day")]

    def __str__(self) -> str:
        return f"{self.source} {self.day}"
