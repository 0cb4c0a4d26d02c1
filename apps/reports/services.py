"""Making a week's editions and having them mailed, each to each reader once."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import MailState, Organisation, OutgoingMail
from apps.core.outbox import mail_send_again
from apps.core.services import audit_record
from apps.members.models import AccessRole, Member, Team
from apps.metrics import selectors
from apps.metrics.periods import Period, period_of
from apps.reports.mailing import file_name, report_mail_queue, report_words
from apps.reports.models import Delivery, Edition, may_send_any
from apps.reports.rendering import weekly_pdf
from apps.reports.weekly import (
    WeeklyFigures,
    figures_as_json,
    figures_from_json,
    weekly_figures,
)

DUE_FROM = time(7)
DUE_WITHOUT_RUN = time(9)
# An installation that was down on Monday catches up until Tuesday is over; later a person decides.
DUE_WEEKDAYS = (0, 1)


class WeekNotOver(DomainError):  # noqa: N818 - named for what is refused
    """The report of a week is sent once the week is over."""


class NobodyToMail(DomainError):  # noqa: N818 - named for what is missing
    """The team has no lead who may read its figures."""


@dataclass(frozen=True)
class Sending:
    """Deliveries of a team's week: those just made, and those that had been made before."""

    made: list[Delivery]
    before: list[Delivery]

    @property
    def editions(self) -> list[int]:
        """Ids of the editions that have to be prepared for those just made."""
        return sorted({delivery.edition_id for delivery in self.made})


def recipients(team: Team) -> list[Member]:
    """Who gets a team's report: its lead, and for the root of the organisation the directors too.

    Only active members whose role may open the team's figures.
    """
    people = [team.lead] if team.lead else []
    if team.parent_id is None:
        directors = Member.objects.filter(access_role=AccessRole.DIRECTOR).order_by("pk")
        people += [one for one in directors if one != team.lead]
    return [one for one in people if may_read(one, team)]


def may_read(member: Member, team: Team) -> bool:
    return member.is_active and Team.objects.visible_to(member).filter(pk=team.pk).exists()


def may_send(member: Member, team: Team) -> bool:
    return may_send_any(member) and may_read(member, team)


def readers_missing(team: Team, week: Period) -> list[Member]:
    """Recipients for whom no mail of the week has been made yet, in whatever language."""
    reached = {delivery.member_id for delivery in deliveries_of(team, week)}
    return [member for member in recipients(team) if member.pk not in reached]


@transaction.atomic
def edition_send(*, team: Team, week: Period, by: Member | None) -> Sending:
    """Store the week's figures as editions, and a delivery for each reader who has none yet.

    One edition a language, all of the same figures; `edition_prepare` draws and mails them. The
    lock on the team keeps two that ask at once from making two; it lets rows of the team be written
    meanwhile. `by` is None for the schedule.
    Raises NotPermitted, WeekNotOver, NobodyToMail.
    """
    if by is not None and not may_send(by, team):
        raise NotPermitted(_("You may read this report, but not have it sent."))
    if week.end >= Organisation.current().today():
        raise WeekNotOver(_("The week is not over; its report can be sent from Monday."))
    if not recipients(team):
        raise NobodyToMail(_("This team has no lead who could get its report."))
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    before = list(deliveries_of(team, week))
    missing = readers_missing(team, week)
    if not missing:
        return Sending([], before)
    editions = _editions(team, week, {_language(member) for member in missing}, by)
    made = [_deliver(editions[_language(member)], member) for member in missing]
    # The week's deliveries as one entry, on the team whose report it is.
    changes = {"member": [[], missing]}
    audit_record(by=by, action="edition.send", record=team, changes=changes, week=week.key)
    return Sending(made, before)


def _language(member: Member) -> str:
    known = dict(settings.LANGUAGES)
    return member.language if member.language in known else settings.LANGUAGE_CODE


def _deliver(edition: Edition, member: Member) -> Delivery:
    return Delivery.objects.create(edition=edition, member=member)


def _editions(
    team: Team, week: Period, languages: set[str], by: Member | None
) -> dict[str, Edition]:
    """The stored editions by language; those that lack get the same figures."""
    stored = {one.language: one for one in Edition.objects.of_week(team, week)}
    first = next(iter(stored.values()), None)
    lacking = sorted(languages - set(stored))
    if lacking:
        figures = figures_from_json(first.figures) if first else weekly_figures(team, week)
        for language in lacking:
            stored[language] = _edition_create(team, figures, language, by)
    return stored


