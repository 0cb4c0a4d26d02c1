"""The order list by its filters, the order page, and the panels of other pages."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.members.models import AccessRole, Member
from tests.factories import (
    make_customer,
    make_line,
    make_member,
    make_opportunity,
    make_order,
    make_team,
)
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

D = date(2026, 3, 10)


def day(number: int) -> date:
    return D + timedelta(days=number)


@pytest.fixture
def director(client: Client) -> Member:
    director = make_member(AccessRole.DIRECTOR)
    client.force_login(director)
    return director


def listed(client: Client, **query: object) -> list[str]:
    response = client.get(reverse("orders"), {key: str(value) for key, value in query.items()})
    assert response.status_code == 200
    html = response.content.decode()
    return re.findall(r'<th[^>]*class="span"><a href="/orders/\d+/">([^<]*)</a>', html)


def test_each_parameter_narrows_to_its_rows(client: Client, director: Member) -> None:
    top = make_team()
    rep, other = make_member(team=make_team(parent=top)), make_member(team=make_team())
    acme, films = make_customer(name="Acme"), make_line("Films")
    make_order(member=rep, value=10, on=day(0), number="A-1", customer=acme)
    make_order(member=rep, value=30, on=day(1), number="A-2", line=films)
    make_order(member=other, value=-20, on=day(2), number="B-1")

    assert listed(client) == ["B-1", "A-2", "A-1"]
    assert listed(client, team=top.slug) == ["A-2", "A-1"]
    assert listed(client, member=other.pk) == ["B-1"]
    assert listed(client, line=films.pk) == ["A-2"]
    assert listed(client, customer=acme.pk) == ["A-1"]
    assert listed(client, **{"from": day(1), "to": day(1)}) == ["A-2"]
    assert listed(client, q="a-") == ["A-2", "A-1"]
    assert listed(client, q="-1") == []
    assert listed(client, q="cme") == ["A-1"]
    assert listed(client, sort="-value") == ["A-2", "A-1", "B-1"]
    assert 'data-figure="value">€20<' in client.get(reverse("orders")).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "31.12.2026"},
        {"line": "none"},
        {"member": "0"},
    ],
)
def test_bad_values_get_a_message_and_no_rows(
    client: Client, director: Member, query: dict[str, str]
) -> None:
    make_order(member=make_member(team=make_team()), value=10, on=day(0))

    response = client.get(reverse("orders"), query)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert 'data-figure="count"' not in response.content.decode()


def test_the_list_asks_the_same_number_of_queries_for_2_rows_and_for_20(
    client: Client, director: Member
) -> None:
    def more(number: int) -> None:
        for index in range(number):
            make_order(
                member=make_member(team=make_team()),
                value=10,
                on=day(index),
                customer=make_customer(),
                line=make_line(f"Line {index}"),
            )

    more(2)
    few = queries_of(client, reverse("orders"))
    more(18)
    many = queries_of(client, reverse("orders"))

    assert len(many) == len(few)
    assert len(many) <= 9


def test_the_page_shows_profit_only_where_the_cost_is_known(
    client: Client, director: Member
) -> None:
    rep = make_member(team=make_team())
    known = make_order(member=rep, value=200, on=day(0), cost=Decimal(150))
    unknown = make_order(member=rep, value=200, on=day(0))

    with_cost = client.get(reverse("order", args=[known.pk])).content.decode()
    without = client.get(reverse("order", args=[unknown.pk])).content.decode()

    assert "€50" in with_cost
    assert "25.0%" in with_cost
    assert without.count("no data") == 3


def test_an_opportunity_one_may_not_see_is_not_named_on_the_order(client: Client) -> None:
    team = make_team()
    rep, colleague = make_member(team=team), make_member(team=team)
    theirs = make_opportunity(("C", day(0)), owner=colleague, name="Secret deal")
    order = make_order(member=rep, value=10, on=day(1), opportunity=theirs)
    client.force_login(rep)

    html = client.get(reverse("order", args=[order.pk])).content.decode()

    assert "Secret deal" not in html
    assert f"/opportunities/{theirs.pk}/" not in html


@time_machine.travel("2026-03-10T12:00:00Z", tick=False)
def test_revenue_of_12_months_is_that_of_the_rows_it_links_to(
    client: Client, director: Member
) -> None:
    rep, acme = make_member(team=make_team()), make_customer()
    for on, value in ((date(2025, 3, 10), 1000), (date(2025, 3, 11), 30), (date(2026, 3, 10), 70)):
        make_order(member=rep, value=value, on=on, customer=acme)

    html = client.get(reverse("customer_orders", args=[acme.pk])).content.decode()
    stat = re.search(r'id="figure-revenue".*?</div>', html, re.DOTALL)

    assert stat
    assert ">€100</a>" in stat[0]
    address = re.search(r'href="([^"]+)"', stat[0])
    assert address
    rows = client.get(address[1].replace("&amp;", "&")).content.decode()
    assert 'data-figure="count">2<' in rows
    assert 'data-figure="value">€100<' in rows
    assert "90.0%" in stat[0]


def test_no_order_at_all_is_no_data_not_zero(client: Client, director: Member) -> None:
    acme = make_customer()

    html = client.get(reverse("customer_orders", args=[acme.pk])).content.decode()

    assert "No order yet" in html
    stat = re.search(r'id="figure-revenue".*?</div>', html, re.DOTALL)
    assert stat
    assert "no data" in stat[0]
    assert "€0" not in stat[0]


def test_the_opportunity_page_brings_its_orders(client: Client, director: Member) -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("C", day(0)), ("won", day(2)), owner=rep)
    make_order(member=rep, value=10, on=day(2), number="W-1", opportunity=one)
    make_order(member=rep, value=10, on=day(2), number="W-2")

    html = client.get(reverse("opportunity_orders", args=[one.pk])).content.decode()

    assert "W-1" in html
    assert "W-2" not in html
