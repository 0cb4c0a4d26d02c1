"""Asking a contact, taking it back, and the answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, MailState, Organisation, OutgoingMail
from apps.core.outbox import mails_work_off
from apps.customers.models import Contact, Customer, CustomerOwnerChangeKind
from apps.customers.services import customers_assign
from apps.members.models import AccessRole, Member, Notification
from apps.satisfaction.links import survey_address, survey_of
from apps.satisfaction.models import Survey, SurveyKind, SurveyState
from apps.satisfaction.services import (
    AskedRecently,
    ContactNotAsked,
    NoAddress,
    SurveyClosed,
    survey_answer,
    survey_revoke,
    survey_send,
)
from tests.factories import make_customer, make_member, make_team

pytestmark = pytest.mark.django_db


def ask(contact: Contact, by: Member, **more: Any) -> Survey:
    more = {"kind": SurveyKind.CSAT, "customer": contact.customer, **more}
    return survey_send(contact=contact, by=by, **more)


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────


def test_who_may_not_change_the_customer_asks_nobody(contact: Contact) -> None:
    for person in (make_member(team=make_team()), make_member(AccessRole.ANALYST)):
        with pytest.raises(NotPermitted):
            ask(contact, person)

    assert not Survey.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "gone", [{"is_former": True}, {"deleted_at": timezone.now()}, {"erased_at": timezone.now()}]
)
def test_contacts_that_have_gone_are_not_asked(
    contact: Contact, rep: Member, gone: dict[str, Any]
) -> None:
    Contact.objects.filter(pk=contact.pk).update(**gone)

    with pytest.raises(ContactNotAsked):
        ask(contact, rep)

    assert not OutgoingMail.objects.exists()


def test_a_contact_of_another_customer_is_not_asked(contact: Contact, rep: Member) -> None:
    other = make_customer(owner=rep)

    with pytest.raises(ContactNotAsked):
        ask(contact, rep, customer=other)


def test_without_an_address_no_mail_is_sent_but_a_link_is_made(
    contact: Contact, rep: Member
) -> None:
    Contact.objects.filter(pk=contact.pk).update(email="")

    with pytest.raises(NoAddress, match="Eva Lang has no email address"):
        ask(contact, rep)
    assert not Survey.objects.exists()

    made = ask(contact, rep, is_by_mail=False)
    assert made.mail is None
    assert not OutgoingMail.objects.exists()


def test_the_same_contact_is_asked_once_in_thirty_days_unless_confirmed(
    contact: Contact, rep: Member
) -> None:
    ask(contact, rep)

    with pytest.raises(AskedRecently, match="Eva Lang was asked on"):
        ask(contact, rep, kind=SurveyKind.NPS)
    assert Survey.objects.count() == OutgoingMail.objects.count() == 1

    ask(contact, rep, kind=SurveyKind.NPS, is_confirmed=True)
    assert Survey.objects.count() == OutgoingMail.objects.count() == 2


def test_after_thirty_days_a_contact_may_be_asked_again(contact: Contact, rep: Member) -> None:
    ask(contact, rep)
    Survey.objects.update(sent_at=timezone.now() - timedelta(days=30, seconds=1))

    ask(contact, rep)

    assert Survey.objects.count() == 2


def test_another_contact_of_the_customer_may_be_asked_at_once(
    contact: Contact, customer: Customer, rep: Member
) -> None:
    other = Contact.objects.create(customer=customer, name="Jo", email="jo@acme.example")
    ask(contact, rep)
    ask(other, rep)

    assert Survey.objects.count() == 2


def test_a_survey_is_stamped_with_owner_and_team_and_ends_after_thirty_days(
    contact: Contact, lead: Member, rep: Member
) -> None:
    made = ask(contact, lead)

    assert (made.owner, made.by, made.state) == (rep, lead, SurveyState.OPEN)
    assert made.team is not None
    assert made.team.name == "East"
    assert made.expires_at - made.sent_at == timedelta(days=30)
    entry = AuditEntry.objects.get(action="survey.send")
    assert entry.changes == {"customer": [None, [contact.customer_id, "Acme Logistik"]]}


def test_the_mail_speaks_the_language_chosen_and_links_each_score(
    contact: Contact, rep: Member
) -> None:
    Organisation.current()
    Organisation.objects.update(name="Kontor 23")
    made = ask(contact, rep, kind=SurveyKind.NPS, language="zh-hant")

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.purpose, mail.language) == ("eva@acme.example", "survey", "zh-hant")
    assert mail.headers == {"Reply-To": rep.email}
    assert mail.is_secret
    address = survey_address(made)
    assert address in mail.text
    for score in range(11):
        assert f'href="{address}?score={score}"' in mail.html
    assert f'href="{address}?score=11"' not in mail.html
    assert "Kontor 23" in mail.subject
    assert "Acme" not in mail.text + mail.html


def test_without_a_language_it_is_the_organisations(contact: Contact, rep: Member) -> None:
    Organisation.current()
    Organisation.objects.update(language="zh-hans")

    assert ask(contact, rep).language == "zh-hans"


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────


def test_a_survey_taken_back_takes_no_answer_and_sends_no_mail(survey: Survey, rep: Member) -> None:
    survey_revoke(survey=survey, by=rep)

    with pytest.raises(SurveyClosed):
        survey_answer(survey=survey, score=5)
    assert mails_work_off() == 1
    mail = OutgoingMail.objects.get()
    assert mail.state == MailState.FAILED
    assert "taken back" in mail.error
    assert mail.text == ""


def test_only_who_may_change_the_customer_takes_a_survey_back(survey: Survey) -> None:
    with pytest.raises(NotPermitted):
        survey_revoke(survey=survey, by=make_member(team=make_team()))

    survey.refresh_from_db()
    assert survey.revoked_at is None


def test_what_is_over_is_not_taken_back(survey: Survey, rep: Member) -> None:
    survey_answer(survey=survey, score=5)

    with pytest.raises(DomainError):
        survey_revoke(survey=survey, by=rep)

    survey.refresh_from_db()
    assert survey.state is SurveyState.ANSWERED


# ── Answering ────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_counts_once(survey: Survey) -> None:
    survey_answer(survey=survey, score=4, comment=" Fine ")

    with pytest.raises(SurveyClosed):
        survey_answer(survey=survey, score=1, comment="Changed")
    survey.refresh_from_db()
    assert (survey.score, survey.comment, survey.state) == (4, "Fine", SurveyState.ANSWERED)
    entry = AuditEntry.objects.get(action="survey.answer")
    assert (entry.by, entry.details) == (None, {"score": 4})
    assert "Fine" not in str(entry.changes)


def test_after_its_time_a_survey_takes_no_answer(survey: Survey) -> None:
    Survey.objects.update(expires_at=timezone.now())

    with pytest.raises(SurveyClosed):
        survey_answer(survey=survey, score=5)


@pytest.mark.parametrize("field", ["deleted_at", "erased_at"])
def test_without_its_contact_a_survey_takes_no_answer(survey: Survey, field: str) -> None:
    Contact.objects.update(**{field: timezone.now()})

    with pytest.raises(SurveyClosed):
        survey_answer(survey=survey, score=5)


def test_of_a_deleted_customer_a_survey_takes_no_answer(survey: Survey) -> None:
    Customer.objects.update(deleted_at=timezone.now())

    with pytest.raises(SurveyClosed):
        survey_answer(survey=survey, score=5)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_outside_the_scale_is_refused(survey: Survey, score: int) -> None:
    with pytest.raises(ValueError, match="has no score"):
        survey_answer(survey=survey, score=score)


def test_the_database_holds_the_scale_too(survey: Survey) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Survey.objects.update(score=6, answered_at=timezone.now())


@pytest.mark.parametrize(
    ("kind", "score", "said"),
    [
        (SurveyKind.CSAT, 2, ["survey.low_csat"]),
        (SurveyKind.CSAT, 3, []),
        (SurveyKind.NPS, 6, ["survey.low_nps"]),
        (SurveyKind.NPS, 7, []),
    ],
)
def test_a_low_answer_is_told_to_the_owner(
    contact: Contact, lead: Member, rep: Member, kind: SurveyKind, score: int, said: list[str]
) -> None:
    made = ask(contact, lead, kind=kind)

    survey_answer(survey=made, score=score)

    told = Notification.objects.all()
    assert [one.kind for one in told] == said
    assert all((one.member, one.details) == (rep, {"score": score}) for one in told)


def test_of_a_customer_in_the_pool_who_asked_is_told(contact: Contact, rep: Member) -> None:
    made = ask(contact, rep)
    customers_assign(
        customers=[contact.customer_id],
        to=None,
        reason="",
        kind=CustomerOwnerChangeKind.RELEASE,
        by=rep,
    )

    survey_answer(survey=made, score=1)

    assert Notification.objects.get().member == rep


# ── The link ─────────────────────────────────────────────────────────────────────────────────────


def token_of(survey: Survey) -> str:
    return survey_address(survey).rstrip("/").rsplit("/", 1)[1]


def test_a_link_opens_its_survey_and_no_other(survey: Survey) -> None:
    token = token_of(survey)
    number, _dot, signature = token.partition(".")

    assert survey_of(token) == survey
    for other in (f"{int(number) + 1}.{signature}", f"{number}.", number, "", "x" * 5000):
        assert survey_of(other) is None
    assert survey_of(token[:-1] + ("a" if token[-1] != "a" else "b")) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_the_same_moment_one_counts(survey: Survey) -> None:
    start = Barrier(2, timeout=10)

    def answer(score: int) -> str:
        try:
            start.wait()
            survey_answer(survey=survey, score=score)
        except SurveyClosed:
            return "closed"
        else:
            return "counted"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(answer, (1, 5)))

    assert outcomes == ["closed", "counted"]
    assert AuditEntry.objects.filter(action="survey.answer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_the_same_contact_at_once_one_is_told(
    contact: Contact, lead: Member, rep: Member
) -> None:
    start = Barrier(2, timeout=10)

    def send(by: Member) -> str:
        try:
            start.wait()
            ask(contact, by)
        except AskedRecently:
            return "refused"
        else:
            return "sent"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(send, (lead, rep)))

    assert outcomes == ["refused", "sent"]
    assert Survey.objects.count() == 1
