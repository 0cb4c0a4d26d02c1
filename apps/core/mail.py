"""The SMTP mailer, telling apart what surely did not go out from what may have gone out."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.smtp import EmailBackend

from apps.core.models import MailState

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
# With the pauses above, a server that answers nothing is asked for about four days.
MOST_TRIES = 24
PERMANENT = 500


class MailUnconfirmed(Exception):  # noqa: N818 - named for what happened
    """The connection broke after the text was handed over: nobody knows whether it was accepted."""


class _TellingData:
    """Turns a connection that breaks during DATA into `MailUnconfirmed`.

    Until then the server has nothing that it could deliver; afterwards only its answer tells.
    """

    def data(self, msg: Any) -> tuple[int, bytes]:  # noqa: ANN401 - as smtplib
        try:
            return super().data(msg)  # type: ignore[misc,no-any-return]
        except smtplib.SMTPDataError:
            raise
        except OSError as error:  # smtplib's disconnection is one of these, too
            raise MailUnconfirmed(str(error) or type(error).__name__) from error


class _Smtp(_TellingData, smtplib.SMTP):
    pass


class _SmtpOverTls(_TellingData, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Django's SMTP backend whose `send_messages` raises `MailUnconfirmed` where that is the truth."""

    ssl_context: ssl.SSLContext

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp


def hand_over(message: EmailMessage) -> None:
    """Give one message to the mail server; returns once the server has accepted it.

    Raises MailUnconfirmed where nobody can know, else an OSError (smtplib's errors are such) or a
    ValueError (an address that can't be one), after which the message surely did not go out.
    """
    backend = mailers.default
    try:
        backend.open()
        backend.send_messages([message])
    finally:
        # The goodbye may fail: what was accepted stays accepted.
        with suppress(OSError):
            backend.close()


@dataclass(frozen=True)
class Verdict:
    """The state that a failed attempt leaves behind, and why in the server's words."""

    state: MailState
    error: str


def verdict(error: Exception) -> Verdict:
    """What a mail that raised `error` is: unconfirmed, refused for good, or waiting again.

    A refused sign-in or greeting is the connection's fault and not the mail's: it waits.
    """
    if isinstance(error, MailUnconfirmed):
        return Verdict(MailState.UNCONFIRMED, str(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _answered(code, text)
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return _answered(error.smtp_code, error.smtp_error)
    if isinstance(error, ValueError):
        return Verdict(MailState.FAILED, str(error))
    return Verdict(MailState.WAITING, f"{type(error).__name__}: {error}")


def _answered(code: int, text: bytes | str) -> Verdict:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    state = MailState.FAILED if code >= PERMANENT else MailState.WAITING
    return Verdict(state, f"{code} {words}")


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries: 1 minute, 2, 4 … up to 6 hours."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 12)), LONGEST_PAUSE)


def own_host() -> str:
    """The host that people know this installation by."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def new_message_id() -> str:
    """Short enough not to be folded: some programs compare it with the fold in it."""
    return f"<{uuid4().hex}@{own_host()}>"
