"""Beginning, working off and resuming overnight runs.

A run and its steps are rows before anything is computed. Whoever holds the lock works the unfinished
steps off, one transaction each; a step's end is recorded in the transaction of its work. So a run
that stops anywhere is finished by the next start, with nothing lost or doubled.
"""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values
from apps.members.models import Member
from apps.overnight.locks import is_locked, run_lock
from apps.overnight.models import NightRun, NightStep, RunKind, RunState
from apps.overnight.steps import BY_NAME, STEPS

# The hour of the organisation's clock from which yesterday is computed.
STARTS_AT_HOUR = 2
# A night that fails this often waits for a person.
ATTEMPTS = 3
BEGIN_KEY = 72_018_0201


class RunInProgress(DomainError):  # noqa: N818 - named for what it says
    """An overnight run is working at this moment."""


def yesterday(now: datetime | None = None) -> date:
    """The last complete day of the organisation."""
    return Organisation.current().day_of(now or timezone.now()) - timedelta(days=1)


@transaction.atomic
def run_begin(
    *,
    kind: RunKind,
    through_on: date,
    by: Member | None,
    from_on: date | None = None,
) -> NightRun:
    """Write down a run with its steps, waiting to be worked off."""
    run = NightRun(kind=kind, from_on=from_on, through_on=through_on, started_by=by)
    run.save()
    NightStep.objects.bulk_create(
        NightStep(run=run, position=position, name=step.name)
        for position, step in enumerate(STEPS, start=1)
    )
    changes = changed_values(run, {}, ("kind", "from_on", "through_on"))
    audit_record(by=by, action="nightrun.begin", record=run, changes=changes)
    return run


def run_start(*, by: Member | None) -> NightRun:
    """Begin a run for yesterday, or take up the one that stopped; refused while one works."""
    with transaction.atomic():
        _beginners_wait()
        if is_locked():
            raise RunInProgress(_("An overnight run is working at this moment. Wait for its end."))
        waiting = NightRun.objects.unfinished().order_by("pk").first()
        run: NightRun = waiting or run_begin(kind=RunKind.NIGHTLY, through_on=yesterday(), by=by)
    return run


def run_due(now: datetime | None = None) -> NightRun | None:
    """The run that a worker should take up now: one that stopped, or tonight's; else None."""
    now = now or timezone.now()
    with transaction.atomic():
        _beginners_wait()
        if is_locked():
            return None
        stopped: NightRun | None = NightRun.objects.unfinished().order_by("pk").first()
        if stopped is not None:
            return stopped
        if now.astimezone(Organisation.current().zone).hour < STARTS_AT_HOUR:
            return None
        night = NightRun.objects.filter(through_on=yesterday(now)).exclude(kind=RunKind.RANGE)
        if night.exclude(state=RunState.FAILED).exists() or night.count() >= ATTEMPTS:
            return None
        return run_begin(kind=RunKind.NIGHTLY, through_on=yesterday(now), by=None)


def _beginners_wait() -> None:
    """Two ticks at the same moment begin one run, not two: the second waits and sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BEGIN_KEY])


def run_finish(*, run: NightRun, told: Callable[[NightStep], None] | None = None) -> None:
    """Work off all unfinished steps of a run; `told` hears of each before it starts.

    Raises RunInProgress while another process works, and whatever a step raises.
    """
    while (step := run_continue(run=run, told=told)) is not None:
        if step.state == RunState.FAILED:
            return


def run_continue(
    *, run: NightRun, told: Callable[[NightStep], None] | None = None
) -> NightStep | None:
    """Work off the next unfinished step; None where the run has none left."""
    with run_lock() as is_held:
        if not is_held:
            raise RunInProgress(_("An overnight run is working at this moment. Wait for its end."))
        run.refresh_from_db()
        if run.state not in {RunState.WAITING, RunState.RUNNING, RunState.INTERRUPTED}:
            return None
        step = run.steps.exclude(state=RunState.DONE).order_by("position").first()
        if step is None:
            _run_end(run, RunState.DONE)
            return None
        if told is not None:
            told(step)
        _step_work(run, step)
        return step


def _step_work(run: NightRun, step: NightStep) -> None:
    _others_stopped(run)
    run.state = RunState.RUNNING
    run.started_at = run.started_at or timezone.now()
    run.save(update_fields=["state", "started_at"])
    step.state = RunState.RUNNING
    step.started_at = timezone.now()
    step.error = ""
    step.save(update_fields=["state", "started_at", "error"])
    began = time.monotonic()
    try:
        work = BY_NAME[step.name]
        # What commits by itself is idempotent: killed before its end is recorded, it runs again.
        rows = work.work(run) if work.commits else None
        with transaction.atomic():
            step.rows = work.work(run) if rows is None else rows
            step.state = RunState.DONE
            step.seconds = _seconds_since(began)
            step.save(update_fields=["state", "rows", "seconds"])
            if not run.steps.exclude(state=RunState.DONE).exists():
                _run_end(run, RunState.DONE)
    except Exception as error:
        step.state = RunState.FAILED
        step.seconds = _seconds_since(began)
        step.error = f"{type(error).__name__}: {error}"
        step.rows = None
        step.save(update_fields=["state", "seconds", "error", "rows"])
        _run_end(run, RunState.FAILED)
        raise


def _run_end(run: NightRun, state: RunState) -> None:
    run.state = state
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "finished_at"])


def _others_stopped(run: NightRun) -> None:
    """Whoever holds the lock is the only one at work: what else claims to be running has stopped."""
    stopped = NightRun.objects.filter(state=RunState.RUNNING).exclude(pk=run.pk)
    NightStep.objects.filter(run__in=stopped, state=RunState.RUNNING).update(
        state=RunState.INTERRUPTED
    )
    stopped.update(state=RunState.INTERRUPTED)


def _seconds_since(began: float) -> Decimal:
    return Decimal(f"{time.monotonic() - began:.3f}")
