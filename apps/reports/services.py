"""Making a week's editions and having them mailed, each to each reader once."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.mail import MailUnconfirmed, hand_over
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import AccessRole, Member, Team
from apps.metrics import selectors
from apps.metrics.periods import Period, period_of
from apps.reports.mailing import (
    MOST_TRIES,
    Verdict,
    file_name,
    new_message_id,
    pause_after,
    report_mail,
    verdict,
)
from apps.reports.models import Delivery, DeliveryState, Edition, may_send_any
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
# A claim this old that nobody holds was cut off; its sender has long taken the row's lock.
CUT_OFF_AFTER = timedelta(minutes=2)
MOST_MAILS_A_TASK = 50


class WeekNotOver(DomainError):  # noqa: N818 - named for what is refused
    """The report of a week is sent once the week is over."""


class NobodyToMail(DomainError):  # noqa: N818 - named for what is missing
    """The team has no lead who may read its figures."""


@dataclass(frozen=True)
class Sending:
    """Deliveries of a team's week: those just made, and those that had been made before."""

    made: list[Delivery]
    before: list[Delivery]


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
    """Store the week's editions and a waiting delivery for each reader who has none yet.

    One edition a language, all of the same figures. The lock on the team keeps two that ask at once
    from making two; it lets rows of the team be written meanwhile. `by` is None for the schedule.
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
    return Delivery.objects.create(edition=edition, member=member, message_id=new_message_id())


def _editions(
    team: Team, week: Period, languages: set[str], by: Member | None
) -> dict[str, Edition]:
    """The stored editions by language; those that lack are rendered from the same figures."""
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
    pdf = weekly_pdf(figures, language=language, mark="sent")
    year, number, _day = figures.start.isocalendar()
    edition = Edition(
        team=team,
        iso_year=year,
        iso_week=number,
        language=language,
        figures=figures_as_json(figures),
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        made_by=by,
        is_sample=team.is_sample,
    )
    name = file_name(team.slug, figures.week).replace(".pdf", f"-{language}.pdf")
    edition.pdf.save(name, ContentFile(pdf), save=False)
    edition.full_clean(exclude=["figures"])
    edition.save()
    return edition


def deliveries_of(team: Team, week: Period) -> Iterable[Delivery]:
    editions = Edition.objects.of_week(team, week)
    rows = Delivery.objects.filter(edition__in=editions)
    return rows.select_related("edition", "member").order_by("pk")


@transaction.atomic
def delivery_send_again(*, delivery: Delivery, by: Member) -> None:
    """Put a failed or unconfirmed mail back in line: a person takes the risk of a second copy."""
    if not may_send(by, delivery.edition.team):
        raise NotPermitted(_("You may read this report, but not have it sent."))
    rows = Delivery.objects.select_for_update(of=("self",))
    held = rows.select_related("edition__team", "member").get(pk=delivery.pk)
    if not held.may_send_again:
        raise DomainError(_("This mail is on its way or has been sent."))
    before = values_of(held, ("state", "tries"))
    held.state = DeliveryState.WAITING
    held.tries = 0
    held.next_try_at = timezone.now()
    held.save(update_fields=["state", "tries", "next_try_at"])
    changes = changed_values(held, before)
    audit_record(by=by, action="delivery.send_again", record=held, changes=changes)


def deliveries_work_off(among: Iterable[int] | None = None) -> int:
    """Send what is waiting and due, one after the other; returns how many were tried.

    `among` restricts it to some deliveries. Any number of workers may do this at once.
    """
    deliveries_find_cut_off()
    ids = None if among is None else list(among)
    for done in range(MOST_MAILS_A_TASK):
        claimed = _claim(ids)
        if claimed is None:
            return done
        _send(claimed)
    return MOST_MAILS_A_TASK


@transaction.atomic
def deliveries_find_cut_off() -> int:
    """Mark as unconfirmed what a crash left in `sending`: rows claimed a while ago, held by nobody."""
    old = timezone.now() - CUT_OFF_AFTER
    rows = Delivery.objects.select_for_update(skip_locked=True).filter(
        state=DeliveryState.SENDING, claimed_at__lt=old
    )
    ids = list(rows.values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=ids).update(
        state=DeliveryState.UNCONFIRMED,
        error=_("The sender was cut off; nobody knows whether the mail arrived."),
    )


@transaction.atomic
def _claim(ids: list[int] | None) -> Delivery | None:
    """Take the next waiting row for this process: `sending` is committed before anything is sent."""
    now = timezone.now()
    rows = Delivery.objects.select_for_update(skip_locked=True).filter(
        state=DeliveryState.WAITING, next_try_at__lte=now
    )
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    row = rows.order_by("next_try_at", "pk").first()
    if row is not None:
        row.state = DeliveryState.SENDING
        row.claimed_at = now
        row.tries += 1
        row.save(update_fields=["state", "claimed_at", "tries"])
    return row


@transaction.atomic
def _send(claimed: Delivery) -> None:
    """Mail a claimed row while holding its lock, and write down what came of it.

    It waits for the lock: another sender that looks for work may hold it for a moment, since
    PostgreSQL locks a row before it sees that the row is not waiting any more.
    """
    rows = Delivery.objects.select_for_update(of=("self",)).filter(
        pk=claimed.pk, state=DeliveryState.SENDING, claimed_at=claimed.claimed_at
    )
    row = rows.select_related("edition__team", "edition__made_by", "member").first()
    if row is None:  # taken for cut off meanwhile: not ours any more
        return
    problem = _attempt(row)
    if problem is None:
        row.state, row.error, row.sent_at = DeliveryState.SENT, "", timezone.now()
    else:
        row.state, row.error = problem.state, problem.error
        row.next_try_at = timezone.now() + pause_after(row.tries)
        if row.state == DeliveryState.WAITING and row.tries >= MOST_TRIES:
            row.state = DeliveryState.FAILED
    row.save(update_fields=["state", "error", "sent_at", "next_try_at"])


def _attempt(row: Delivery) -> Verdict | None:
    """Hand the mail over; None once the server has accepted it."""
    if not may_read(row.member, row.edition.team):
        return Verdict(DeliveryState.FAILED, _("May not read this team's figures any more."))
    try:
        hand_over(report_mail(row))
    except (MailUnconfirmed, OSError, ValueError) as error:
        return verdict(error)
    return None


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
