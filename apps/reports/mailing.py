"""The weekly report as a mail, and what a mail server's answer means."""

import smtplib
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.mail import MailUnconfirmed
from apps.core.models import Organisation
from apps.metrics.periods import Period
from apps.reports import wording
from apps.reports.models import Delivery, DeliveryState
from apps.reports.rendering import LANGUAGE_TAGS
from apps.reports.weekly import figures_from_json

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
# With the pauses above, a server that answers nothing is asked for about four days.
MOST_TRIES = 24
PERMANENT = 500


@dataclass(frozen=True)
class Verdict:
    """The state that a failed attempt leaves behind, and why in the server's words."""

    state: DeliveryState
    error: str


def verdict(error: Exception) -> Verdict:
    """What a mail that raised `error` is: unconfirmed, refused for good, or waiting again.

    A refused sign-in or greeting is the connection's fault and not the mail's: it waits.
    """
    if isinstance(error, MailUnconfirmed):
        return Verdict(DeliveryState.UNCONFIRMED, str(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _answered(code, text)
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return _answered(error.smtp_code, error.smtp_error)
    if isinstance(error, ValueError):
        return Verdict(DeliveryState.FAILED, str(error))
    return Verdict(DeliveryState.WAITING, f"{type(error).__name__}: {error}")


def _answered(code: int, text: bytes | str) -> Verdict:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    state = DeliveryState.FAILED if code >= PERMANENT else DeliveryState.WAITING
    return Verdict(state, f"{code} {words}")


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries: 1 minute, 2, 4 … up to 6 hours."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 12)), LONGEST_PAUSE)


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def new_message_id() -> str:
    """Short enough not to be folded: some programs compare it with the fold in it."""
    return f"<{uuid4().hex}@{_host()}>"


def file_name(slug: str, week: Period) -> str:
    """The PDF's name; slugs are ASCII, so every mail program can show it."""
    return f"weekly-report-{slug}-{week.key}.pdf"


def report_mail(delivery: Delivery) -> EmailMultiAlternatives:
    """The mail of one delivery: words and key figures, the stored PDF attached."""
    edition = delivery.edition
    figures = figures_from_json(edition.figures)
    with (
        translation.override(edition.language),
        timezone.override(Organisation.current().zone),
    ):
        address = reverse("weekly_report", args=[edition.team.slug, edition.week])
        content = {
            "figures": figures,
            "summary": wording.paragraph(wording.opening(figures)),
            "key_figures": wording.key_figures(figures),
            "address": settings.SITE_URL + address,
            "reader": delivery.member,
            "language_tag": LANGUAGE_TAGS.get(edition.language, edition.language),
        }
        subject = _("Weekly report %(team)s, %(week)s (%(days)s)") % {
            "team": figures.team,
            "week": formats.week(figures.start),
            "days": formats.day_range(figures.start, figures.end),
        }
        mail = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string("reports/mail/weekly.txt", content).strip() + "\n",
            to=[delivery.member.email],
            reply_to=[edition.made_by.email] if edition.made_by else None,
            headers=_headers(delivery),
        )
        mail.attach_alternative(render_to_string("reports/mail/weekly.html", content), "text/html")
    with edition.pdf.open("rb") as file:
        mail.attach(file_name(edition.team.slug, edition.week), file.read(), "application/pdf")
    return mail


def _headers(delivery: Delivery) -> dict[str, str]:
    slug, language = delivery.edition.team.slug, delivery.edition.language
    return {
        "Message-ID": delivery.message_id,
        "List-Id": f"<weekly-report.{slug}.{_host()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": LANGUAGE_TAGS.get(language, language),
    }
