"""The panel on the customer's page, the figures, the answers and their file."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import AuditEntry, Organisation, OutgoingMail
from apps.customers.models import Contact, Customer, CustomerOwnerChangeKind
from apps.customers.services import customers_assign
from apps.members.models import AccessRole, Member, Team
from apps.satisfaction.links import survey_address
from apps.satisfaction.models import Survey, SurveyKind, SurveyState
from apps.satisfaction.scores import csat_of, nps_of
from apps.satisfaction.selectors import figures
from apps.satisfaction.services import survey_answer, survey_revoke
from apps.satisfaction.trend import months_between
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.fixture
def elsewhere() -> Member:
    return make_member(team=make_team(lead=make_member(AccessRole.MANAGER), name="West"), name="Wu")


def made(
    customer: Customer,
    kind: SurveyKind = SurveyKind.CSAT,
    score: int | None = None,
    at: datetime = DAY,
    **more: Any,
) -> Survey:
    """A survey as if it had been sent then, and answered the day after."""
    owner = customer.owner
    team = owner.memberships.first().team if owner else None  # type: ignore[union-attr]
    answered = None if score is None else at + timedelta(days=1)
    return Survey.objects.create(
        customer=customer,
        kind=kind,
        owner=owner,
        team=team,
        sent_at=at,
        expires_at=at + timedelta(days=30),
        answered_at=answered,
        score=score,
        **more,
    )


def asked(contact: Contact, /, **changes: str) -> dict[str, str]:
    known = {"contact": str(contact.pk), "kind": "csat", "way": "mail", "language": "en"}
    return known | changes


# ── The panel ────────────────────────────────────────────────────────────────────────────────────


def test_outsiders_find_no_panel_and_readers_ask_nobody(
    client: Client, customer: Customer, contact: Contact, elsewhere: Member
) -> None:
    address = reverse("customer_satisfaction", args=[customer.pk])

    client.force_login(elsewhere)
    assert client.get(address).status_code == 404
    assert client.post(address, asked(contact)).status_code == 404
    client.force_login(make_member(AccessRole.ANALYST))
    assert "Ask a contact" not in client.get(address).content.decode()
    assert client.post(address, asked(contact)).status_code == 403
    assert not Survey.objects.exists()


def test_asking_by_mail_sends_one_and_shows_the_open_survey(
    client: Client, customer: Customer, contact: Contact, rep: Member
) -> None:
    client.force_login(rep)
    address = reverse("customer_satisfaction", args=[customer.pk])

    html = client.post(address, asked(contact), headers={"HX-Request": "true"}).content.decode()

    assert OutgoingMail.objects.get().to == "eva@acme.example"
    assert "Waits for an answer" in html
    assert "The survey is on its way to Eva Lang." in html
    assert survey_address(Survey.objects.get()) in html


def test_a_link_is_made_for_a_contact_without_an_address(
    client: Client, customer: Customer, contact: Contact, rep: Member
) -> None:
    Contact.objects.update(email="")
    client.force_login(rep)
    address = reverse("customer_satisfaction", args=[customer.pk])

    refused = client.post(address, asked(contact))
    sent = client.post(address, asked(contact, way="link"), follow=True)

    assert refused.status_code == 422
    assert "Eva Lang has no email address" in refused.content.decode()
    assert sent.redirect_chain == [(address, 302)]
    assert survey_address(Survey.objects.get()) in sent.content.decode()
    assert not OutgoingMail.objects.exists()


def test_asking_again_too_early_needs_a_tick(
    client: Client, customer: Customer, contact: Contact, rep: Member, survey: Survey
) -> None:
    client.force_login(rep)
    address = reverse("customer_satisfaction", args=[customer.pk])

    early = client.post(address, asked(contact))
    assert early.status_code == 422
    assert "Eva Lang was asked on" in early.content.decode()
    assert 'name="is_confirmed"' in early.content.decode()
    assert Survey.objects.count() == 1

    assert client.post(address, asked(contact, is_confirmed="on")).status_code == 302
    assert Survey.objects.count() == 2


@pytest.mark.parametrize(
    "sent", [{"contact": "999999"}, {"kind": "x"}, {"way": "fax"}, {"language": "de"}]
)
def test_choices_that_there_are_not_are_refused(
    client: Client, customer: Customer, contact: Contact, rep: Member, sent: dict[str, str]
) -> None:
    client.force_login(rep)

    response = client.post(
        reverse("customer_satisfaction", args=[customer.pk]), asked(contact, **sent)
    )

    assert response.status_code == 422
    assert not Survey.objects.exists()


def test_contacts_who_left_are_not_offered(
    client: Client, customer: Customer, contact: Contact, rep: Member
) -> None:
    Contact.objects.update(is_former=True)
    client.force_login(rep)

    html = client.get(reverse("customer_satisfaction", args=[customer.pk])).content.decode()

    assert "No contact is known here whom you could ask" in html


def test_the_panel_shows_latest_answers_comments_and_what_is_open(
    client: Client, customer: Customer, contact: Contact, rep: Member, survey: Survey
) -> None:
    made(customer, score=2, comment="Late <b>twice</b>", contact=contact)
    made(customer, score=5, at=DAY + timedelta(days=9), contact=contact)
    made(customer, SurveyKind.NPS, 9, contact=contact)
    client.force_login(rep)

    html = client.get(reverse("customer_satisfaction", args=[customer.pk])).content.decode()

    latest = html[html.index("satisfaction-latest") : html.index("</dl>")]
    assert re.findall(r'<b class="num">(\d+)</b>', latest) == ["5", "9"]
    assert "Late &lt;b&gt;twice&lt;/b&gt;" in html
    assert "Promoter" in html
    assert survey_address(survey) in html


def test_readers_see_answers_but_no_link(
    client: Client, survey: Survey, customer: Customer
) -> None:
    client.force_login(make_member(AccessRole.ANALYST))

    html = client.get(reverse("customer_satisfaction", args=[customer.pk])).content.decode()

    assert "Waits for an answer" in html
    assert "/survey/" not in html
    assert "Take back" not in html


def test_an_open_survey_is_taken_back_by_its_button(
    client: Client, survey: Survey, rep: Member, elsewhere: Member
) -> None:
    address = reverse("survey_revoke", args=[survey.pk])

    client.force_login(elsewhere)
    assert client.post(address).status_code == 404
    client.force_login(rep)
    assert client.get(address).status_code == 405
    html = client.post(address, headers={"HX-Request": "true"}).content.decode()

    survey.refresh_from_db()
    assert survey.state is SurveyState.REVOKED
    assert "Taken back" in html
    assert "/survey/" not in html


def test_the_panel_costs_the_same_for_two_surveys_and_for_twenty(
    client: Client, customer: Customer, contact: Contact, rep: Member
) -> None:
    client.force_login(rep)
    counts = []
    for rows in (2, 18):
        for _number in range(rows):
            made(customer, score=4, contact=contact, by=rep)
        address = reverse("customer_satisfaction", args=[customer.pk])
        counts.append(len(queries_of(client, address)))

    assert counts[0] == counts[1]


# ── The figures ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def answers(customer: Customer, elsewhere: Member) -> None:
    other = make_customer(owner=elsewhere, name="Bolt Werke")
    for score in (5, 4, 2, None):
        made(customer, score=score)
    for score in (10, 9, 7, 3):
        made(customer, SurveyKind.NPS, score, DAY - timedelta(days=40))
    made(other, score=1)
    made(other, SurveyKind.NPS, 0)
    made(customer, revoked_at=DAY)


def stats(client: Client, **query: str) -> list[str]:
    html = client.get(reverse("satisfaction"), query).content.decode()
    part = html[html.index('class="stats') : html.index("</dl>", html.index('class="stats'))]
    return [
        re.sub(r"<[^>]+>", "", text).strip()
        for text in re.findall(r"<dd><a[^>]*>(.*?)</a>", part, re.DOTALL)
    ]


PERIOD = {"since": "2026-08-01", "until": "2026-10-31"}


def test_figures_are_those_of_the_customers_that_one_sees(
    client: Client, answers: None, rep: Member, elsewhere: Member
) -> None:
    client.force_login(rep)
    assert stats(client, **PERIOD) == ["3.7", "66.7%", "+25", "87.5%"]
    client.force_login(elsewhere)
    assert stats(client, **PERIOD) == ["1.0", "0.0%", "−100", "100.0%"]
    client.force_login(make_member(AccessRole.DIRECTOR))
    assert stats(client, **PERIOD) == ["3.0", "50.0%", "0", "90.0%"]
    client.force_login(make_member(AccessRole.HR))
    assert client.get(reverse("satisfaction")).status_code == 404


def test_without_answers_nothing_is_a_zero(client: Client, customer: Customer, rep: Member) -> None:
    client.force_login(rep)
    made(customer)

    html = client.get(reverse("satisfaction"), PERIOD).content.decode()

    assert html.count("no data") >= 3
    assert "0 of 1 sent" in html


def test_a_period_counts_by_the_day_of_sending(client: Client, answers: None, rep: Member) -> None:
    client.force_login(rep)

    assert stats(client, since="2026-10-05", until="2026-10-05")[:2] == ["3.7", "66.7%"]
    assert stats(client, since="2026-08-26", until="2026-08-26")[2] == "+25"
    html = client.get(reverse("satisfaction"), {"since": "2026-10-06"}).content.decode()
    assert "No survey was sent in this time" in html


def test_a_period_the_wrong_way_round_is_refused(client: Client, rep: Member) -> None:
    client.force_login(rep)

    response = client.get(reverse("satisfaction"), {"since": "2026-10-06", "until": "2026-10-05"})

    assert response.status_code == 422
    assert "This day lies before the first one." in response.content.decode()


def test_teams_and_owners_are_named_as_far_as_the_reader_knows_them(
    client: Client, answers: None, customer: Customer, rep: Member
) -> None:
    client.force_login(make_member(AccessRole.DIRECTOR))
    html = client.get(reverse("satisfaction"), PERIOD).content.decode()
    for name in ("East", "West", "Moritz Haas", ">Wu<"):
        assert name in html

    # The customer comes into the pool: others see its answers, but not whose they were.
    customers_assign(
        customers=[customer.pk], to=None, reason="", kind=CustomerOwnerChangeKind.RELEASE, by=rep
    )
    wu = Member.objects.get(name="Wu")
    client.force_login(wu)
    html = client.get(reverse("satisfaction"), PERIOD).content.decode()
    assert "Moritz Haas" not in html
    assert "East" not in html
    assert "Others" in html
    listed = client.get(reverse("satisfaction_answers")).content.decode()
    assert "Acme Logistik" in listed
    assert "Moritz Haas" not in listed


def test_a_team_takes_those_below_it(client: Client, answers: None, lead: Member) -> None:
    east = Team.objects.get(name="East")
    below = make_member(team=make_team(parent=east, name="Group"), name="Below")
    made(make_customer(owner=below), score=1)
    client.force_login(lead)

    assert stats(client, team=east.slug, **PERIOD)[0] == "3.0"
    group = Team.objects.get(name="Group")
    assert stats(client, team=group.slug, **PERIOD)[0] == "1.0"


def test_every_figure_opens_its_answers(client: Client, answers: None, rep: Member) -> None:
    client.force_login(rep)
    html = client.get(reverse("satisfaction"), PERIOD).content.decode()

    links = [
        link.replace("&amp;", "&")
        for link in re.findall(r'href="(/satisfaction/answers/\?[^"]*)"', html)
    ]
    counts = {}
    for link in links:
        page = client.get(link)
        assert page.status_code == 200
        counts[link.partition("until=2026-10-31")[2]] = count(page.content.decode())

    assert counts["&kind=csat&answer=answered"] == 3
    assert counts["&answer=satisfied"] == 2
    assert counts["&kind=nps&answer=answered"] == 4
    assert counts[""] == 8
    assert (counts["&answer=promoters"], counts["&answer=passives"]) == (2, 1)
    assert counts["&answer=detractors"] == 1


def count(html: str) -> int:
    found = re.search(r'data-figure="count">(\d+)<', html)
    return int(found[1]) if found else 0


def test_the_statement_counts_as_the_plain_functions_do(customer: Customer, rep: Member) -> None:
    csat, nps = [5, 3, None, 1, 4, 4], [0, 6, 7, 8, 9, 10, None, None]
    for number, score in enumerate(csat):
        made(customer, score=score, at=DAY - timedelta(days=20 * number))
    for number, score in enumerate(nps):
        made(customer, SurveyKind.NPS, score, DAY - timedelta(days=15 * number))

    found = figures(Survey.objects.visible_to(rep), rep, Organisation.current().zone)

    assert found.whole.csat == csat_of(csat)
    assert found.whole.nps == nps_of(nps)
    months = sum((tally.csat for tally in found.months.values()), csat_of([]))
    assert months == csat_of(csat)
    assert found.months[date(2026, 10, 1)].csat == csat_of([5])
    assert found.whole.csat.average == Decimal("3.4")


@pytest.mark.parametrize(
    ("first", "last", "count_"),
    [
        (date(2026, 10, 31), date(2026, 10, 1), 1),
        (date(2025, 12, 1), date(2026, 11, 22), 12),
        (date(2025, 11, 30), date(2026, 1, 1), 3),
    ],
)
def test_months_between_take_both_ends(first: date, last: date, count_: int) -> None:
    months = months_between(first, last)

    assert len(months) == count_
    assert (months[0].month, months[-1].month) == (first.month, last.month)
    assert all(month.day == 1 for month in months)


def test_the_figures_cost_the_same_for_two_answers_and_for_twenty(
    client: Client, rep: Member
) -> None:
    client.force_login(rep)
    counts = []
    for rows in (2, 18):
        for number in range(rows):
            made(
                make_customer(owner=rep),
                score=4,
                at=timezone.now() - timedelta(days=number),
                comment="x",
            )
        counts.append(len(queries_of(client, reverse("satisfaction"))))

    assert counts[0] == counts[1]


# ── The answers ──────────────────────────────────────────────────────────────────────────────────


def listed(client: Client, **query: str) -> list[str]:
    html = client.get(reverse("satisfaction_answers"), query).content.decode()
    return re.findall(r'<th[^>]*class="span"><a href="/customers/\d+/">([^<]*)</a>', html)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 8),
        ({"kind": "nps"}, 4),
        ({"answer": "unanswered"}, 1),
        ({"answer": "unsatisfied"}, 1),
        ({"q": "acme", "kind": "csat"}, 4),
        ({"q": "bolt"}, 0),
        ({"until": "2026-09-01"}, 4),
    ],
)
def test_answers_are_filtered(
    client: Client, answers: None, rep: Member, query: dict[str, str], expected: int
) -> None:
    client.force_login(rep)

    assert len(listed(client, **query)) == expected


def test_answers_sort_and_an_unknown_filter_is_refused(
    client: Client, answers: None, rep: Member
) -> None:
    client.force_login(rep)

    html = client.get(
        reverse("satisfaction_answers"), {"sort": "-score", "kind": "csat"}
    ).content.decode()
    assert re.findall(r"(\d) of 5", html) == ["5", "4", "2"]
    for query in ({"answer": "x"}, {"owner": "999999"}, {"team": "west"}):
        assert client.get(reverse("satisfaction_answers"), query).status_code == 422


def test_a_survey_taken_back_counts_nowhere(client: Client, survey: Survey, rep: Member) -> None:
    survey_revoke(survey=survey, by=rep)
    client.force_login(rep)

    assert listed(client) == []
    assert "No survey was sent in this time" in client.get(reverse("satisfaction")).content.decode()


def test_the_file_has_answers_and_comments_as_text(
    client: Client, survey: Survey, rep: Member
) -> None:
    survey_answer(survey=survey, score=2, comment="=1+1")
    client.force_login(make_member(AccessRole.DIRECTOR))

    response = client.get(reverse("satisfaction_export"))

    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, line = text.splitlines()
    assert head == "Customer,Contact,Question,Answer,Comment,State,Owner,Sent,Answered"
    assert line.startswith(
        "Acme Logistik,Eva Lang,Satisfaction (CSAT),2,'=1+1,Answered,Moritz Haas,"
    )
    assert AuditEntry.objects.get(action="export.surveys").details["count"] == 1
    client.force_login(rep)
    assert client.get(reverse("satisfaction_export")).status_code == 404


def test_the_list_costs_the_same_for_two_rows_and_for_twenty(
    client: Client, rep: Member, contact: Contact
) -> None:
    client.force_login(rep)
    counts = []
    for rows in (2, 18):
        for _number in range(rows):
            made(make_customer(owner=rep), score=4, contact=contact, by=rep)
        counts.append(len(queries_of(client, reverse("satisfaction_answers"))))

    assert counts[0] == counts[1]
