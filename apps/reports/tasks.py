"""Work that need not be waited for; each task may run twice or be lost, the rows know the truth."""

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.members.models import Team
from apps.metrics.periods import parse_period
from apps.reports import services

log = structlog.get_logger(__name__)


@shared_task(name="reports.start_if_due")
def start_if_due() -> None:
    """A tick: have the editions of the week that ended made, once they are due."""
    week = services.week_due(timezone.now())
    if week is None:
        return
    for team in services.teams_due(week):
        make_editions.delay(team, week.key)


@shared_task(name="reports.make_editions")
def make_editions(team_id: int, week_key: str) -> None:
    """Make one team's editions of a week and mail them; does nothing where they were made."""
    team = Team.objects.get(pk=team_id)
    try:
        services.edition_send(team=team, week=parse_period(week_key), by=None)
    except services.NobodyToMail:
        log.info("report.nobody_to_mail", team=team_id, week=week_key)
        return
    start_sending()


@shared_task(name="reports.send_waiting")
def send_waiting() -> None:
    """Work off the mails that wait; the tick finds what a lost task has left."""
    tried = services.deliveries_work_off()
    if tried:
        log.info("report.mails_tried", count=tried)


def start_sending() -> None:
    """Have waiting mails sent now; call it after the commit. The next tick does it otherwise."""
    try:
        send_waiting.delay()
    except OperationalError as error:
        log.warning("report.queue_unreachable", error=str(error))
