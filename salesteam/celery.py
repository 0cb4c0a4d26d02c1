import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
# Root may run a worker on a developer's machine: the warning is about pickled tasks, and we take
# JSON only.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("salesteam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logs(**_given: object) -> None:
    """Having a receiver stops Celery from replacing the log configuration of the settings."""
