"""Breaches of the service policy, found overnight; the policy itself, changed by administrators."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind
from apps.portfolio.models import FirstResponse, ServiceHours, ServicePolicy
from apps.portfolio.service import statements
from apps.portfolio.service.policies import Promise, business_hours, parameters, promises, windows

# First responses of so many days are looked at again: those of a rate, and of late entries.
RESPONSE_DAYS = 100
# So far back a forbidden channel is still found.
CHANNEL_DAYS = 31
FIELDS = ("contact_days", "response_hours", "visit_days", "channels")


class NoHours(DomainError):  # noqa: N818 - named for what is missing
    """The business hours end before they begin."""


@transaction.atomic
def service_breaches_update(*, as_of: datetime) -> int:
    """Find first responses, then open, go on with and end breaches as of an instant.

    Set by set, in one transaction: a run that is killed leaves nothing, a second one finds nothing
    to write. Answers with the number of rows written.
    """
    organisation = Organisation.current()
    values = {
        **parameters(list(promises().values()), organisation.day_of(as_of)),
        "now": as_of,
        "window_from": as_of - timedelta(days=RESPONSE_DAYS),
        "channels_from": as_of - timedelta(days=CHANNEL_DAYS),
    }
    with connection.cursor() as cursor:
        _make_windows(cursor, values)
        written = _run(cursor, statements.FIRST_RESPONSES, values)
        _run(cursor, statements.EXPECT, values)
        _run(cursor, statements.EXPECT_INDEX)
        _run(cursor, statements.CHANNELS_FOUND, values)
        for statement in (
            statements.RESPONSES_FORGET,
            statements.END,
            statements.CONTINUE,
            statements.OPEN,
            statements.LATE_ANSWERS,
            statements.CHANNELS_FORGET,
            statements.CHANNELS_WRITE,
        ):
            written += _run(cursor, statement, values)
        _run(cursor, "DROP TABLE business_window, expected_breach, channel_used")
    return written


def _make_windows(cursor: CursorWrapper, values: dict[str, Any]) -> None:
    hours = business_hours()
    cursor.execute("DROP TABLE IF EXISTS business_window, expected_breach, channel_used")
    cursor.execute(statements.OLDEST_LEAD)
    oldest: datetime | None = cursor.fetchone()[0]
    first = min(oldest or values["window_from"], values["window_from"])
    most = FirstResponse.objects.aggregate(most=Max("allowed_hours"))["most"] or 0
    longest = max([most, *(hours or 0 for hours in values["response_hours"])])
    rows = windows(
        hours,
        first=hours.day_of(first),
        now=values["now"],
        beyond=timedelta(hours=longest),
    )
    cursor.execute(statements.MAKE_WINDOWS)
    cursor.execute(statements.FILL_WINDOWS, rows)
    cursor.execute("ANALYZE business_window")


def _run(cursor: CursorWrapper, sql: str, values: dict[str, Any] | None = None) -> int:
    cursor.execute(sql, values)
    return max(int(cursor.rowcount), 0)


@transaction.atomic
def service_policy_update(
    *, promised: Mapping[str, Promise], opens_at: time, closes_at: time, by: Member
) -> int:
    """Change what the tiers are promised, and the business hours; how many of them changed.

    Contact and visits follow at the next night; first responses that have begun keep what they were
    promised, and channels used before the change are judged by what was allowed then.

    Raises:
        NotPermitted: only administrators do.
        NoHours: the business hours end before they begin.
    """
    if writes(by, RecordKind.SETTINGS) is not Reach.ALL:
        raise NotPermitted(_("Only administrators change the service policy."))
    if closes_at <= opens_at:
        raise NoHours(_("The business hours end before they begin: choose a later end."))
    changed = 0
    for policy in ServicePolicy.objects.select_for_update().order_by("pk"):
        if policy.tier in promised:
            changed += _policy_change(policy, promised[policy.tier], by)
    return changed + _hours_change(opens_at, closes_at, by)


def _policy_change(policy: ServicePolicy, promise: Promise, by: Member) -> bool:
    before = values_of(policy, FIELDS)
    for name in FIELDS:
        setattr(policy, name, getattr(promise, name))
    policy.full_clean()
    changes = changed_values(policy, before)
    if "channels" in changes:
        policy.channels_since = timezone.now()
    if changes:
        policy.save()
        audit_record(by=by, action="servicepolicy.update", record=policy, changes=changes)
    return bool(changes)


def _hours_change(opens_at: time, closes_at: time, by: Member) -> bool:
    ServiceHours.current()
    hours = ServiceHours.objects.select_for_update().get()
    before = values_of(hours, ("opens_at", "closes_at"))
    hours.opens_at, hours.closes_at = opens_at, closes_at
    changes = changed_values(hours, before)
    if changes:
        hours.save()
        audit_record(by=by, action="servicehours.update", record=hours, changes=changes)
    return bool(changes)
