"""The history of a record on its page: for whoever may open it, naming nobody they may not know."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.services import audit_record
from apps.customers.models import Customer
from apps.funnel.services import opportunity_move
from apps.members.models import AccessRole, Member
from tests.factories import level, make_customer, make_member, make_opportunity, make_team, noon
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def lead() -> Member:
    return make_member(AccessRole.MANAGER, name="Lena Lead")


@pytest.fixture
def mia(lead: Member) -> Member:
    return make_member(team=make_team(name="East", lead=lead), name="Mia Petersen")


@pytest.fixture
def jonas() -> Member:
    return make_member(team=make_team(name="West"), name="Jonas Weber")


def shown(user: Member, kind: str, record: Any, **headers: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse("record_history", args=[kind, record.pk]), headers=headers)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_move_is_told_in_words(mia: Member) -> None:
    opportunity = make_opportunity(("E", DAY), owner=mia, customer=make_customer(name="Hart"))
    opportunity_move(opportunity=opportunity, to=level("D"), by=mia, at=noon(DAY))

    html = shown(mia, "opportunity", opportunity)

    before, after = str(level("E")), str(level("D"))
    assert "<b>Mia Petersen</b> moved <b>Line · Hart</b> from" in html
    assert f"from {before} to {after}" in html
    assert "opened the opportunity" in html


def test_whoever_may_not_open_the_record_finds_no_history(mia: Member, jonas: Member) -> None:
    customer = make_customer(owner=mia)
    client = Client()
    address = reverse("record_history", args=["customer", customer.pk])

    assert client.get(address).status_code == 302
    for stranger in (jonas, make_member(AccessRole.HR)):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
    client.force_login(mia)
    assert client.get(address).status_code == 200
    assert client.get(reverse("record_history", args=["starship", 1])).status_code == 404
    assert client.get(reverse("record_history", args=["customer", 10**12])).status_code == 404
    assert client.get(address, {"page": "nonsense"}).status_code == 404


def test_names_that_the_reader_does_not_know_are_left_out(
    mia: Member, jonas: Member, lead: Member
) -> None:
    secret = make_customer(name="Secret GmbH", owner=jonas)
    customer = make_customer(name="Hart", owner=mia)
    changes: dict[str, Any] = {"owner": [jonas, mia], "parent": [secret, None]}
    audit_record(by=jonas, action="customer.assign", record=customer, changes=changes)
    audit_record(
        by=lead, action="customer.assign", record=customer, changes={"name": ["H", "Hart"]}
    )

    as_mia, as_director = (
        shown(reader, "customer", customer) for reader in (mia, make_member(AccessRole.DIRECTOR))
    )

    assert "Jonas" not in as_mia
    assert "Secret" not in as_mia
    assert "A colleague" in as_mia
    assert "Mia Petersen" in as_mia
    assert "<b>Lena Lead</b>" in as_mia  # everybody knows who leads them
    assert "<b>Jonas Weber</b>" in as_director
    assert "Secret GmbH" in as_director


def test_where_somebody_sat_is_for_the_log_alone(mia: Member) -> None:
    from apps.core.origin import Origin, origin_scope  # noqa: PLC0415 - of this case only

    customer = make_customer(owner=mia)
    with origin_scope(Origin("web", "203.0.113.7")):
        audit_record(by=mia, action="customer.assign", record=customer)

    assert "203.0.113.7" not in shown(mia, "customer", customer)


def test_a_bulk_operation_stands_in_the_history_of_each_of_its_records(mia: Member) -> None:
    touched, other = make_customer(owner=mia), make_customer(owner=mia)
    audit_record(by=mia, action="customer.assign", record=Customer, rows=[touched.pk])

    assert "gave customers another owner" in shown(mia, "customer", touched)
    assert "No change is on record" in shown(mia, "customer", other)


def test_a_members_history_tells_of_their_teams_too(mia: Member) -> None:
    html = shown(make_member(AccessRole.HR), "member", mia)

    assert "put Mia Petersen into the team East" in html
    assert "as a member" in html


def test_the_panel_is_short_and_leads_to_the_whole(mia: Member) -> None:
    customer = make_customer(owner=mia)
    for number in range(30):
        audit_record(
            by=mia,
            action="customer.assign",
            record=customer,
            changes={"name": [number, number + 1]},
        )
    address = reverse("record_history", args=["customer", customer.pk])

    panel = shown(mia, "customer", customer, HX_Request="true")
    whole = shown(mia, "customer", customer)

    assert "<html" not in panel
    assert panel.count("<li>") == 8
    assert f'href="{address}"' in panel
    assert whole.count('<span class="dot">') == 25
    assert 'rel="next"' in whole


@pytest.mark.parametrize("name", ["customer", "opportunity"])
def test_the_page_of_a_record_asks_for_its_history(mia: Member, name: str) -> None:
    customer = make_customer(owner=mia)
    record = customer if name == "customer" else make_opportunity(("E", DAY), owner=mia)
    client = Client()
    client.force_login(mia)

    html = client.get(reverse(name, args=[record.pk])).content.decode()

    assert f'hx-get="/history/{name}/{record.pk}/"' in html


def test_a_history_takes_as_many_queries_for_2_entries_as_for_20(
    client: Client, mia: Member, jonas: Member
) -> None:
    customer = make_customer(owner=mia)
    client.force_login(mia)
    address = reverse("record_history", args=["customer", customer.pk])

    def more(count: int) -> None:
        for _ in range(count):
            changes = {"owner": [jonas, mia]}
            audit_record(by=jonas, action="customer.assign", record=customer, changes=changes)

    more(2)
    client.get(address)  # the first visit writes the session
    few = queries_of(client, address)
    more(20)

    assert len(queries_of(client, address)) == len(few)
