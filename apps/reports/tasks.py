"""Work that need not be waited for; each task may run twice or be lost, the rows know the truth."""

from collections.abc import Iterable

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
        sending = services.edition_send(team=team, week=parse_period(week_key), by=None)
    except services.NobodyToMail:
        log.info("report.nobody_to_mail", team=team_id, week=week_key)
        return
    for edition in sending.editions:
        prepare_edition(edition)


@shared_task(name="reports.prepare_waiting")
def prepare_waiting() -> None:
    """A tick: find the editions that a lost task or a crash has left without mails."""
    start_preparing(services.editions_to_prepare())


@shared_task(name="reports.prepare_edition")
def prepare_edition(edition_id: int) -> None:
    """Draw an edition and queue its mails; does nothing where that is done."""
    queued = services.edition_prepare(edition_id=edition_id)
    log.info("report.prepared", edition=edition_id, mails=len(queued))


def start_preparing(edition_ids: Iterable[int]) -> None:
    """Have editions drawn and mailed; call it after the commit. The next tick does it otherwise."""
    try:
        for edition in edition_ids:
            prepare_edition.delay(edition)
    except OperationalError as error:
        log.warning("report.queue_unreachable", error=str(error))
