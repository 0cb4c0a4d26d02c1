"""Bulk changes: started, worked off batch by batch, stopped, and taken up again after a crash.

    waiting ──▶ running ──▶ done
                   ├──────▶ stopped   by the person, after the batch under way
                   └──────▶ failed    something nobody foresaw; what was done stays done

Each batch is one transaction that holds the run's row: its changes and `done` are committed together,
so that a killed worker leaves whole batches. Who comes while another works finds the row locked and
goes away.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from celery import current_app
from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as QueueAway

from apps.bulk.deeds import BATCHES, DEEDS
from apps.bulk.models import OPEN, BulkKind, BulkRun, BulkState
from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.members.models import Member
from apps.members.notifications import notify
from apps.members.querysets import may_export, writes
from apps.members.roles import Reach, RecordKind

# Up to so many are changed while the person waits.
SMALL = 50
# A run whose last batch is so long ago, and whose row nobody holds, has lost its worker.
LOST_AFTER = timedelta(minutes=2)
FILES_KEPT = timedelta(days=7)

log = structlog.get_logger(__name__)


class NobodyChosen(DomainError):  # noqa: N818 - named for what is the case
    """There is no customer to change."""


@transaction.atomic
def bulk_start(
    *, kind: str, customers: Iterable[int], params: Mapping[str, Any], by: Member
) -> BulkRun:
    """Write a bulk change down and have it worked off; a small one at once.

    Raises:
        NobodyChosen: no customer is left.
        NotPermitted: the person changes no customers, or may not export.
    """
    ids = list(dict.fromkeys(customers))
    _permitted(kind, by)
    if not ids:
        raise NobodyChosen(_("Tick the customers to change first."))
    run = BulkRun.objects.create(
        kind=kind, by=by, customers=ids, params=dict(params), is_sample=by.is_sample
    )
    audit_record(by=by, action="bulkrun.start", record=run, count=len(ids), kind=kind)
    if len(ids) > SMALL:
        transaction.on_commit(lambda: start_working(run.pk))
    return run


def bulk_work_off(*, run_id: int) -> BulkState | None:
    """Work a run off to its end; how it ended, or None where another process has it in hand."""
    while True:
        try:
            state = _batch(run_id)
        except OperationalError:
            # The database was away or broke a tie: the next tick takes the run up where it is.
            raise
        except Exception as error:
            # Whatever it was: the person has to read that it stopped, and we what it was.
            log.exception("bulk.failed", run=run_id)
            _fail(run_id, error)
            raise
        if state != BulkState.RUNNING:
            return state


@transaction.atomic
def bulk_stop(*, run: BulkRun, by: Member) -> BulkRun:
    """Stop after the batch under way; what was changed stays changed."""
    held: BulkRun = BulkRun.objects.select_for_update().get(pk=run.pk)
    if held.by_id != by.pk:
        raise NotPermitted(_("Who started a change of many customers stops it."))
    if held.state in OPEN:
        _end(held, BulkState.STOPPED)
        audit_record(by=by, action="bulkrun.stop", record=held, count=held.done, kind=held.kind)
    return held


def bulk_take_up() -> list[int]:
    """Runs that lost their worker, or never had one: to be worked off again. Old files go."""
    now = timezone.now()
    lost = Q(beat_at__lt=now - LOST_AFTER) | Q(beat_at=None, at__lt=now - LOST_AFTER)
    runs = BulkRun.objects.filter(lost, state__in=OPEN).order_by("pk")
    found = list(runs.values_list("pk", flat=True))
    _files_forget()
    return found


def start_working(run_id: int) -> None:
    """Have a run worked off, by the task's name: tasks stand above this module.

    Where the queue can't be reached, the scheduler's next tick does it.
    """
    try:
        current_app.send_task("bulk.work", [run_id])
    except QueueAway as error:
        log.warning("bulk.queue_unreachable", error=str(error))


def _permitted(kind: str, by: Member) -> None:
    if kind == BulkKind.EXPORT:
        if not may_export(by):
            raise NotPermitted(_("You may not take lists away as files."))
    elif writes(by, RecordKind.SALES) is Reach.NONE:
        raise NotPermitted(_("You may read customers, but not change them."))


@transaction.atomic
def _batch(run_id: int) -> BulkState | None:
    """The next batch; the state after it, or None where somebody else holds the run."""
    rows = BulkRun.objects.select_for_update(skip_locked=True, of=("self",)).prefetch_related("by")
    run: BulkRun | None = rows.filter(pk=run_id).first()
    if run is None:
        return None
    if run.state not in OPEN:
        return BulkState(run.state)
    if not run.by.is_active:
        run.error = _("Who started it has left.")
        return _end(run, BulkState.FAILED)
    with translation.override(run.by.language or None):
        return _step(run)


def _step(run: BulkRun) -> BulkState:
    now = timezone.now()
    ids = run.customers[run.done : run.done + BATCHES.get(run.kind, len(run.customers))]
    try:
        with transaction.atomic():
            outcome = DEEDS[run.kind](run, ids, run.by)
    except DomainError as refusal:
        run.error = str(refusal.message)[:500]
        return _end(run, BulkState.FAILED)
    run.refused = [
        *run.refused,
        *([pk, outcome.refused[pk]] for pk in ids if pk in outcome.refused),
    ]
    run.changed += outcome.changed
    run.done += len(ids)
    run.state, run.started_at, run.beat_at = BulkState.RUNNING, run.started_at or now, now
    if run.done >= len(run.customers):
        return _end(run, BulkState.DONE)
    run.save()
    return BulkState.RUNNING


def _end(run: BulkRun, state: BulkState) -> BulkState:
    run.state, run.ended_at = state, timezone.now()
    run.save()
    if len(run.customers) > SMALL and state != BulkState.STOPPED:
        # The news is that it is over, which its author, by whom it was, has to be told too.
        notify(
            members=[run.by],
            kind="bulk.done" if state == BulkState.DONE else "bulk.failed",
            key=f"bulk:{run.pk}",
            record=run,
            count=run.changed,
            refused=len(run.refused),
        )
    return state


@transaction.atomic
def _fail(run_id: int, error: Exception) -> None:
    run: BulkRun = (
        BulkRun.objects.select_for_update(of=("self",)).prefetch_related("by").get(pk=run_id)
    )
    if run.state in OPEN:
        run.error = type(error).__name__
        _end(run, BulkState.FAILED)


def _files_forget() -> None:
    old = BulkRun.objects.filter(ended_at__lt=timezone.now() - FILES_KEPT).exclude(file="")
    for run in old.order_by("pk"):
        with suppress(FileNotFoundError):
            default_storage.delete(str(run.file.name))
        BulkRun.objects.filter(pk=run.pk).update(file="")
