"""Telling members something inside the product, once."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import models
from django.utils import timezone

from apps.core.audit_kinds import kind_of
from apps.core.services import plain
from apps.members.models import Member, Notification

KEPT_AFTER_READING = timedelta(days=90)


def notify(
    *,
    members: Iterable[Member],
    kind: str,
    key: str,
    record: models.Model | None = None,
    by: Member | None = None,
    **details: object,
) -> int:
    """Tell each of the members once; whoever did it themselves, or has left, is not told.

    Args:
        members: whom to tell.
        kind: its sentence stands in `apps.members.notification_words`.
        key: what makes it the same news: a second call with it tells nobody again.
        record: what it is about; its page is linked for whoever still sees it.
        by: whose deed it was; None for the system.
        details: what the sentence says besides: counts, days, short quotes.

    Returns how many were told now.
    """
    told = [
        Notification(
            member=member,
            kind=kind,
            key=key,
            by=by,
            record_kind=kind_of(type(record)) if record is not None else "",
            record_id=record.pk if record is not None else None,
            details=plain(details),
            is_sample=member.is_sample,
        )
        for member in sorted(set(members), key=lambda one: one.pk)
        if member.is_active and member != by
    ]
    known = Notification.objects.filter(key=key, member__in=[one.member_id for one in told])
    before = set(known.values_list("member", flat=True))
    Notification.objects.bulk_create(told, ignore_conflicts=True)
    return sum(one.member_id not in before for one in told)


def notifications_read(*, rows: "models.QuerySet[Notification]") -> int:
    """The member has read these of their own; how many were unread."""
    return rows.filter(read_at__isnull=True).update(read_at=timezone.now())


def notifications_expire(*, as_of: date) -> int:
    """Delete what was read more than 90 days before; what nobody has read stays. How many."""
    old = Notification.objects.filter(read_at__date__lt=as_of - KEPT_AFTER_READING)
    deleted, _by_model = old.delete()
    return deleted
