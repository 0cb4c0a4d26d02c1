import asyncio
import signal
from argparse import ArgumentParser
from datetime import UTC
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.text import slugify


class Folder:
    """Keeps each mail as a file that any mail program opens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = bytes(envelope.original_content or b"")
        subject = str(message_from_bytes(content, policy=policy.default)["subject"] or "")
        stamp = timezone.now().astimezone(UTC).strftime("%Y%m%d-%H%M%S-%f")
        path = self.folder / f"{stamp}-{slugify(subject, allow_unicode=True)[:60] or 'mail'}.eml"
        path.write_bytes(content)
        print(f"{', '.join(envelope.rcpt_tos)}: {subject} → {path}", flush=True)  # noqa: T201
        return "250 kept"


class Command(BaseCommand):
    """A mail server for trying things out."""

    help = (
        "Take every mail that is sent to this machine's port and keep it below SALESTEAM_HOME/mail."
    )

    # Generated columns make Django's model checks ask the database, which this needs not.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=1025)

    def handle(self, **options: Any) -> None:
        folder = settings.SALESTEAM_HOME / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(self._serve(folder, options["port"]))

    async def _serve(self, folder: Path, port: int) -> None:
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        controller = UnthreadedController(
            Folder(folder), hostname="127.0.0.1", port=port, loop=loop
        )
        server = await loop.create_server(controller.factory, controller.hostname, controller.port)
        self.stdout.write(f"mails to 127.0.0.1:{port} are kept in {folder}")
        async with server:
            await stopped.wait()
