import os
import warnings

from celery import Celery, Task
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging

from apps.core.origin import TASK, Origin, origin_scope

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
# Root may run a worker on a developer's machine: the warning is about pickled tasks, and we take
# JSON only.
warnings.filterwarnings("ignore", category=SecurityWarning)


class TaskWithOrigin(Task):  # type: ignore[type-arg]
    """What a task writes says in the audit trail that a task wrote it."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        with origin_scope(Origin(TASK)):
            return super().__call__(*args, **kwargs)


app = Celery("salesteam", task_cls=TaskWithOrigin)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logs(**_given: object) -> None:
    """Having a receiver stops Celery from replacing the log configuration of the settings."""
