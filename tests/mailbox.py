"""A real SMTP server on a port of this machine, which answers as a test wants."""
# ruff: noqa: ARG002 - aiosmtpd gives the arguments by position

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY

from aiosmtpd.smtp import SMTP, Envelope, Session

ACCEPTED = "250 2.0.0 taken"


@dataclass
class Mailbox:
    """What has arrived, and how the server answers: RCPT and DATA with these lines."""

    port: int
    recipient_answer: str = "250 ok"
    data_answer: str = ACCEPTED
    answer_after_seconds: float = 0.0
    on_data: Callable[[], None] = lambda: None
    envelopes: list[Envelope] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        parser = BytesParser(policy=SMTP_POLICY)
        parsed = [parser.parsebytes(one.original_content or b"") for one in self.envelopes]
        return [one for one in parsed if isinstance(one, EmailMessage)]

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.data_answer.startswith("250"):
            self.envelopes.append(envelope)
        self.on_data()
        await asyncio.sleep(self.answer_after_seconds)
        return self.data_answer
