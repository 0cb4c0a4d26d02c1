"""Work that need not be waited for; each task may run twice or be lost, the rows know the truth."""

import structlog
from celery import shared_task

from apps.core import outbox

log = structlog.get_logger(__name__)


@shared_task(name="core.send_mails")
def send_mails() -> None:
    """Work off the mails that wait; the scheduler's tick finds what a lost task has left."""
    tried = outbox.mails_work_off()
    if tried:
        log.info("mail.tried", count=tried)
    if tried == outbox.MOST_MAILS_A_TASK:
        outbox.start_sending()
