"""Stages of customers: computed overnight, set by hand with a reason, taken back."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values
from apps.customers.models import Customer
from apps.customers.writing import customer_held
from apps.members.lifecycle import LifecycleStage
from apps.members.models import Member
from apps.portfolio.lifecycle import stage, statements
from apps.portfolio.lifecycle.selectors import life_now
from apps.portfolio.models import LifecycleChange, LifecycleOverride


class NoReason(DomainError):  # noqa: N818 - named for what is missing
    """Say why: others will read the stage and have to understand it."""


class NothingSet(DomainError):  # noqa: N818 - named for what is the case
    """No stage is set by hand."""


def year_before(day: date) -> date:
    """The same day a year earlier; of 29 February the day before."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@transaction.atomic
def lifecycle_update(*, as_of: date, at: datetime | None = None) -> int:
    """Compute the figures of every customer and apply stages that changed; how many changed.

    May run any number of times for a day: a second run finds nothing to write.
    """
    values: dict[str, Any] = {
        "day": as_of,
        "year_ago": year_before(as_of),
        "at": at or timezone.now(),
        "risk_factor": stage.RISK_FACTOR,
        "risk_least": stage.RISK_LEAST,
        "lapse_factor": stage.LAPSE_FACTOR,
        "lapse_least": stage.LAPSE_LEAST,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS computed_life")
        cursor.execute(statements.COMPUTE, values)
        cursor.execute(statements.INDEX)
        cursor.execute(statements.FORGET_GONE)
        cursor.execute(statements.WRITE_FIGURES, values)
        cursor.execute(statements.APPLY, values)
        changed = int(cursor.rowcount)
        cursor.execute("DROP TABLE computed_life")
    return changed


@transaction.atomic
def lifecycle_override_set(
    *, customer: Customer, to: LifecycleStage, reason: str, by: Member
) -> LifecycleOverride:
    """Set the stage by hand, until it is taken back; one that was set before is replaced.

    Raises:
        CustomerGone, NotPermitted: see `customer_held`.
        NoReason: without one.
    """
    held = customer_held(customer, by)
    reason = reason.strip()
    if not reason:
        raise NoReason(_("Say why: others will read the stage and have to understand it."))
    now = timezone.now()
    LifecycleOverride.objects.filter(customer=held, cancelled_at__isnull=True).update(
        cancelled_at=now
    )
    override = LifecycleOverride.objects.create(
        customer=held, stage=to, reason=reason, by=by, at=now, is_sample=held.is_sample
    )
    _apply(held, to, reason=reason, by=by)
    audit_record(
        by=by,
        action="lifecycleoverride.set",
        record=override,
        changes=changed_values(override, {}, ("stage",)) | {"customer": [None, held]},
        reason=reason,
    )
    return override


@transaction.atomic
def lifecycle_override_cancel(*, customer: Customer, by: Member) -> LifecycleStage:
    """Let the figures decide again; the stage that they say.

    Raises:
        CustomerGone, NotPermitted: see `customer_held`.
        NothingSet: nobody set a stage, or somebody took it back meanwhile.
    """
    held = customer_held(customer, by)
    rows = LifecycleOverride.objects.select_for_update()
    override = rows.filter(customer=held, cancelled_at__isnull=True).first()
    if override is None:
        raise NothingSet(_("No stage is set by hand: somebody took it back already."))
    override.cancelled_at = timezone.now()
    override.save(update_fields=["cancelled_at"])
    life = life_now(held)
    _apply(held, life.stage, reason="", by=by)
    audit_record(
        by=by,
        action="lifecycleoverride.cancel",
        record=override,
        changes={"stage": [override.stage, life.stage], "customer": [held, None]},
    )
    return life.stage


def _apply(held: Customer, to: LifecycleStage, *, reason: str, by: Member) -> None:
    before = held.lifecycle
    if before == to:
        return
    held.lifecycle = to
    held.save(update_fields=["lifecycle"])
    LifecycleChange.objects.create(
        customer=held,
        from_stage=before,
        to_stage=to,
        on=Organisation.current().today(),
        by=by,
        reason=reason,
        is_sample=held.is_sample,
    )
