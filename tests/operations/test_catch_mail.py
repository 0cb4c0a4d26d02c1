"""The mail catcher of the demonstration."""

import signal
import smtplib
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from salesteam import programs
from tests.operations.processes import environment, free_port, started, wait_until


@pytest.mark.programs
def test_mail_is_kept_as_a_file_and_told_of(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Woche 40 · 周报", "a@x.example", "b@x.example"
    mail.set_content("Umsatz: 1.234 €")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="40.pdf")
    log, port = tmp_path / "log", free_port()

    with started(
        ["manage.py", "catch_mail", f"--port={port}"], environment(tmp_path), log
    ) as catcher:
        wait_until(lambda: "are kept in" in log.read_text(), "the start", log)
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as connection:
            connection.send_message(mail)
        catcher.send_signal(signal.SIGTERM)
        code = catcher.wait(10)

    kept = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in tmp_path.glob("mail/*.eml")
    ]
    assert code == 0
    assert [one["Subject"] for one in kept] == ["Woche 40 · 周报"]
    assert [part.get_filename() for part in kept[0].iter_attachments()] == ["40.pdf"]
    assert "b@x.example: Woche 40 · 周报" in log.read_text()
    assert not (tmp_path / "postgres").exists()


def test_another_port_is_chosen_when_the_usual_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "_is_free", lambda _address, port: port != programs.MAIL_PORT)

    assert programs.free_mail_port() not in {0, programs.MAIL_PORT}
