"""Surveys are sent, taken back and answered."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, to_locale

from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import day_long
from apps.core.models import Organisation, OutgoingMail
from apps.core.outbox import Letter, mails_queue
from apps.core.services import audit_record
from apps.customers.models import Contact, Customer
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.members.notifications import notify
from apps.members.selectors import primary_team_on
from apps.satisfaction.links import survey_address
from apps.satisfaction.models import HIGHEST, LOWEST, Survey, SurveyKind, SurveyState
from apps.satisfaction.scores import is_low

PURPOSE = "survey"
VALID_FOR = timedelta(days=30)
# The same contact is asked once in so many days, unless somebody insists.
PAUSE_DAYS = 30


class ContactNotAsked(DomainError):  # noqa: N818 - named for what happens
    """The contact has gone, or is none of this customer."""


class NoAddress(DomainError):  # noqa: N818 - named for what is missing
    """The contact has no email address."""


class AskedRecently(DomainError):  # noqa: N818 - named for what is the case
    """The contact was asked a short while ago."""


class SurveyClosed(DomainError):  # noqa: N818 - named for what is the case
    """The survey takes no answer (any more)."""

    status = 404


@transaction.atomic
def survey_send(  # noqa: PLR0913 - what a survey is made of
    *,
    customer: Customer,
    contact: Contact,
    kind: SurveyKind,
    by: Member,
    language: str = "",
    is_by_mail: bool = True,
    is_confirmed: bool = False,
) -> Survey:
    """Ask a contact one question: by mail, or by a link that `by` passes on.

    Without a language it is the organisation's. `is_confirmed` asks again within 30 days.

    Raises:
        CustomerGone, NotPermitted: it was deleted meanwhile, or is not the person's to change.
        ContactNotAsked: somebody who has left, was deleted or erased, or belongs elsewhere.
        NoAddress: by mail to somebody without an address.
        AskedRecently: within 30 days of another survey, and nobody insisted.
    """
    held = _contact_held(customer, contact, by)
    if is_by_mail and not held.email:
        message = _(
            "%(contact)s has no email address: add one, or make a link and pass it on yourself."
        )
        raise NoAddress(message % {"contact": held.name})
    if not is_confirmed:
        _refuse_recent(held)
    firm, now, owner = Organisation.current(), timezone.now(), held.customer.owner
    survey = Survey(
        customer=held.customer,
        contact=held,
        owner=owner,
        team=primary_team_on(owner, firm.day_of(now)) if owner else None,
        by=by,
        kind=kind,
        language=_known(language or firm.language),
        sent_at=now,
        expires_at=now + VALID_FOR,
        is_sample=held.is_sample,
    )
    survey.full_clean(exclude=["customer", "contact", "owner", "team", "by", "mail"])
    survey.save()
    if is_by_mail:
        (survey.mail,) = mails_queue([_letter(survey, held, by, firm)])
        survey.save(update_fields=["mail"])
    audit_record(
        by=by,
        action="survey.send",
        record=survey,
        changes={"customer": [None, held.customer]},
        kind=str(kind),
    )
    return survey


@transaction.atomic
def survey_revoke(*, survey: Survey, by: Member) -> Survey:
    """Take a survey back that nobody has answered: its link opens nothing any more."""
    held: Survey = Survey.objects.select_for_update().get(pk=survey.pk)
    if not Survey.objects.editable_by(by).filter(pk=held.pk).exists():
        raise NotPermitted(_("You can't take this survey back: the customer is somebody else's."))
    if held.state is not SurveyState.OPEN:
        raise DomainError(_("This survey is over: there is nothing to take back."))
    held.revoked_at = timezone.now()
    held.save(update_fields=["revoked_at"])
    audit_record(by=by, action="survey.revoke", record=held)
    return held


@transaction.atomic
def survey_answer(*, survey: Survey, score: int, comment: str = "") -> Survey:
    """Write down what the contact says; the row's lock lets one of two answers count.

    Raises SurveyClosed where there is an answer already, or the link opens nothing any more.
    """
    rows = Survey.objects.select_for_update(of=("self",))
    held: Survey = rows.prefetch_related("customer__owner", "contact", "by").get(pk=survey.pk)
    if not is_answerable(held):
        raise SurveyClosed
    if not LOWEST[held.kind] <= score <= HIGHEST[held.kind]:
        message = f"{held.kind} has no score {score}"
        raise ValueError(message)
    held.score, held.comment, held.answered_at = score, comment.strip(), timezone.now()
    held.save(update_fields=["score", "comment", "answered_at"])
    audit_record(by=None, action="survey.answer", record=held, score=score)
    if is_low(held.kind, score):
        _tell_of_low(held, score)
    return held


def is_answerable(survey: Survey) -> bool:
    """Open, and both the contact and the customer are still there."""
    contact = survey.contact
    is_there = (
        contact is not None
        and contact.deleted_at is None
        and contact.erased_at is None
        and survey.customer.deleted_at is None
    )
    return is_there and survey.state is SurveyState.OPEN


def reason_to_withhold(mail: OutgoingMail) -> str:
    """Why the mail of a survey must not go out any more: its link is dead."""
    survey = Survey.objects.select_related("customer", "contact").filter(mail=mail).first()
    if survey is not None and is_answerable(survey):
        return ""
    return _("The survey was taken back or answered, or the contact has gone, before the mail.")


def _contact_held(customer: Customer, contact: Contact, by: Member) -> Contact:
    """The contact at its customer, both locked: of two who ask at once one sees the other's survey."""
    customer_held(customer, by)
    rows = Contact.objects.select_for_update(of=("self",), no_key=True)
    held = rows.prefetch_related("customer__owner").filter(pk=contact.pk).first()
    is_here = held is not None and held.customer_id == customer.pk and held.deleted_at is None
    if held is None or not is_here or held.erased_at is not None or held.is_former:
        raise ContactNotAsked(_("This contact can't be asked any more: choose somebody else."))
    found: Contact = held
    return found


