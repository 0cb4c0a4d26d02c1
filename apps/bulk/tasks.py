"""Work that need not be waited for; each task may run twice or be lost, the rows know the truth."""

from celery import shared_task

from apps.bulk import services


@shared_task(name="bulk.work")
def work(run_id: int) -> None:
    """Work a bulk change off; does nothing where another worker has it."""
    services.bulk_work_off(run_id=run_id)


@shared_task(name="bulk.take_up")
def take_up() -> None:
    """A tick: find the bulk changes that a lost task or a crash has left."""
    for run_id in services.bulk_take_up():
        services.start_working(run_id)
