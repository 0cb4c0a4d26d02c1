"""When the week's editions are made by themselves, and that it happens once."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.conf import settings
from kombu.exceptions import OperationalError

from apps.core.models import MailState
from apps.core.outbox import mails_work_off
from apps.core.tasks import send_mails
from apps.members.models import AccessRole, Member
from apps.metrics.periods import Period
from apps.reports import services, tasks
from apps.reports.models import Delivery, Edition
from tests.factories import make_member, make_team
from tests.mailbox import Mailbox
from tests.reports.weeks import W40, example_figures, in_berlin, make_edition

pytestmark = pytest.mark.django_db

SUNDAY, SATURDAY = date(2017, 10, 8), date(2017, 10, 7)


def due(monkeypatch: pytest.MonkeyPatch, at: str, run_on: date | None) -> Period | None:
    """What is due at an instant in UTC; Berlin is two hours ahead in these weeks."""
    run = (run_on, datetime(2017, 10, 9, tzinfo=UTC)) if run_on else None
    monkeypatch.setattr("apps.metrics.selectors.last_run", lambda: run)
    return services.week_due(datetime.fromisoformat(at).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "run_on", "is_due"),
    [
        ("2017-10-09T04:59", SUNDAY, False),  # Monday 06:59
        ("2017-10-09T05:00", SUNDAY, True),  # Monday 07:00
        ("2017-10-09T05:00", SATURDAY, False),  # the night is late
        ("2017-10-09T06:59", SATURDAY, False),
        ("2017-10-09T07:00", SATURDAY, True),  # 09:00 at the latest
        ("2017-10-09T06:30", None, False),
        ("2017-10-09T07:00", None, True),
        ("2017-10-10T00:30", SATURDAY, True),  # Tuesday, after an outage
        ("2017-10-10T21:59", SUNDAY, True),
        ("2017-10-10T22:00", SUNDAY, False),  # Wednesday in Berlin
        ("2017-10-08T21:59", SUNDAY, False),  # Sunday
    ],
)
def test_editions_are_due_on_monday_morning_after_sundays_run(
    monkeypatch: pytest.MonkeyPatch, at: str, run_on: date | None, is_due: bool
) -> None:
    in_berlin()

    assert due(monkeypatch, at, run_on) == (W40 if is_due else None)


def test_week_is_that_of_the_organisations_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = in_berlin()
    organisation.time_zone = "Asia/Shanghai"
    organisation.save()

    assert due(monkeypatch, "2017-10-08T22:59", SUNDAY) is None  # Monday 06:59 there
    assert due(monkeypatch, "2017-10-08T23:00", SUNDAY) == W40


def test_week_of_the_old_year_is_due_in_the_new(monkeypatch: pytest.MonkeyPatch) -> None:
    in_berlin()

    week = due(monkeypatch, "2021-01-04T07:00", date(2021, 1, 3))

    assert week is not None
    assert week.key == "2020-W53"


def test_teams_with_an_active_lead_and_the_root_are_due_until_they_have_an_edition() -> None:
    root = make_team()
    due_team = make_team(parent=root, lead=make_member(AccessRole.MANAGER))
    make_team(parent=root)
    done = make_team(parent=root, lead=make_member(AccessRole.MANAGER))
    make_edition(done)
    left = make_member(AccessRole.MANAGER)
    make_team(parent=root, lead=left)
    left.is_active = False
    left.save()

    assert services.teams_due(W40) == [root.pk, due_team.pk]


@time_machine.travel("2017-10-09 07:05:00+00:00", tick=True)
def test_ticks_make_and_mail_each_teams_report_once(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_berlin()
    monkeypatch.setattr(services, "weekly_pdf", lambda *_args, **_options: b"%PDF")
    monkeypatch.setattr(services, "weekly_figures", lambda *_args: example_figures())
    monkeypatch.setattr(tasks.make_editions, "delay", tasks.make_editions)
    monkeypatch.setattr(tasks.prepare_edition, "delay", tasks.prepare_edition)
    leads = [make_member(AccessRole.MANAGER) for _ in range(2)]
    for lead in leads:
        make_team(lead=lead)

    for _tick in range(3):
        tasks.start_if_due()
        mails_work_off()

    assert sorted(mail["To"] for mail in mailbox.mails) == sorted(lead.email for lead in leads)
    assert Edition.objects.count() == 2
    assert {one.state for one in Delivery.objects.all()} == {MailState.SENT}


def test_team_nobody_may_be_mailed_about_does_not_stop_the_others(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = make_team(lead=make_member(AccessRole.MANAGER))
    Member.objects.update(access_role=AccessRole.REP)

    tasks.make_editions(team.pk, "2017-W40")

    assert not Edition.objects.exists()


def test_unreachable_queue_does_not_stop_what_asked_for_the_mails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def refused(edition: int) -> None:
        asked.append(edition)
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.prepare_edition, "delay", refused)

    tasks.start_preparing([7])

    assert asked == [7]


def test_tasks_have_the_names_of_the_schedule() -> None:
    names = {tasks.start_if_due.name, tasks.prepare_waiting.name, send_mails.name}

    assert names <= {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
