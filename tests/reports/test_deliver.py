"""The report as a mail: what it holds, who must not get it any more, and sending it again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import MailState
from apps.core.outbox import mails_forget_words, mails_work_off
from apps.members.models import AccessRole
from apps.reports.models import Delivery
from apps.reports.services import delivery_send_again
from tests.factories import make_member, make_team
from tests.mailbox import Mailbox
from tests.reports.weeks import mail_of, make_delivery, make_edition

pytestmark = pytest.mark.django_db


def waiting(**fields: Any) -> Delivery:
    lead = make_member(AccessRole.MANAGER, email="marta@example.com", name="Marta")
    team = make_team(name="Central 华东", lead=lead)
    return make_delivery(lead, make_edition(team), **fields)


def test_reader_who_left_meanwhile_gets_nothing(mailbox: Mailbox) -> None:
    delivery = waiting()
    delivery.member.is_active = False
    delivery.member.save()

    mails_work_off()

    assert mail_of(delivery).state == MailState.FAILED
    assert mailbox.envelopes == []


def test_lead_who_lost_the_team_meanwhile_gets_nothing(mailbox: Mailbox) -> None:
    delivery = waiting()
    team = delivery.edition.team
    team.lead = None
    team.save()

    mails_work_off()

    assert mail_of(delivery).state == MailState.FAILED
    assert mailbox.envelopes == []


def test_mail_has_text_page_and_pdf_with_an_ascii_name(mailbox: Mailbox) -> None:
    delivery = waiting()
    edition = delivery.edition

    mails_work_off()

    (mail,) = mailbox.mails
    assert mail["Message-ID"] == mail_of(delivery).message_id
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
    lead = make_member(AccessRole.MANAGER)
    edition = make_edition(make_team(lead=lead))
    edition.made_by = make_member(AccessRole.DIRECTOR, email="boss@example.com")
    edition.save()
    make_delivery(lead, edition)

    mails_work_off()

    assert mailbox.mails[0]["Reply-To"] == "boss@example.com"


def test_person_sends_an_unconfirmed_mail_again_under_its_old_id(mailbox: Mailbox) -> None:
    delivery = waiting(state=MailState.UNCONFIRMED, tries=3)

    delivery_send_again(delivery=delivery, by=delivery.member)
    mails_work_off()

    row = mail_of(delivery)
    assert (row.state, row.tries) == (MailState.SENT, 1)
    assert [mail["Message-ID"] for mail in mailbox.mails] == [mail_of(delivery).message_id]


@pytest.mark.parametrize("state", [MailState.SENT, MailState.SENDING, MailState.WAITING])
def test_sent_or_moving_mail_is_not_sent_again(state: MailState) -> None:
    delivery = waiting(state=state)

    with pytest.raises(DomainError):
        delivery_send_again(delivery=delivery, by=delivery.member)

    assert mail_of(delivery).state == state


def test_report_whose_words_were_deleted_is_written_again_from_its_edition(
    mailbox: Mailbox,
) -> None:
    delivery = waiting(state=MailState.FAILED, created_at=timezone.now() - timedelta(days=100))
    before = mail_of(delivery)
    mails_forget_words()
    assert mail_of(delivery).text == ""

    delivery_send_again(delivery=delivery, by=delivery.member)
    mails_work_off()

    assert (mail_of(delivery).state, mail_of(delivery).text) == (MailState.SENT, before.text)
    assert [mail["Message-ID"] for mail in mailbox.mails] == [before.message_id]


def test_report_that_is_being_prepared_is_not_sent_again() -> None:
    delivery = waiting()
    delivery.mail = None
    delivery.save()

    with pytest.raises(DomainError):
        delivery_send_again(delivery=delivery, by=delivery.member)

    assert delivery.state == "preparing"


def test_analyst_may_not_have_a_mail_sent_again() -> None:
    delivery = waiting(state=MailState.FAILED)

    with pytest.raises(NotPermitted):
        delivery_send_again(delivery=delivery, by=make_member(AccessRole.ANALYST))

    assert mail_of(delivery).state == MailState.FAILED


def test_mail_is_written_in_the_editions_language(mailbox: Mailbox) -> None:
    lead = make_member(AccessRole.MANAGER, language="zh-hans")
    make_delivery(lead, make_edition(make_team(name="华东", lead=lead), language="zh-hans"))

    mails_work_off()

    (mail,) = mailbox.mails
    text = mail.get_body(("plain",))
    assert text is not None
    assert mail["Content-Language"] == "zh-Hans"
    assert "销售周报 · 华东" in text.get_content()
    assert "2017年第40周" in text.get_content()
    assert "€9.4万" in text.get_content()
