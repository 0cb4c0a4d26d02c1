"""The one way out for mails: rows that a request writes and the worker sends, each at most once.

`OutgoingMail` has the states and why a mail in doubt is not sent again by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from celery import current_app
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import to_locale
from kombu.exceptions import OperationalError

from apps.core.errors import DomainError
from apps.core.mail import (
    MOST_TRIES,
    MailUnconfirmed,
    Verdict,
    hand_over,
    new_message_id,
    pause_after,
    verdict,
)
from apps.core.models import MailState, OutgoingMail

# A claim this old that nobody holds was cut off; its sender has long taken the row's lock.
CUT_OFF_AFTER = timedelta(minutes=2)
MOST_MAILS_A_TASK = 50
# Words of a mail that is over are kept this long; who got what and when stays.
WORDS_KEPT = timedelta(days=90)
OVER = (MailState.SENT, MailState.FAILED, MailState.UNCONFIRMED)
SUBJECT_LENGTH = 300

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Attachment:
    """A file of the storage, read only when the mail goes out."""

    stored_as: str
    name: str
    content_type: str


@dataclass(frozen=True)
class Letter:
    """A mail to be written down.

    `is_secret` is for words that let somebody in: they are deleted as soon as the mail is over.
    """

    to: str
    purpose: str
    subject: str
    text: str
    language: str
    html: str = ""
    is_secret: bool = False
    headers: Mapping[str, str] | None = None
    attachment: Attachment | None = None
    is_sample: bool = False

    def row(self) -> OutgoingMail:
        attached = self.attachment
        return OutgoingMail(
            to=self.to,
            purpose=self.purpose,
            language=self.language,
            subject=" ".join(self.subject.split())[:SUBJECT_LENGTH],
            text=self.text,
            html=self.html,
            headers=dict(self.headers or {}),
            attachment=attached.stored_as if attached else "",
            attachment_name=attached.name if attached else "",
            attachment_type=attached.content_type if attached else "",
            is_secret=self.is_secret,
            is_sample=self.is_sample,
            message_id=new_message_id(),
        )


def mails_queue(letters: Iterable[Letter]) -> list[OutgoingMail]:
    """Write mails down in the caller's transaction, by one statement; sent after the commit.

    An address that no server takes is not refused here: the mail fails, and shows it.
    """
    rows = OutgoingMail.objects.bulk_create([letter.row() for letter in letters])
    transaction.on_commit(start_sending)
    return rows


def mail_queue(  # noqa: PLR0913 - a mail has that many parts
    *,
    to: str,
    purpose: str,
    subject: str,
    text: str,
    html: str = "",
    language: str,
    is_secret: bool = False,
    headers: Mapping[str, str] | None = None,
    attachment: Attachment | None = None,
    is_sample: bool = False,
) -> OutgoingMail:
    """Write one mail down; the arguments are those of a `Letter`."""
    letter = Letter(
        to=to,
        purpose=purpose,
        subject=subject,
        text=text,
        language=language,
        html=html,
        is_secret=is_secret,
        headers=headers,
        attachment=attachment,
        is_sample=is_sample,
    )
    return mails_queue([letter])[0]


@transaction.atomic
def mail_send_again(*, mail: OutgoingMail, text: str = "", html: str = "") -> None:
    """Put a failed or unconfirmed mail back in line under its old message id.

    A person takes the risk of a second copy: the caller asks whether that person may, and writes
    the audit entry. `text` and `html` are for a mail whose own words are gone by now.
    """
    held = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
    if not held.text:
        held.text, held.html = text, html
    if not held.may_send_again:
        raise DomainError(_("This mail is on its way or has been sent."))
    held.state = MailState.WAITING
    held.tries = 0
    held.next_try_at = timezone.now()
    held.save(update_fields=["state", "tries", "next_try_at", "text", "html"])
    transaction.on_commit(start_sending)


def start_sending() -> None:
    """Have waiting mails sent now, by the task's name: tasks stand above this module.

    Where the queue can't be reached, the scheduler's next tick does it.
    """
    try:
        current_app.send_task("core.send_mails")
    except OperationalError as error:
        log.warning("mail.queue_unreachable", error=str(error))


def mails_work_off(among: Iterable[int] | None = None) -> int:
    """Send what is waiting and due, one after the other; returns how many were tried.

    `among` restricts it to some mails. Any number of workers may do this at once.
    """
    mails_find_cut_off()
    ids = None if among is None else list(among)
    for done in range(MOST_MAILS_A_TASK):
        claimed = _claim(ids)
        if claimed is None:
            return done
        _send(claimed)
    return MOST_MAILS_A_TASK


@transaction.atomic
def mails_find_cut_off() -> int:
    """Mark as unconfirmed what a crash left in `sending`: rows claimed a while ago, held by nobody."""
    old = timezone.now() - CUT_OFF_AFTER
    rows = OutgoingMail.objects.select_for_update(skip_locked=True).filter(
        state=MailState.SENDING, claimed_at__lt=old
    )
    ids = list(rows.values_list("pk", flat=True))
    found = OutgoingMail.objects.filter(pk__in=ids)
    found.filter(is_secret=True).update(text="", html="")
    return found.update(
        state=MailState.UNCONFIRMED,
        error=_("The sender was cut off; nobody knows whether the mail arrived."),
    )


def mails_forget_words() -> int:
    """Delete the words of mails that have long been over; returns how many lost theirs."""
    old = OutgoingMail.objects.filter(state__in=OVER, created_at__lt=timezone.now() - WORDS_KEPT)
    return old.exclude(text="", html="").update(text="", html="")


@transaction.atomic
def _claim(ids: list[int] | None) -> OutgoingMail | None:
    """Take the next waiting row for this process: `sending` is committed before anything is sent."""
    now = timezone.now()
    rows = OutgoingMail.objects.select_for_update(skip_locked=True).filter(
        state=MailState.WAITING, next_try_at__lte=now
    )
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    row = rows.order_by("next_try_at", "pk").first()
    if row is not None:
        row.state = MailState.SENDING
        row.claimed_at = now
        row.tries += 1
        row.save(update_fields=["state", "claimed_at", "tries"])
    return row


@transaction.atomic
def _send(claimed: OutgoingMail) -> None:
    """Mail a claimed row while holding its lock, and write down what came of it.

    It waits for the lock: another sender that looks for work may hold it for a moment, since
    PostgreSQL locks a row before it sees that the row is not waiting any more.
    """
    row = (
        OutgoingMail.objects.select_for_update()
        .filter(pk=claimed.pk, state=MailState.SENDING, claimed_at=claimed.claimed_at)
        .first()
    )
    if row is None:  # taken for cut off meanwhile: not ours any more
        return
    problem = _attempt(row)
    if problem is None:
        row.state, row.error, row.sent_at = MailState.SENT, "", timezone.now()
    else:
        row.state, row.error = problem.state, problem.error
        row.next_try_at = timezone.now() + pause_after(row.tries)
        if row.state == MailState.WAITING and row.tries >= MOST_TRIES:
            row.state = MailState.FAILED
    if row.is_secret and row.state in OVER:
        row.text = row.html = ""
    row.save(update_fields=["state", "error", "sent_at", "next_try_at", "text", "html"])


def _attempt(row: OutgoingMail) -> Verdict | None:
    """Hand the mail over; None once the server has accepted it."""
    reason = _reason_to_withhold(row)
    if reason:
        return Verdict(MailState.FAILED, reason)
    try:
        hand_over(_message(row))
    except (MailUnconfirmed, OSError, ValueError) as error:
        return verdict(error)
    return None


def _reason_to_withhold(row: OutgoingMail) -> str:
    """Why the mail must not go out any more, as the apps above say for their purposes."""
    check = settings.MAIL_CHECKS.get(row.purpose)
    reason: str = import_string(check)(row) if check else ""
    return reason


def _message(row: OutgoingMail) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=row.subject, body=row.text, to=[row.to], headers=_headers(row)
    )
    if row.html:
        mail.attach_alternative(row.html, "text/html")
    if row.attachment:
        with default_storage.open(row.attachment, "rb") as file:
            mail.attach(row.attachment_name, file.read(), row.attachment_type)
    return mail


def _headers(row: OutgoingMail) -> dict[str, str]:
    return {
        "Message-ID": row.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": to_locale(row.language).replace("_", "-"),
        **row.headers,
    }
