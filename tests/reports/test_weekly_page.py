"""The report on screen and at its PDF address: who sees what, and what stays as it was sent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.models import AuditEntry, MailState, OutgoingMail
from apps.members.models import AccessRole, Member
from apps.metrics.periods import parse_period
from apps.reports import services
from apps.reports.models import PREPARING, Delivery, Edition
from tests.factories import make_member, make_order, make_team
from tests.reports.weeks import W40, W41, Firm, mail_of, make_delivery, make_edition, make_firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm() -> Firm:
    return make_firm()


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is queued is looked at, not run: drawing and mailing have their own tests."""
    monkeypatch.setattr("apps.reports.tasks.prepare_edition.delay", lambda _edition: None)


@pytest.fixture
def quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendering has its own tests; here it would only cost a second each time."""

    def render(_figures: object, *, language: str, mark: str) -> bytes:
        return f"%PDF {language} {mark}".encode()

    monkeypatch.setattr("apps.reports.services.weekly_pdf", render)
    monkeypatch.setattr("apps.reports.selectors.weekly_pdf", render)


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def address(firm: Firm, name: str = "weekly_report", week: Any = W40) -> str:
    return reverse(name, args=[firm.team.slug, week])


def persona(role: str, firm: Firm) -> Member:
    if role == "lead":
        return firm.lead
    if role == "rep":
        return firm.anna
    if role == "other manager":
        other = make_member(AccessRole.MANAGER)
        make_team(lead=other)
        return other
    return make_member(AccessRole(role))


@pytest.mark.parametrize(
    ("role", "reading", "sending"),
    [
        ("lead", 200, 302),
        ("director", 200, 302),
        ("admin", 200, 302),
        ("analyst", 200, 403),
        ("rep", 404, 404),
        ("other manager", 404, 404),
        ("hr", 404, 404),
    ],
)
def test_who_reads_and_who_sends(
    firm: Firm, quick_pdf: None, role: str, reading: int, sending: int
) -> None:
    client = signed_in(persona(role, firm))

    assert client.get(address(firm)).status_code == reading
    assert client.get(address(firm, "weekly_report_pdf")).status_code == reading
    assert client.post(address(firm, "weekly_report_send")).status_code == sending
    assert Edition.objects.exists() == (sending == 302)


@pytest.mark.parametrize("name", ["weekly_report", "weekly_report_pdf"])
def test_stranger_is_asked_to_sign_in(firm: Firm, name: str) -> None:
    answer = Client().get(address(firm, name))

    assert answer.status_code == 302
    assert reverse("account_login") in answer["Location"]


def test_page_says_the_weeks_figures(firm: Firm) -> None:
    page = signed_in(firm.lead).get(address(firm)).content.decode()

    assert "Revenue reached €4.0k, 11% under the week before." in page
    assert "Of 4 closed opportunities 3 were won (75%)." in page
    assert "No opportunity has an expected close in W41." in page
    assert "Central 华东" in page
    assert "Draft, not sent" in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert "Send by mail" in page
    assert "style=" not in page.split('id="main"')[1]


def test_analyst_is_offered_no_sending(firm: Firm) -> None:
    page = signed_in(make_member(AccessRole.ANALYST)).get(address(firm)).content.decode()

    assert "Send by mail" not in page


@pytest.mark.parametrize("week", ["2017-W53", "2017-W00", "0001-W01", "2017-40"])
def test_week_that_does_not_exist_is_not_found(firm: Firm, week: str) -> None:
    answer = signed_in(firm.lead).get(f"/reports/weekly/{firm.team.slug}/{week}/")

    assert answer.status_code == 404


@time_machine.travel("2017-10-04 10:00:00+00:00", tick=False)
def test_week_to_come_is_not_found_and_running_week_cannot_be_sent(
    firm: Firm, quick_pdf: None
) -> None:
    client = signed_in(firm.lead)

    assert client.get(address(firm, week=W41)).status_code == 404
    page = client.get(address(firm)).content.decode()
    assert "The week is not over: figures up to 4 Oct 2017" in page
    assert client.post(address(firm, "weekly_report_send")).status_code == 422
    assert not Edition.objects.exists()


def test_sending_stores_one_edition_and_one_mail_however_often_it_is_pressed(
    firm: Firm, quick_pdf: None
) -> None:
    client = signed_in(firm.lead)

    for _ in range(3):
        answer = client.post(address(firm, "weekly_report_send"))
        assert answer["Location"] == address(firm)

    edition = Edition.objects.get()
    delivery = Delivery.objects.get()
    assert (edition.team, edition.week, edition.language) == (firm.team, W40, "en")
    assert (edition.made_by, edition.figures["results"]["revenue"]) == (firm.lead, "4000.00")
    assert (delivery.member, delivery.state) == (firm.lead, PREPARING)
    assert not edition.pdf
    entry = AuditEntry.objects.get(action="edition.send")
    assert (entry.by, entry.details["week"]) == (firm.lead, "2017-W40")


def test_sending_starts_after_the_commit(
    firm: Firm, quick_pdf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(
        "apps.reports.tasks.prepare_edition.delay",
        lambda edition: seen.append(Delivery.objects.filter(edition=edition).count()),
    )

    signed_in(firm.lead).post(address(firm, "weekly_report_send"))

    assert seen == [1]


def test_page_says_that_a_report_is_being_prepared_and_asks_again(
    firm: Firm, quick_pdf: None
) -> None:
    client = signed_in(firm.lead)
    client.post(address(firm, "weekly_report_send"))

    page = client.get(address(firm)).content.decode()
    assert "Being prepared" in page
    assert 'hx-trigger="every 5s"' in page
    assert "Being prepared" in client.get(reverse("reports")).content.decode()
    assert client.get(address(firm, "weekly_report_pdf")).content == b"%PDF en sent"

    services.edition_prepare(edition_id=Edition.objects.get().pk)
    OutgoingMail.objects.update(state=MailState.SENT)
    page = client.get(address(firm)).content.decode()
    assert "Being prepared" not in page
    assert 'hx-trigger="every' not in page


def test_sent_edition_is_served_byte_for_byte_whatever_changes(firm: Firm) -> None:
    stored = make_edition(firm.team, pdf=b"%PDF as it was sent")
    make_order(member=firm.anna, value="50000", on=date(2017, 10, 4))
    client = signed_in(firm.lead)

    answer = client.get(address(firm, "weekly_report_pdf"))
    page = client.get(address(firm)).content.decode()

    assert answer.content == b"%PDF as it was sent"
    assert answer["Content-Type"] == "application/pdf"
    name = f"weekly-report-{firm.team.slug}-2017-W40.pdf"
    assert answer["Content-Disposition"] == f'inline; filename="{name}"'
    assert "€94.3k" in page  # the stored figures, not today's
    assert "As sent" in page
    assert stored.figures["results"]["revenue"] == "94321.50"


def test_reader_of_another_language_gets_the_figures_that_were_sent(
    firm: Firm, quick_pdf: None
) -> None:
    make_edition(firm.team, language="zh-hans")
    client = signed_in(firm.lead)

    assert client.get(address(firm, "weekly_report_pdf")).content == b"%PDF en translation"
    assert "€94.3k" in client.get(address(firm)).content.decode()


def test_page_shows_who_got_it_and_offers_to_send_what_is_in_doubt_again(firm: Firm) -> None:
    edition = make_edition(firm.team)
    delivery = make_delivery(firm.lead, edition, state=MailState.UNCONFIRMED)
    client = signed_in(firm.lead)

    page = client.get(address(firm)).content.decode()
    again = reverse("delivery_send_again", args=[delivery.pk])
    assert "Unconfirmed" in page
    assert again in page
    assert client.post(again).status_code == 302
    assert mail_of(delivery).state == MailState.WAITING
    assert again not in client.get(address(firm)).content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [("other manager", 404), ("rep", 404), ("analyst", 403)]
)
def test_outsider_cannot_have_a_mail_sent_again(firm: Firm, role: str, status: int) -> None:
    edition = make_edition(firm.team)
    delivery = make_delivery(firm.lead, edition, state=MailState.FAILED)

    answer = signed_in(persona(role, firm)).post(reverse("delivery_send_again", args=[delivery.pk]))

    assert answer.status_code == status
    assert mail_of(delivery).state == MailState.FAILED


def test_root_team_goes_to_the_directors_too_each_in_their_language(quick_pdf: None) -> None:
    boss = make_member(AccessRole.MANAGER, name="Root lead")
    root = make_team(lead=boss, name="总公司")
    firm = make_firm(parent=root)
    director = make_member(AccessRole.DIRECTOR, language="zh-hant")
    make_member(AccessRole.DIRECTOR, name="Gone").delete()

    services.edition_send(team=root, week=W40, by=None)
    services.edition_send(team=firm.team, week=W40, by=None)

    mailed = {
        (row.edition.team, row.edition.language, row.member) for row in Delivery.objects.all()
    }
    assert mailed == {
        (root, "en", boss),
        (root, "zh-hant", director),
        (firm.team, "en", firm.lead),
    }
    figures = [one.figures for one in Edition.objects.filter(team=root)]
    assert figures[0] == figures[1]
    assert figures[0]["results"]["revenue"] == "4000.00"


def test_reader_who_changes_language_gets_no_second_mail(firm: Firm, quick_pdf: None) -> None:
    services.edition_send(team=firm.team, week=W40, by=None)
    firm.lead.language = "zh-hans"
    firm.lead.save()

    sending = services.edition_send(team=firm.team, week=W40, by=None)

    assert sending.made == []
    assert Delivery.objects.count() == 1


def test_new_lead_gets_the_figures_that_the_old_one_got(firm: Firm, quick_pdf: None) -> None:
    services.edition_send(team=firm.team, week=W40, by=None)
    make_order(member=firm.anna, value="50000", on=date(2017, 10, 4))
    firm.team.lead = make_member(AccessRole.MANAGER, language="zh-hans")
    firm.team.save()

    services.edition_send(team=firm.team, week=W40, by=None)

    revenues = [Decimal(one.figures["results"]["revenue"]) for one in Edition.objects.all()]
    assert revenues == [Decimal(4000), Decimal(4000)]


def test_list_shows_editions_of_visible_teams_and_opens_a_chosen_week(firm: Firm) -> None:
    make_edition(firm.team)
    hidden = make_team(name="Hidden")
    make_edition(hidden)
    client = signed_in(firm.lead)

    page = client.get(reverse("reports")).content.decode()
    chosen = client.get(reverse("reports"), {"team": firm.team.slug, "week": "2020-W53"})

    assert "2017-W40" in page
    assert address(firm) in page
    assert "Hidden" not in page
    assert chosen["Location"] == f"/reports/weekly/{firm.team.slug}/2020-W53/"
    assert client.get(reverse("reports"), {"team": hidden.slug}).status_code == 404
    assert client.get(reverse("reports"), {"cursor": "nonsense"}).status_code == 404


@pytest.mark.parametrize("role", ["rep", "hr"])
def test_role_without_team_figures_has_no_list(firm: Firm, role: str) -> None:
    assert signed_in(persona(role, firm)).get(reverse("reports")).status_code == 404


def test_list_costs_the_same_however_long_it_is(firm: Firm, django_assert_num_queries: Any) -> None:
    client = signed_in(firm.lead)
    client.get(reverse("reports"))  # what the first page of a session costs once
    counts = []
    for weeks in (2, 20):
        for number in range(Edition.objects.count() + 1, weeks + 1):
            edition = make_edition(firm.team, week=_week(number))
            make_delivery(firm.lead, edition)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("reports"))
        counts.append(len(asked))

    assert counts[0] == counts[1]


def _week(number: int) -> Any:
    return parse_period(f"2017-W{number:02d}")
