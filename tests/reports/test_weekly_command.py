"""`manage.py weekly_report`, with a real mail server and real PDFs."""

import json
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pypdf import PdfReader
from pytest_django import Settings

from apps.core.models import MailState
from apps.members.models import AccessRole, Member
from apps.reports.models import Delivery, Edition
from tests.factories import make_member, make_team
from tests.mail_server import point_mailer_at
from tests.mailbox import Mailbox
from tests.operations.processes import free_port
from tests.reports.weeks import in_berlin, make_firm

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("weekly_report", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_mail_brings_the_report_as_pdf_and_a_second_run_sends_nothing(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    in_berlin()
    firm = make_firm()
    file = tmp_path / "report.pdf"
    command = ["--team", firm.team.slug, "--week", "2017-W40", "--email", "--pdf", str(file)]

    _out, first = run(*command)
    stored = file.read_bytes()
    _out, second = run(*command)

    (mail,) = mailbox.mails
    (attached,) = mail.iter_attachments()
    pdf = attached.get_content()
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    assert "Revenue reached €4.0k, 11% under the week before." in text
    assert "Anna Šimon Central 华东 €3.0k €2.5k 2 3 0 100%" in text
    assert "李婉清 Central 华东 €1.0k €2.0k 1 0 1 0%" in text
    assert "As sent" in text
    assert f"{firm.lead.email} (en): sent at " in first
    assert pdf == stored == file.read_bytes()
    assert "Nothing sent" in second
    assert f"{firm.lead.email} (en): sent at " in second
    assert Edition.objects.count() == Delivery.objects.count() == 1


def test_pdf_alone_is_a_draft_and_stores_nothing(tmp_path: Path) -> None:
    firm = make_firm()
    file = tmp_path / "draft.pdf"

    _out, err = run(
        "--team", firm.team.slug, "--week", "2017-W40", "--pdf", str(file), "--language", "zh-hant"
    )

    text = PdfReader(file).pages[0].extract_text()
    assert "2017年第40週" in text
    assert "a draft, not sent" in err
    assert not Edition.objects.exists()


def test_json_has_the_exact_figures() -> None:
    firm = make_firm()

    out, _err = run("--team", firm.team.slug, "--week", "2017-W40", "--json")

    figures = json.loads(out)
    assert figures["results"]["revenue"] == "4000.00"
    assert figures["results"]["orders"] == 3
    assert (figures["start"], figures["end"]) == ("2017-10-02", "2017-10-08")
    assert [row["level"]["code"] for row in figures["levels"]] == ["E", "D", "C", "B", "A"]


def test_text_is_printed_without_options() -> None:
    firm = make_firm()

    out, _err = run("--team", firm.team.slug, "--week", "2017-W40")

    assert "Revenue reached €4.0k, 11% under the week before." in out
    assert "Orders: 3 (▲ 1)" in out


@pytest.mark.parametrize(
    ("team", "week", "words"),
    [
        ("nowhere", "2017-W40", "there is no team 'nowhere'"),
        ("central", "2017-W53", "2017-W53"),
        ("central", "2017-10", "is not a week"),
        ("central", "2017-W60", "is not a week"),
        ("central", "last", "last"),
    ],
)
def test_bad_input_ends_with_code_two(team: str, week: str, words: str) -> None:
    slug = make_firm().team.slug if team == "central" else team

    with pytest.raises(CommandError, match=words) as refused:
        run("--team", slug, "--week", week)

    assert refused.value.returncode == 2


def test_team_without_lead_cannot_be_mailed(mailbox: Mailbox) -> None:
    team = make_team()

    with pytest.raises(CommandError, match="no lead") as refused:
        run("--team", team.slug, "--week", "2017-W40", "--email")

    assert refused.value.returncode == 2
    assert not Edition.objects.exists()


def test_lead_whose_role_sees_no_figures_is_not_mailed(mailbox: Mailbox) -> None:
    team = make_team(lead=make_member(AccessRole.MANAGER))
    Member.objects.update(access_role=AccessRole.REP)

    with pytest.raises(CommandError, match="no lead"):
        run("--team", team.slug, "--week", "2017-W40", "--email")

    assert mailbox.envelopes == []


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    firm = make_firm()

    with pytest.raises(CommandError, match="can't be written") as refused:
        run("--team", firm.team.slug, "--week", "2017-W40", "--pdf", str(tmp_path / "no" / "x.pdf"))

    assert refused.value.returncode == 2


def test_mail_that_does_not_go_out_is_an_error_and_stays_in_line(settings: Settings) -> None:
    point_mailer_at(settings, free_port())
    firm = make_firm()

    with pytest.raises(CommandError, match="1 mail not sent"):
        run("--team", firm.team.slug, "--week", "2017-W40", "--email")

    assert Delivery.objects.get().state == MailState.WAITING
