"""A worker of its own for tests: `celery --app tests.operations.probe worker`.

It has the product's settings of delivery; only the time after which the task of a vanished worker
counts as lost is seconds here, not an hour.
"""

import os
import time

import redis
from celery import Celery
from django.conf import settings

BROKER = os.environ["PROBE_BROKER"]
LOST_AFTER_SECONDS = 3

app = Celery("probe", broker=BROKER)
app.conf.update(
    task_acks_late=settings.CELERY_TASK_ACKS_LATE,
    task_reject_on_worker_lost=settings.CELERY_TASK_REJECT_ON_WORKER_LOST,
    worker_prefetch_multiplier=settings.CELERY_WORKER_PREFETCH_MULTIPLIER,
    task_ignore_result=settings.CELERY_TASK_IGNORE_RESULT,
    broker_transport_options={
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "visibility_timeout": LOST_AFTER_SECONDS,
    },
)


@app.task(name="probe.step")
def step(key: str) -> None:
    """The first run never ends; the next one does."""
    with redis.from_url(os.environ["PROBE_REDIS"]) as client:
        if client.incr(f"{key}:runs") == 1:
            time.sleep(600)
        client.set(f"{key}:done", os.getpid())
