"""The opportunity list by its filters, and the opportunity page."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.funnel.models import Opportunity
from apps.members.models import AccessRole, Member
from tests.factories import (
    level,
    make_customer,
    make_line,
    make_member,
    make_opportunity,
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
    response = client.get(
        reverse("opportunities"), {key: str(value) for key, value in query.items()}
    )
    assert response.status_code == 200, response.content.decode()
    html = response.content.decode()
    found = re.findall(r'<th[^>]*class="span"><a href="/opportunities/\d+/">([^<]*)</a>', html)
    count = re.search(r'data-figure="count">([\d,]+)<', html)
    assert (int(count[1].replace(",", "")) if count else 0) == len(found)
    return found


def test_each_parameter_narrows_to_its_rows(client: Client, director: Member) -> None:
    top = make_team()
    team = make_team(parent=top)
    rep, other = make_member(team=team), make_member(team=make_team())
    acme = make_customer(name="Acme")
    make_opportunity(("E", day(0)), owner=rep, name="a", customer=acme, expected_close_on=day(40))
    make_opportunity(("E", day(1)), ("C", day(4)), owner=other, name="b")
    make_opportunity(("C", day(2)), ("won", day(6)), owner=rep, name="c", customer=acme)
    make_opportunity(("B", day(3)), ("lost", day(8)), owner=rep, name="d", customer=acme)

    assert listed(client) == ["d", "c", "b", "a"]
    assert listed(client, team=top.slug) == ["d", "c", "a"]
    assert listed(client, owner=other.pk) == ["b"]
    assert listed(client, state="open") == ["b", "a"]
    assert listed(client, state="lost") == ["d"]
    assert listed(client, level="C") == ["c", "b"]
    assert listed(client, level="C", state="open") == ["b"]
    assert listed(client, no_customer="1") == ["b"]
    assert listed(client, customer=acme.pk, state="won") == ["c"]
    assert listed(client, opened_from=day(1), opened_to=day(2)) == ["c", "b"]
    assert listed(client, closed_from=day(6), closed_to=day(8)) == ["d", "c"]
    assert listed(client, closed_from=day(7)) == ["d"]
    assert listed(client, expected_from=day(40), expected_to=day(40), state="open") == ["a"]
    assert listed(client, as_of=day(5), state="open") == ["d", "c", "b", "a"]
    assert listed(client, as_of=day(3), level="C", state="open") == ["c"]
    assert listed(client, as_of=day(6), level="C", state="open") == ["b"]
    assert listed(client, as_of=day(3), team=team.slug) == ["d", "c", "a"]
    assert listed(client, as_of=day(3), owner=other.pk) == ["b"]
    assert listed(client, entered="C", entered_from=day(3), entered_to=day(4)) == ["b"]
    assert listed(client, entered="A", entered_to=day(9)) == ["c"]
    assert listed(client, entered="A", entered_to=day(9), owner=other.pk) == []
    assert listed(client, entered="C", entered_to=day(9), team=top.slug) == ["c"]


@pytest.mark.parametrize(
    "query",
    [
        {"team": "nowhere"},
        {"owner": "x"},
        {"owner": "9" * 30},
        {"state": "asleep"},
        {"level": "Z"},
        {"as_of": "2026-02-30"},
        {"as_of": "today"},
        {"as_of": "2026-03-01", "state": "won"},
        {"closed_from": "2026-03-02", "closed_to": "2026-03-01"},
        {"entered_from": "2026-03-02"},
        {"entered": "C", "entered_from": "2026-03-02", "entered_to": "2026-03-01"},
        {"customer": "1 OR 1=1"},
        {"q": "\x00"},
    ],
)
def test_bad_values_get_a_message_and_no_rows(
    client: Client, director: Member, query: dict[str, str]
) -> None:
    make_opportunity(("E", day(0)), owner=make_member(team=make_team()), name="a")

    response = client.get(reverse("opportunities"), query)

    assert response.status_code == 422
    html = response.content.decode()
    assert 'role="alert"' in html
    assert "/opportunities/1" not in html
    assert 'data-figure="count"' not in html


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_all_are_days(
    client: Client, director: Member, as_of: str
) -> None:
    make_opportunity(("E", day(0)), owner=make_member(team=make_team()), name="a")

    assert listed(client, as_of=as_of) == ([] if as_of < "2026" else ["a"])


def test_search_finds_names_customers_and_exact_numbers(client: Client, director: Member) -> None:
    rep = make_member(team=make_team())
    acme = make_customer(name="Acme Logistik")
    make_opportunity(("E", day(0)), owner=rep, name="Pallets")
    make_opportunity(("E", day(1)), owner=rep, name="Boxes", customer=acme)
    Opportunity.objects.filter(name="Pallets").update(external_id="1C1I7A6R")

    assert listed(client, q="pall") == ["Pallets"]
    assert listed(client, q="logistik") == ["Boxes"]
    assert listed(client, q="1C1I7A6R") == ["Pallets"]
    assert listed(client, q="1C1I") == []


def test_count_and_sum_are_of_all_rows_not_of_the_page(client: Client, director: Member) -> None:
    rep = make_member(team=make_team())
    for number in range(27):
        make_opportunity(("E", day(0)), owner=rep, value=Decimal("10.10") if number else None)

    html = client.get(reverse("opportunities")).content.decode()

    assert 'data-figure="count">27<' in html
    assert 'data-figure="value">€262.60<' in html
    assert "26 with a value" in html
    assert len(re.findall(r'<a href="/opportunities/\d+/">', html)) == 25


def test_a_past_day_shows_level_value_and_days_of_that_day(
    client: Client, director: Member
) -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("E", day(0)), ("C", day(5)), owner=rep, value=None, name="a")
    Opportunity.objects.filter(pk=one.pk).update(value=Decimal(500))

    then = client.get(reverse("opportunities"), {"as_of": str(day(3))}).content.decode()
    now = client.get(reverse("opportunities"), {"as_of": str(day(6))}).content.decode()

    assert 'data-level="E"' in then
    assert "3 days" in then
    assert "€500" not in then
    assert 'data-level="C"' in now
    assert "1 day<" in now
    assert "€500" in now


def test_a_past_day_sorts_by_what_was_true_then(client: Client, director: Member) -> None:
    rep = make_member(team=make_team())
    make_opportunity(("A", day(0)), ("D", day(9)), owner=rep, name="high then", value=Decimal(1))
    make_opportunity(("B", day(0)), ("A", day(9)), owner=rep, name="low then", value=Decimal(9))

    assert listed(client, as_of=day(3), sort="-level") == ["high then", "low then"]
    assert listed(client, as_of=day(9), sort="-level") == ["low then", "high then"]
    assert listed(client, as_of=day(3), sort="-value") == ["low then", "high then"]


def test_stuck_asks_the_rule_of_the_metrics(client: Client, director: Member) -> None:
    rep = make_member(team=make_team())
    # Twenty that moved on after 2 days make the limit; one has stood for 30.
    for _number in range(20):
        make_opportunity(("E", day(0)), ("D", day(2)), ("lost", day(3)), owner=rep)
    make_opportunity(("E", day(0)), owner=rep, name="stuck")
    make_opportunity(("E", day(29)), owner=rep, name="fresh")

    assert listed(client, as_of=day(30), stuck="1", state="open") == ["stuck"]
    assert listed(client, as_of=day(30), stuck="1", level="D") == []


@pytest.mark.parametrize("query", [{}, {"as_of": "2026-03-20"}, {"q": "line"}])
def test_the_list_asks_the_same_number_of_queries_for_2_rows_and_for_20(
    client: Client, director: Member, query: dict[str, str]
) -> None:
    def more(number: int) -> None:
        for index in range(number):
            make_opportunity(
                ("E", day(0)),
                ("C" if index % 2 else "D", day(index)),
                owner=make_member(team=make_team()),
                customer=make_customer(name="Line"),
                line=make_line(f"Line {index}"),
            )

    address = reverse("opportunities") + "?" + "&".join(f"{k}={v}" for k, v in query.items())
    more(2)
    few = queries_of(client, address)
    more(18)
    many = queries_of(client, address)

    assert len(many) == len(few)
    assert len(many) <= 11


def test_the_page_tells_the_history_with_who_when_and_why(client: Client) -> None:
    rep = make_member(team=make_team(), name="Ada Park")
    one = make_opportunity(
        ("E", day(0)), ("C", day(5)), ("lost", day(9)), owner=rep, name="Pallets"
    )
    client.force_login(rep)

    html = client.get(reverse("opportunity", args=[one.pk])).content.decode()

    newest, oldest = (html.index(f'datetime="2026-03-{number}"') for number in (19, 10))
    assert newest < oldest
    for text in ("15 Mar 2026", "10 Mar 2026", "by Ada Park", "test", "passed over", "not reached"):
        assert text in html
    steps = re.findall(r'<li class="(done)?"( aria-current="step")?>', html)
    assert steps == [("done", ""), ("done", ""), ("", ' aria-current="step"'), ("", ""), ("", "")]
    assert "Customer missing" in html


def test_an_entry_without_a_known_day_is_at_least_so_old(client: Client, director: Member) -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("E", day(0)), owner=rep, name="a")
    one.level_changes.model.objects.create(
        opportunity=one, from_level=level("E"), to_level=level("D"), on=day(2),
        at=one.created_at, is_dated=False, owner=rep, team=one.team,
    )  # fmt: skip
    Opportunity.objects.update(level=level("D"), level_since_on=day(2))

    assert (
        "at least 5 days"
        in client.get(reverse("opportunities"), {"as_of": str(day(7))}).content.decode()
    )
    assert "for at least" in client.get(reverse("opportunity", args=[one.pk])).content.decode()
