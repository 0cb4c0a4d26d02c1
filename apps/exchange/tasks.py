"""Imports of customers in the worker; each task may run twice or be lost, the rows know the truth."""

from celery import shared_task

from apps.exchange.customers import services


@shared_task(name="exchange.import_customers")
def import_customers(pk: int) -> None:
    """Check an import, or carry it out."""
    services.import_work_off(pk=pk)


@shared_task(name="exchange.take_up")
def take_up() -> None:
    """A tick: find the imports that a lost task or a crash has left."""
    services.imports_take_up()
