"""Mails through a real SMTP server: what its answers do to a queued mail."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import Settings

from apps.core import outbox, tasks
from apps.core.errors import DomainError
from apps.core.mail import MOST_TRIES, pause_after
from apps.core.models import MailState, OutgoingMail
from apps.core.outbox import mail_queue, mail_send_again, mails_forget_words, mails_work_off
from tests.mail_server import point_mailer_at
from tests.mailbox import Mailbox
from tests.operations.processes import free_port

pytestmark = pytest.mark.django_db


def queued(**fields: Any) -> OutgoingMail:
    """A mail in line; `fields` says otherwise of the row."""
    mail = mail_queue(
        to="marta@example.com",
        purpose="test",
        subject="Welcome\nto 华东",
        text="Open https://example.com/in/secret\n",
        html="<p>Open it</p>",
        language="zh-hans",
        is_secret=fields.pop("is_secret", False),
    )
    OutgoingMail.objects.filter(pk=mail.pk).update(**fields) if fields else None
    return now_of(mail)


def now_of(mail: OutgoingMail) -> OutgoingMail:
    mail.refresh_from_db()
    return mail


def test_queued_mail_is_sent_as_it_was_written(mailbox: Mailbox) -> None:
    row = queued()
    assert (row.state, row.tries, mailbox.envelopes) == (MailState.WAITING, 0, [])

    assert mails_work_off() == 1

    (mail,) = mailbox.mails
    assert mail["To"] == "marta@example.com"
    assert mail["Subject"] == "Welcome to 华东"
    assert mail["Message-ID"] == row.message_id
    assert mail["Content-Language"] == "zh-Hans"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert text.get_content().strip() == "Open https://example.com/in/secret"
    assert page is not None
    assert "Open it" in page.get_content()
    assert (mailbox.envelopes[0].original_content or b"").isascii()
    assert (now_of(row).state, row.tries, row.error) == (MailState.SENT, 1, "")
    assert mails_work_off() == 0


def test_refused_connection_leaves_the_mail_waiting_for_later(settings: Settings) -> None:
    point_mailer_at(settings, free_port())
    mail = queued()

    assert mails_work_off() == 1

    row = now_of(mail)
    assert (row.state, row.tries, row.sent_at) == (MailState.WAITING, 1, None)
    assert "ConnectionRefusedError" in row.error
    assert timedelta(seconds=50) < row.next_try_at - timezone.now() <= timedelta(minutes=1)
    assert mails_work_off() == 0


def test_mail_that_waited_for_the_server_goes_out_when_it_is_back(mailbox: Mailbox) -> None:
    mailbox.recipient_answer = "451 4.3.0 try later"
    mail = queued()
    mails_work_off()
    assert now_of(mail).state == MailState.WAITING
    assert now_of(mail).error == "451 4.3.0 try later"

    mailbox.recipient_answer = "250 ok"
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        mails_work_off()

    row = now_of(mail)
    assert (row.state, row.error, row.tries) == (MailState.SENT, "", 2)
    assert [one.rcpt_tos for one in mailbox.envelopes] == [["marta@example.com"]]


@pytest.mark.parametrize(
    ("recipient", "data", "state"),
    [
        ("550 5.1.1 no such user", "250 ok", MailState.FAILED),
        ("450 4.2.1 mailbox busy", "250 ok", MailState.WAITING),
        ("250 ok", "554 5.7.1 looks like spam", MailState.FAILED),
        ("250 ok", "452 4.3.1 disk full", MailState.WAITING),
    ],
)
def test_refusal_for_good_fails_and_refusal_for_now_waits(
    mailbox: Mailbox, recipient: str, data: str, state: MailState
) -> None:
    mailbox.recipient_answer, mailbox.data_answer = recipient, data
    mail = queued()

    mails_work_off()

    row = now_of(mail)
    assert row.state == state
    assert row.error == (recipient if data == "250 ok" else data)
    assert mailbox.envelopes == []


def test_failed_mail_is_never_tried_again_by_itself(mailbox: Mailbox) -> None:
    mail = queued(state=MailState.FAILED)

    with time_machine.travel(timezone.now() + timedelta(days=30), tick=True):
        assert mails_work_off() == 0

    assert now_of(mail).state == MailState.FAILED
    assert mailbox.envelopes == []


def test_silence_after_the_text_was_given_is_unconfirmed_and_not_sent_twice(
    mailbox: Mailbox,
) -> None:
    mailbox.answer_after_seconds = 2  # the mailer gives up after 1
    mail = queued()

    mails_work_off()
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
        assert mails_work_off() == 0

    row = now_of(mail)
    assert (row.state, row.sent_at) == (MailState.UNCONFIRMED, None)
    assert len(mailbox.envelopes) == 1


def test_sent_mail_stays_sent_if_the_server_fails_at_the_goodbye(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("smtplib.SMTP.quit", broken)
    mail = queued()

    mails_work_off()

    assert now_of(mail).state == MailState.SENT


def test_wrong_password_waits_since_it_is_not_the_mails_fault(
    settings: Settings, mailbox: Mailbox
) -> None:
    options = {**settings.MAILERS["default"]["OPTIONS"], "username": "x", "password": "wrong"}
    settings.MAILERS = {"default": {**settings.MAILERS["default"], "OPTIONS": options}}
    mail = queued()

    mails_work_off()

    row = now_of(mail)
    assert row.state == MailState.WAITING
    assert row.error


def test_address_that_cannot_be_one_fails(mailbox: Mailbox) -> None:
    mail = queued(to="märta@example.com")

    mails_work_off()

    assert now_of(mail).state == MailState.FAILED


def test_pauses_double_up_to_six_hours() -> None:
    minutes = [pause_after(tries) / timedelta(minutes=1) for tries in (1, 2, 3, 9, 10, 50)]

    assert minutes == [1, 2, 4, 256, 360, 360]


def test_mail_is_given_up_after_four_days_of_silence(settings: Settings) -> None:
    point_mailer_at(settings, free_port())
    mail = queued(tries=MOST_TRIES - 1)

    mails_work_off()

    assert now_of(mail).state == MailState.FAILED
    assert sum((pause_after(n) for n in range(1, MOST_TRIES)), timedelta()) > timedelta(days=3)


def test_unconfirmed_mail_is_sent_again_under_its_old_id(mailbox: Mailbox) -> None:
    mail = queued(state=MailState.UNCONFIRMED, tries=3)

    mail_send_again(mail=mail)
    mails_work_off()

    assert (now_of(mail).state, mail.tries) == (MailState.SENT, 1)
    assert [one["Message-ID"] for one in mailbox.mails] == [mail.message_id]


@pytest.mark.parametrize("state", [MailState.SENT, MailState.SENDING, MailState.WAITING])
def test_sent_or_moving_mail_is_not_sent_again(state: MailState) -> None:
    mail = queued(state=state)

    with pytest.raises(DomainError):
        mail_send_again(mail=mail)

    assert now_of(mail).state == state


# ── Words ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "state"),
    [("250 ok", MailState.SENT), ("550 no such user", MailState.FAILED)],
)
def test_secret_words_go_once_the_mail_is_over(
    mailbox: Mailbox, answer: str, state: MailState
) -> None:
    mailbox.recipient_answer = answer
    mail = queued(is_secret=True)

    mails_work_off()

    row = now_of(mail)
    assert (row.state, row.text, row.html) == (state, "", "")
    assert row.subject == "Welcome to 华东"
    assert not row.may_send_again
    with pytest.raises(DomainError):
        mail_send_again(mail=row)


def test_secret_words_stay_while_the_mail_waits(settings: Settings) -> None:
    point_mailer_at(settings, free_port())
    mail = queued(is_secret=True)

    mails_work_off()

    assert now_of(mail).state == MailState.WAITING
    assert "secret" in mail.text


def test_secret_words_go_from_a_mail_that_was_cut_off(mailbox: Mailbox) -> None:
    long_ago = timezone.now() - timedelta(minutes=3)
    secret = queued(is_secret=True, state=MailState.SENDING, claimed_at=long_ago)
    plain = queued(state=MailState.SENDING, claimed_at=long_ago)

    mails_work_off()

    assert (now_of(secret).state, secret.text) == (MailState.UNCONFIRMED, "")
    assert now_of(plain).state == MailState.UNCONFIRMED
    assert plain.text
    assert mailbox.envelopes == []


def test_words_of_old_mails_are_deleted_after_ninety_days() -> None:
    old, young = timezone.now() - timedelta(days=91), timezone.now() - timedelta(days=89)
    over = queued(state=MailState.SENT, created_at=old)
    doubtful = queued(state=MailState.UNCONFIRMED, created_at=old)
    waiting = queued(created_at=old)
    recent = queued(state=MailState.SENT, created_at=young)

    assert mails_forget_words() == 2

    assert [bool(now_of(one).text) for one in (over, doubtful, waiting, recent)] == [
        False,
        False,
        True,
        True,
    ]
    assert now_of(over).subject == "Welcome to 华东"
    assert not now_of(doubtful).may_send_again
    assert mails_forget_words() == 0


# ── The queue ────────────────────────────────────────────────────────────────────────────────────


def test_mail_of_a_transaction_that_fails_is_never_sent(mailbox: Mailbox) -> None:
    def queue_and_fail() -> None:
        with transaction.atomic():
            queued()
            raise LookupError

    with pytest.raises(LookupError):
        queue_and_fail()

    assert mails_work_off() == 0
    assert not OutgoingMail.objects.exists()


def test_worker_is_told_only_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[str] = []
    monkeypatch.setattr("apps.core.outbox.current_app.send_task", told.append)

    with django_capture_on_commit_callbacks() as callbacks:
        queued()
    assert told == []

    for call in callbacks:
        call()
    assert told == ["core.send_mails"] == [tasks.send_mails.name]


def test_unreachable_queue_does_not_fail_the_request(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[str] = []

    def refused(name: str) -> None:
        asked.append(name)
        raise OperationalError

    monkeypatch.setattr("apps.core.outbox.current_app.send_task", refused)

    with django_capture_on_commit_callbacks(execute=True):
        mail = queued()

    assert asked == ["core.send_mails"]
    assert now_of(mail).state == MailState.WAITING


def test_task_that_left_mails_waiting_has_itself_run_again(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[int] = []
    monkeypatch.setattr(outbox, "MOST_MAILS_A_TASK", 2)
    monkeypatch.setattr(outbox, "start_sending", lambda: again.append(len(mailbox.envelopes)))
    for _ in range(3):
        queued()

    tasks.send_mails()
    tasks.send_mails()

    assert again == [2]
    assert len(mailbox.envelopes) == 3
