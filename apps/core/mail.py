"""The SMTP mailer, telling apart what surely did not go out from what may have gone out."""

import smtplib
import ssl
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.smtp import EmailBackend


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
