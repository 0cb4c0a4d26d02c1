"""The weekly report as a mail."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.mail import own_host
from apps.core.models import Organisation, OutgoingMail
from apps.core.outbox import Attachment, mail_queue
from apps.metrics.periods import Period
from apps.reports import wording
from apps.reports.models import Delivery, Edition
from apps.reports.rendering import LANGUAGE_TAGS
from apps.reports.weekly import figures_from_json

PURPOSE = "weekly_report"


@dataclass(frozen=True)
class Words:
    """What a mail says: one line, plain text and a page."""

    subject: str
    text: str
    html: str


def file_name(slug: str, week: Period) -> str:
    """The PDF's name; slugs are ASCII, so every mail program can show it."""
    return f"weekly-report-{slug}-{week.key}.pdf"


def report_words(delivery: Delivery) -> Words:
    """The words of one delivery's mail, with the key figures of its edition."""
    edition = delivery.edition
    figures = figures_from_json(edition.figures)
    with (
        translation.override(edition.language),
        timezone.override(Organisation.current().zone),
    ):
        address = reverse("weekly_report", args=[edition.team.slug, edition.week])
        content = {
            "figures": figures,
            "organisation": figures.organisation,
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
        return Words(
            subject=subject,
            text=render_to_string("reports/mail/weekly.txt", content).strip() + "\n",
            html=render_to_string("reports/mail/weekly.html", content),
        )


def report_mail_queue(delivery: Delivery) -> OutgoingMail:
    """Queue the mail of one delivery, the stored PDF attached."""
    edition, words = delivery.edition, report_words(delivery)
    return mail_queue(
        to=delivery.member.email,
        purpose=PURPOSE,
        subject=words.subject,
        text=words.text,
        html=words.html,
        language=edition.language,
        headers=_headers(edition),
        attachment=Attachment(
            stored_as=edition.pdf.name or "",
            name=file_name(edition.team.slug, edition.week),
            content_type="application/pdf",
        ),
        is_sample=edition.is_sample or delivery.member.is_sample,
    )


def _headers(edition: Edition) -> dict[str, str]:
    headers = {"List-Id": f"<weekly-report.{edition.team.slug}.{own_host()}>"}
    if edition.made_by:
        headers["Reply-To"] = edition.made_by.email
    return headers