def _edition_create(
    team: Team, figures: WeeklyFigures, language: str, by: Member | None
) -> Edition:
    year, number, _day = figures.start.isocalendar()
    edition = Edition(
        team=team,
        iso_year=year,
        iso_week=number,
        language=language,
        figures=figures_as_json(figures),
        made_by=by,
        is_sample=team.is_sample,
    )
    edition.full_clean(exclude=["figures"])
    edition.save()
    return edition


def editions_to_prepare() -> list[int]:
    """Ids of editions with a reader for whom no mail is queued yet."""
    rows = Delivery.objects.filter(mail__isnull=True).order_by("edition")
    return list(rows.values_list("edition", flat=True).distinct())


@transaction.atomic
def edition_prepare(*, edition_id: int) -> list[OutgoingMail]:
    """Draw an edition unless it is drawn, and queue the mails that it lacks.

    All in one transaction: a crash leaves it to be prepared once more, with no mail queued. Of two
    workers that come at once, the second leaves it to the first.
    """
    rows = Edition.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    edition = rows.prefetch_related("team", "made_by").filter(pk=edition_id).first()
    if edition is None:
        return []
    if not edition.pdf:
        _draw(edition)
    queued = []
    waiting = Delivery.objects.filter(edition=edition, mail__isnull=True).select_related("member")
    for delivery in waiting.order_by("pk"):
        delivery.edition = edition
        delivery.mail = report_mail_queue(delivery)
        delivery.save(update_fields=["mail"])
        queued.append(delivery.mail)
    return queued


def _draw(edition: Edition) -> None:
    figures = figures_from_json(edition.figures)
    pdf = weekly_pdf(figures, language=edition.language, mark="sent")
    name = file_name(edition.team.slug, edition.week).replace(".pdf", f"-{edition.language}.pdf")
    edition.pdf.save(name, ContentFile(pdf), save=False)
    edition.pdf_sha256 = hashlib.sha256(pdf).hexdigest()
    edition.save(update_fields=["pdf", "pdf_sha256"])


def deliveries_of(team: Team, week: Period) -> Iterable[Delivery]:
    editions = Edition.objects.of_week(team, week)
    rows = Delivery.objects.filter(edition__in=editions)
    return rows.select_related("edition", "member", "mail").order_by("pk")


@transaction.atomic
def delivery_send_again(*, delivery: Delivery, by: Member) -> None:
    """Put a failed or unconfirmed mail back in line: a person takes the risk of a second copy."""
    if not may_send(by, delivery.edition.team):
        raise NotPermitted(_("You may read this report, but not have it sent."))
    if delivery.mail is None:
        raise DomainError(_("This mail is on its way or has been sent."))
    words = report_words(delivery)
    changes = {"state": [delivery.mail.state, MailState.WAITING.value]}
    mail_send_again(mail=delivery.mail, text=words.text, html=words.html)
    audit_record(by=by, action="delivery.send_again", record=delivery, changes=changes)


def reason_to_withhold(mail: OutgoingMail) -> str:
    """Why a report's mail must not go out any more; empty where it may (`MAIL_CHECKS`)."""
    rows = Delivery.objects.select_related("edition__team", "member")
    delivery = rows.filter(mail=mail).first()
    if delivery is not None and may_read(delivery.member, delivery.edition.team):
        return ""
    return _("May not read this team's figures any more.")


def week_due(now: datetime) -> Period | None:
    """The week whose editions are due at an instant; None where none is.

    Monday 07:00 in the organisation's zone for the week that ended on Sunday, if the overnight run
    of Sunday is done; from 09:00 in any case, the report saying on which run it stands.
    """
    local = now.astimezone(Organisation.current().zone)
    if local.weekday() not in DUE_WEEKDAYS:
        return None
    week = period_of("week", local.date()).previous
    clock = local.time() if local.weekday() == 0 else time.max
    run = selectors.last_run()
    is_complete = run is not None and run[0] >= week.end
    return week if clock >= (DUE_FROM if is_complete else DUE_WITHOUT_RUN) else None


def teams_due(week: Period) -> list[int]:
    """Ids of the teams that have no edition of the week yet and may have readers.

    A team without a lead has none, except the root, whose report the directors get.
    """
    year, number, _day = week.start.isocalendar()
    done = Edition.objects.filter(iso_year=year, iso_week=number).values("team")
    may_have = Q(lead__is_active=True) | Q(parent__isnull=True)
    teams = Team.objects.filter(may_have).exclude(pk__in=done)
    return list(teams.order_by("pk").values_list("pk", flat=True))