def _refuse_recent(contact: Contact) -> None:
    since = timezone.now() - timedelta(days=PAUSE_DAYS)
    last = Survey.objects.filter(contact=contact, sent_at__gt=since).first()
    if last is None:
        return
    message = ngettext(
        "%(contact)s was asked on %(day)s already. Nobody should be asked more than once in"
        " %(days)s day: ask all the same?",
        "%(contact)s was asked on %(day)s already. Nobody should be asked more than once in"
        " %(days)s days: ask all the same?",
        PAUSE_DAYS,
    )
    day = day_long(Organisation.current().day_of(last.sent_at))
    raise AskedRecently(message % {"contact": contact.name, "day": day, "days": PAUSE_DAYS})


def _known(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _letter(survey: Survey, contact: Contact, by: Member, firm: Organisation) -> Letter:
    address = survey_address(survey)
    scale = range(LOWEST[survey.kind], HIGHEST[survey.kind] + 1)
    with translation.override(survey.language), timezone.override(firm.time_zone):
        content = {
            "survey": survey,
            "contact": contact,
            "organisation": firm.name,
            "sender": by,
            "address": address,
            "scale": [(score, f"{address}?score={score}") for score in scale],
            "language_tag": to_locale(survey.language).replace("_", "-"),
        }
        subject = _("%(organisation)s: one question to you") % {"organisation": firm.name}
        return Letter(
            to=contact.email,
            purpose=PURPOSE,
            subject=subject,
            text=render_to_string("satisfaction/mail/survey.txt", content).strip() + "\n",
            html=render_to_string("satisfaction/mail/survey.html", content),
            language=survey.language,
            is_secret=True,
            headers={"Reply-To": by.email},
            is_sample=survey.is_sample,
        )


def _tell_of_low(survey: Survey, score: int) -> None:
    """Tell who has the customer now; of one in the pool, whoever asked."""
    told = survey.customer.owner or survey.by
    notify(
        members=[told] if told else [],
        kind=f"survey.low_{survey.kind}",
        key=f"survey-{survey.pk}",
        record=survey.customer,
        score=score,
    )
