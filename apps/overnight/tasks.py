"""The night in the worker: one task for each step, each queued by the one before."""

import structlog
from celery import shared_task

from apps.overnight import services
from apps.overnight.models import NightRun, RunState

log = structlog.get_logger()


@shared_task(name="overnight.start_if_due")
def start_if_due() -> None:
    """The scheduler's tick: tonight's run when its hour has come, or one that stopped."""
    run = services.run_due()
    if run is not None:
        run_step.delay(run.pk)


@shared_task(name="overnight.run_step")
def run_step(run_id: int) -> None:
    """Work off the next step of a run and queue the one after it."""
    run = NightRun.objects.get(pk=run_id)
    try:
        step = services.run_continue(run=run)
    except services.RunInProgress:
        # The other process goes on by itself; if it stops, the next tick takes the run up.
        log.info("overnight_run_busy", run=run_id)
        return
    if step is not None and run.state == RunState.RUNNING:
        run_step.delay(run_id)
