"""Senders that are killed, and several at once: a mail goes out once or is known to be in doubt."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as product
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.core import outbox
from apps.core.models import MailState, OutgoingMail
from apps.members.models import AccessRole
from apps.reports import services
from apps.reports.models import Delivery, Edition
from tests.factories import make_member, make_team
from tests.mailbox import Mailbox
from tests.reports.weeks import W40, example_figures, mail_of, make_delivery, make_edition

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
SENDER = (
    "import django; django.setup(); from apps.core.outbox import mails_work_off; mails_work_off()"
)


def database_address() -> str:
    known = connection.settings_dict
    user = f"{known['USER']}:{known['PASSWORD']}@" if known["USER"] else ""
    host = str(known["HOST"])
    if host.startswith("/"):
        port = f"&port={known['PORT']}" if known["PORT"] else ""
        return f"postgresql://{user}/{known['NAME']}?host={host}{port}"
    return f"postgresql://{user}{host}:{known['PORT'] or 5432}/{known['NAME']}"


def deliveries(count: int) -> list[Delivery]:
    lead = make_member(AccessRole.MANAGER)
    edition = make_edition(make_team(lead=lead))
    boss = [make_member(AccessRole.DIRECTOR) for _ in range(count - 1)]
    return [make_delivery(member, edition) for member in (lead, *boss)]


def closing(work: Callable[[], object]) -> object:
    """Do it on this thread's own connection."""
    try:
        return work()
    finally:
        connection.close()


def at_once(work: Callable[[], object], times: int) -> list[object]:
    with ThreadPoolExecutor(times) as pool:
        return [one.result() for one in [pool.submit(closing, work) for _ in range(times)]]


def test_sender_killed_between_acceptance_and_commit_leaves_the_mail_in_doubt(
    mailbox: Mailbox, settings: Settings, tmp_path: Path
) -> None:
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    storage = {**storage, "OPTIONS": {"location": str(tmp_path / "files")}}  # type: ignore[dict-item]
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    (delivery,) = deliveries(1)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "salesteam.settings",
        "SALESTEAM_HOME": str(tmp_path),
        "DATABASE_URL": database_address(),
        "REDIS_URL": product.REDIS_URL,
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
    }
    sender = subprocess.Popen([sys.executable, "-c", SENDER], cwd=ROOT, env=environment)
    mailbox.on_data = lambda: os.kill(sender.pid, signal.SIGKILL)

    assert sender.wait(30) == -signal.SIGKILL

    mail = mail_of(delivery)
    assert (mail.state, mail.tries) == (MailState.SENDING, 1)
    assert outbox.mails_work_off() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=True):
        assert outbox.mails_work_off() == 0
    mail = mail_of(delivery)
    assert mail.state == MailState.UNCONFIRMED
    assert len(mailbox.envelopes) == 1


def test_row_that_a_sender_still_holds_is_not_taken_for_cut_off(mailbox: Mailbox) -> None:
    (delivery,) = deliveries(1)
    mailbox.answer_after_seconds = 0.6
    seen: list[int] = []

    def look() -> None:
        time.sleep(0.3)
        with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=True):
            seen.append(outbox.mails_find_cut_off())

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(closing, outbox.mails_work_off), pool.submit(closing, look)]:
            one.result()

    mail = mail_of(delivery)
    assert seen == [0]
    assert mail.state == MailState.SENT


def test_row_that_another_sender_looks_at_for_a_moment_is_sent_all_the_same(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivery,) = deliveries(1)
    claim, is_locked = outbox._claim, threading.Event()

    def look(pk: int) -> None:
        with transaction.atomic():
            OutgoingMail.objects.select_for_update().get(pk=pk)
            is_locked.set()
            time.sleep(0.3)

    with ThreadPoolExecutor(1) as pool:

        def claim_while_another_looks(ids: list[int] | None) -> OutgoingMail | None:
            row = claim(ids)
            if row is not None:
                pool.submit(closing, lambda: look(row.pk))
                assert is_locked.wait(10)
            return row

        monkeypatch.setattr(outbox, "_claim", claim_while_another_looks)
        outbox.mails_work_off()

    mail = mail_of(delivery)
    assert mail.state == MailState.SENT
    assert len(mailbox.envelopes) == 1


def test_four_senders_at_once_send_each_mail_once(mailbox: Mailbox) -> None:
    rows = deliveries(6)
    mailbox.answer_after_seconds = 0.05

    tried = at_once(outbox.mails_work_off, 4)

    assert sum(int(str(one)) for one in tried) == 6
    assert len(mailbox.envelopes) == 6
    assert {mail["Message-ID"] for mail in mailbox.mails} == {
        mail_of(row).message_id for row in rows
    }
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_two_who_ask_at_once_make_one_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*_args: object, **_options: object) -> bytes:
        time.sleep(0.3)
        return b"%PDF"

    monkeypatch.setattr(services, "weekly_pdf", slowly)
    monkeypatch.setattr(services, "weekly_figures", lambda *_args: example_figures())
    team = make_team(lead=make_member(AccessRole.MANAGER))

    sendings = at_once(lambda: services.edition_send(team=team, week=W40, by=None), 2)

    assert sorted(len(one.made) for one in sendings if isinstance(one, services.Sending)) == [0, 1]
    assert Edition.objects.count() == 1
    assert Delivery.objects.count() == 1
