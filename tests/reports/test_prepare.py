"""The worker draws an edition and queues its mails: all of it or nothing, and once."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.core.models import OutgoingMail
from apps.members.models import AccessRole, Member, Team
from apps.reports import services, tasks
from apps.reports.mailing import report_mail_queue
from apps.reports.models import Delivery, Edition
from tests.factories import make_member, make_team
from tests.reports.weeks import W40, example_figures, make_edition

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The languages that were drawn; drawing itself has its own tests."""
    languages: list[str] = []

    def draw(_figures: object, *, language: str, mark: str) -> bytes:
        languages.append(f"{language} {mark}")
        return f"%PDF {language}".encode()

    monkeypatch.setattr(services, "weekly_pdf", draw)
    monkeypatch.setattr(services, "weekly_figures", lambda *_args: example_figures())
    return languages


def root_with_a_director() -> tuple[Team, Member, Member]:
    lead = make_member(AccessRole.MANAGER)
    director = make_member(AccessRole.DIRECTOR, language="zh-hans")
    return make_team(lead=lead), lead, director


def test_sending_draws_nothing_and_queues_nothing(drawn: list[str]) -> None:
    team, lead, director = root_with_a_director()

    sending = services.edition_send(team=team, week=W40, by=director)

    assert drawn == []
    assert not OutgoingMail.objects.exists()
    assert {one.pdf.name for one in Edition.objects.all()} == {""}
    assert [one.member for one in sending.made] == [lead, director]
    assert services.editions_to_prepare() == sending.editions


def test_worker_draws_each_language_once_and_mails_the_stored_pdf(drawn: list[str]) -> None:
    team, lead, director = root_with_a_director()
    sending = services.edition_send(team=team, week=W40, by=director)

    for _ in range(2):
        for edition in sending.editions:
            tasks.prepare_edition(edition)

    assert sorted(drawn) == ["en sent", "zh-hans sent"]
    stored = {one.language: one for one in Edition.objects.all()}
    assert stored["en"].pdf_sha256 == hashlib.sha256(b"%PDF en").hexdigest()
    mails = {mail.to: mail for mail in OutgoingMail.objects.all()}
    assert mails.keys() == {lead.email, director.email}
    assert mails[lead.email].attachment == stored["en"].pdf.name
    assert mails[director.email].attachment == stored["zh-hans"].pdf.name
    assert mails[lead.email].attachment_name == f"weekly-report-{team.slug}-2017-W40.pdf"
    assert services.editions_to_prepare() == []


def test_crash_while_drawing_loses_nothing_and_the_tick_finds_it(
    drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    team, lead, director = root_with_a_director()
    services.edition_send(team=team, week=W40, by=None)

    def crash(delivery: Delivery) -> OutgoingMail:
        report_mail_queue(delivery)
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(services, "report_mail_queue", crash)
        for edition in services.editions_to_prepare():
            with pytest.raises(MemoryError):
                services.edition_prepare(edition_id=edition)
    assert not OutgoingMail.objects.exists()
    assert not Edition.objects.exclude(pdf="").exists()

    monkeypatch.setattr(tasks.prepare_edition, "delay", tasks.prepare_edition)
    tasks.prepare_waiting()
    tasks.prepare_waiting()

    assert sorted(mail.to for mail in OutgoingMail.objects.all()) == sorted(
        [lead.email, director.email]
    )


def test_new_reader_of_a_drawn_edition_gets_the_stored_pdf(drawn: list[str]) -> None:
    team, _lead, _director = root_with_a_director()
    edition = make_edition(team)
    sending = services.edition_send(team=team, week=W40, by=None)

    for one in sending.editions:
        services.edition_prepare(edition_id=one)

    assert drawn == ["zh-hans sent"]
    assert OutgoingMail.objects.get(language="en").attachment == edition.pdf.name


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_edition_queue_its_mails_once(
    drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    team = make_team(lead=make_member(AccessRole.MANAGER))
    (edition,) = services.edition_send(team=team, week=W40, by=None).editions
    is_drawing, is_done = threading.Event(), threading.Event()

    def slowly(*_given: object, **_options: str) -> bytes:
        is_drawing.set()
        assert is_done.wait(10)
        return b"%PDF"

    monkeypatch.setattr(services, "weekly_pdf", slowly)

    def work() -> int:
        try:
            return len(services.edition_prepare(edition_id=edition))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(work)
        assert is_drawing.wait(10)
        second = pool.submit(work).result()
        is_done.set()
        assert (first.result(), second) == (1, 0)

    assert OutgoingMail.objects.count() == 1


def test_edition_that_is_gone_is_no_error(drawn: list[str]) -> None:
    tasks.prepare_edition(10**9)

    assert drawn == []
