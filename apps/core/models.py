"""The organisation, the audit trail and the marks of days whose figures need computing again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
    language = models.CharField(_("language"), max_length=10, default="en")
    # Said on every page while the sample firm is here, so that nobody takes its figures for real.
    has_sample = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("organisation")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="organisation_is_one"),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="organisation_currency_code"
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


class AuditEntry(models.Model):
    """Who did what to which record, written in the transaction of the change itself."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    action = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True)
    details: "models.JSONField[Any, Any]" = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes: ClassVar = [
            models.Index(fields=["kind", "object_id", "-at"], name="audit_by_object"),
            models.Index(fields=["-at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.object_id}"


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
