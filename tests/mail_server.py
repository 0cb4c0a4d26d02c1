"""A mail server that the product under test sends to."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from tests.mailbox import Mailbox
from tests.operations.processes import free_port


def point_mailer_at(settings: Settings, port: int) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "apps.core.mail.SmtpBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 1},
        }
    }


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    box = Mailbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    point_mailer_at(settings, box.port)
    yield box
    controller.stop()
