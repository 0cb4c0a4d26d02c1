"""Mails through a real SMTP server: what its answers do to a delivery."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from apps.core.errors import DomainError, NotPermitted
from apps.members.models import AccessRole
from apps.reports.mailing import MOST_TRIES, pause_after
from apps.reports.models import Delivery, DeliveryState
from apps.reports.services import deliveries_work_off, delivery_send_again
from tests.factories import make_member, make_team
from tests.mail_server import point_mailer_at
from tests.mailbox import Mailbox
from tests.operations.processes import free_port
from tests.reports.weeks import make_delivery, make_edition

pytestmark = pytest.mark.django_db


def waiting(**fields: Any) -> Delivery:
    lead = make_member(AccessRole.MANAGER, email="marta@example.com", name="Marta")
    team = make_team(name="Central 华东", lead=lead)
    return make_delivery(lead, make_edition(team), **fields)


def now_of(delivery: Delivery) -> Delivery:
    delivery.refresh_from_db()
    return delivery


def test_refused_connection_leaves_the_mail_waiting_for_later(settings: Settings) -> None:
    point_mailer_at(settings, free_port())
    delivery = waiting()

    assert deliveries_work_off() == 1

    row = now_of(delivery)
    assert (row.state, row.tries, row.sent_at) == (DeliveryState.WAITING, 1, None)
    assert "ConnectionRefusedError" in row.error
    assert timedelta(seconds=50) < row.next_try_at - timezone.now() <= timedelta(minutes=1)
    assert deliveries_work_off() == 0


def test_mail_that_waited_for_the_server_goes_out_when_it_is_back(mailbox: Mailbox) -> None:
    mailbox.recipient_answer = "451 4.3.0 try later"
    delivery = waiting()
    deliveries_work_off()
    assert now_of(delivery).state == DeliveryState.WAITING
    assert now_of(delivery).error == "451 4.3.0 try later"

    mailbox.recipient_answer = "250 ok"
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        deliveries_work_off()

    row = now_of(delivery)
    assert (row.state, row.error, row.tries) == (DeliveryState.SENT, "", 2)
    assert [one.rcpt_tos for one in mailbox.envelopes] == [["marta@example.com"]]


@pytest.mark.parametrize(
    ("recipient", "data", "state"),
    [
        ("550 5.1.1 no such user", "250 ok", DeliveryState.FAILED),
        ("450 4.2.1 mailbox busy", "250 ok", DeliveryState.WAITING),
        ("250 ok", "554 5.7.1 looks like spam", DeliveryState.FAILED),
        ("250 ok", "452 4.3.1 disk full", DeliveryState.WAITING),
    ],
)
def test_refusal_for_good_fails_and_refusal_for_now_waits(
    mailbox: Mailbox, recipient: str, data: str, state: DeliveryState
) -> None:
    mailbox.recipient_answer, mailbox.data_answer = recipient, data
    delivery = waiting()

    deliveries_work_off()

    row = now_of(delivery)
    assert row.state == state
    assert row.error == (recipient if data == "250 ok" else data)
    assert mailbox.envelopes == []


def test_failed_mail_is_never_tried_again_by_itself(mailbox: Mailbox) -> None:
    delivery = waiting(state=DeliveryState.FAILED)

    with time_machine.travel(timezone.now() + timedelta(days=30), tick=True):
        assert deliveries_work_off() == 0

    assert now_of(delivery).state == DeliveryState.FAILED
    assert mailbox.envelopes == []


def test_silence_after_the_text_was_given_is_unconfirmed_and_not_sent_twice(
    mailbox: Mailbox,
) -> None:
    mailbox.answer_after_seconds = 2  # the mailer gives up after 1
    delivery = waiting()

    deliveries_work_off()
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
        assert deliveries_work_off() == 0

    row = now_of(delivery)
    assert (row.state, row.sent_at) == (DeliveryState.UNCONFIRMED, None)
    assert len(mailbox.envelopes) == 1


def test_sent_mail_stays_sent_if_the_server_fails_at_the_goodbye(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("smtplib.SMTP.quit", broken)
    delivery = waiting()

    deliveries_work_off()

    assert now_of(delivery).state == DeliveryState.SENT


def test_wrong_password_waits_since_it_is_not_the_mails_fault(
    settings: Settings, mailbox: Mailbox
) -> None:
    options = {**settings.MAILERS["default"]["OPTIONS"], "username": "x", "password": "wrong"}
    settings.MAILERS = {"default": {**settings.MAILERS["default"], "OPTIONS": options}}
    delivery = waiting()

    deliveries_work_off()

    row = now_of(delivery)
    assert row.state == DeliveryState.WAITING
    assert row.error


def test_address_that_cannot_be_one_fails(mailbox: Mailbox) -> None:
    delivery = waiting()
    delivery.member.email = "märta@example.com"
    delivery.member.save()

    deliveries_work_off()

    assert now_of(delivery).state == DeliveryState.FAILED


def test_reader_who_left_meanwhile_gets_nothing(mailbox: Mailbox) -> None:
    delivery = waiting()
    delivery.member.is_active = False
    delivery.member.save()

    deliveries_work_off()

    assert now_of(delivery).state == DeliveryState.FAILED
    assert mailbox.envelopes == []


def test_lead_who_lost_the_team_meanwhile_gets_nothing(mailbox: Mailbox) -> None:
    delivery = waiting()
    team = delivery.edition.team
    team.lead = None
    team.save()

    deliveries_work_off()

    assert now_of(delivery).state == DeliveryState.FAILED
    assert mailbox.envelopes == []


def test_pauses_double_up_to_six_hours() -> None:
    minutes = [pause_after(tries) / timedelta(minutes=1) for tries in (1, 2, 3, 9, 10, 50)]

    assert minutes == [1, 2, 4, 256, 360, 360]


def test_mail_is_given_up_after_four_days_of_silence(settings: Settings) -> None:
    point_mailer_at(settings, free_port())
    delivery = waiting(tries=MOST_TRIES - 1)

    deliveries_work_off()

    assert now_of(delivery).state == DeliveryState.FAILED
    assert sum((pause_after(n) for n in range(1, MOST_TRIES)), timedelta()) > timedelta(days=3)


def test_mail_has_text_page_and_pdf_with_an_ascii_name(mailbox: Mailbox) -> None:
    delivery = waiting()
    edition = delivery.edition

    deliveries_work_off()

    (mail,) = mailbox.mails
    assert mail["Message-ID"] == delivery.message_id
    assert mail["To"] == "marta@example.com"
    assert mail["Subject"] == "Weekly report Central 华东, W40 (2–8 Oct 2017)"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == f"<weekly-report.{edition.team.slug}.localhost>"
    text = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert "Revenue reached €94.3k, 6% under the week before." in text.get_content()
    assert f"/reports/weekly/{edition.team.slug}/2017-W40/" in text.get_content()
    assert "€94.3k" in page.get_content()
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == f"weekly-report-{edition.team.slug}-2017-W40.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == b"%PDF-1.7 stored"
    assert (mailbox.envelopes[0].original_content or b"").isascii()


def test_mail_sent_by_a_person_is_answered_to_that_person(mailbox: Mailbox) -> None:
    delivery = waiting()
    delivery.edition.made_by = make_member(AccessRole.DIRECTOR, email="boss@example.com")
    delivery.edition.save()

    deliveries_work_off()

    assert mailbox.mails[0]["Reply-To"] == "boss@example.com"


def test_person_sends_an_unconfirmed_mail_again_under_its_old_id(mailbox: Mailbox) -> None:
    delivery = waiting(state=DeliveryState.UNCONFIRMED, tries=3)

    delivery_send_again(delivery=delivery, by=delivery.member)
    deliveries_work_off()

    row = now_of(delivery)
    assert (row.state, row.tries) == (DeliveryState.SENT, 1)
    assert [mail["Message-ID"] for mail in mailbox.mails] == [delivery.message_id]


@pytest.mark.parametrize(
    "state", [DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.WAITING]
)
def test_sent_or_moving_mail_is_not_sent_again(state: DeliveryState) -> None:
    delivery = waiting(state=state)

    with pytest.raises(DomainError):
        delivery_send_again(delivery=delivery, by=delivery.member)

    assert now_of(delivery).state == state


def test_analyst_may_not_have_a_mail_sent_again() -> None:
    delivery = waiting(state=DeliveryState.FAILED)

    with pytest.raises(NotPermitted):
        delivery_send_again(delivery=delivery, by=make_member(AccessRole.ANALYST))

    assert now_of(delivery).state == DeliveryState.FAILED


def test_mail_is_written_in_the_editions_language(mailbox: Mailbox) -> None:
    lead = make_member(AccessRole.MANAGER, language="zh-hans")
    make_delivery(lead, make_edition(make_team(name="华东", lead=lead), language="zh-hans"))

    deliveries_work_off()

    (mail,) = mailbox.mails
    text = mail.get_body(("plain",))
    assert text is not None
    assert mail["Content-Language"] == "zh-Hans"
    assert "销售周报 · 华东" in text.get_content()
    assert "2017年第40周" in text.get_content()
    assert "€9.4万" in text.get_content()
