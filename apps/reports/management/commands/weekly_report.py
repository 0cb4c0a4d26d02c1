"""`manage.py weekly_report`: a team's week as text, PDF, JSON or mail."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from apps.core.errors import DomainError
from apps.core.models import MailState, Organisation
from apps.core.outbox import mails_work_off
from apps.members.models import Team
from apps.metrics.periods import NoPeriod, Period, parse_period
from apps.reports import services, wording
from apps.reports.models import Delivery
from apps.reports.selectors import Shown, report_shown
from apps.reports.weekly import figures_as_json

BAD_INPUT = 2


class Command(BaseCommand):
    help = "The weekly report of a team and all teams below it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", required=True, metavar="SLUG")
        parser.add_argument("--week", required=True, metavar="2017-W40", help="an ISO week")
        parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the PDF here")
        parser.add_argument(
            "--email", action="store_true", help="store the editions and mail them, once a reader"
        )
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            help="of the PDF and the text (default: the organisation's); mails go out in each "
            "reader's own",
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        team, week = _team(options["team"]), _week(options["week"])
        failed = self._mail(team, week) if options["email"] else 0
        language = options["language"] or Organisation.current().language
        shown = report_shown(team, week, language)
        if options["pdf"]:
            self._write(shown, options["pdf"])
        if options["json"]:
            self.stdout.write(json.dumps(figures_as_json(shown.figures), indent=2))
        elif not (options["pdf"] or options["email"]):
            self._print(shown)
        if failed:
            message = f"{failed} mail{'s' if failed > 1 else ''} not sent"
            raise CommandError(message)

    def _mail(self, team: Team, week: Period) -> int:
        """Send what has not been sent; returns how many of the new mails did not go out."""
        try:
            sending = services.edition_send(team=team, week=week, by=None)
        except DomainError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        for edition in sending.editions:
            services.edition_prepare(edition_id=edition)
        made = Delivery.objects.filter(pk__in=[one.pk for one in sending.made])
        mails_work_off(made.filter(mail__isnull=False).values_list("mail", flat=True))
        for delivery in services.deliveries_of(team, week):
            self.stderr.write(_line(delivery))
        if not sending.made:
            self.stderr.write(
                "Nothing sent: everybody has this week's report or is in line for it."
            )
        # A worker may have taken one of them first, and have it in hand.
        return made.exclude(mail__state__in=[MailState.SENT, MailState.SENDING]).count()

    def _write(self, shown: Shown, file: Path) -> None:
        try:
            file.write_bytes(shown.pdf())
        except OSError as error:
            message = f"{file} can't be written: {error.strerror}"
            raise CommandError(message, returncode=BAD_INPUT) from error
        kind = "as sent" if shown.edition else "a draft, not sent"
        self.stderr.write(f"{file}: {kind}")

    def _print(self, shown: Shown) -> None:
        figures = shown.figures
        with translation.override(shown.language):
            self.stdout.write(f"{figures.team} · {figures.week.key}\n")
            for sentence in wording.opening(figures):
                self.stdout.write(sentence)
            for one in wording.key_figures(figures):
                self.stdout.write(f"{one.label}: {one.value} ({one.change})")


def _team(slug: str) -> Team:
    team = Team.objects.select_related("lead").filter(slug=slug).first()
    if team is None:
        known = ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True)[:30])
        message = f"there is no team {slug!r}; teams: {known or 'none'}"
        raise CommandError(message, returncode=BAD_INPUT)
    return team


def _week(text: str) -> Period:
    refusal = CommandError(f"{text!r} is not a week such as 2017-W40", returncode=BAD_INPUT)
    try:
        week = parse_period(text)
    except NoPeriod as error:
        raise refusal from error
    if week.kind != "week":
        raise refusal
    return week


def _line(delivery: Delivery) -> str:
    mail = delivery.mail
    at = f" at {mail.sent_at:%Y-%m-%d %H:%M} UTC" if mail and mail.sent_at else ""
    why = f": {mail.error}" if mail and mail.error else ""
    return f"{delivery.member.email} ({delivery.edition.language}): {delivery.state}{at}{why}"
