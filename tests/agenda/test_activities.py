"""The list of activities: filters, scope, pages by key, columns, its file."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.activities.models import Activity
from apps.agenda import querysets
from apps.agenda.day import begins
from apps.agenda.selectors import activities_seen
from apps.core.paging import Order, keyset_page
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from tests.access.test_scope_plans import plan_of
from tests.factories import make_customer, make_member, make_opportunity, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

D = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def director(client: Client) -> Member:
    director = make_member(AccessRole.DIRECTOR, time_zone="Europe/Berlin")
    client.force_login(director)
    return director


def talk(customer: Customer, member: Member, **said: Any) -> Activity:
    facts = {"channel": "call", "outcome": "reached", "at": D, **said}
    return Activity.objects.create(customer=customer, member=member, **facts)


def listed(client: Client, **query: object) -> list[str]:
    asked = {key.rstrip("_"): str(value) for key, value in query.items()}
    response = client.get(reverse("activities"), {**asked, "columns": "note"})
    assert response.status_code == 200, response.content.decode()
    return re.findall(r'data-label="Note">([^<]*)<', response.content.decode())


def test_each_parameter_narrows_to_its_rows(client: Client, director: Member) -> None:
    top = make_team()
    rep, other = make_member(team=make_team(parent=top)), make_member(team=make_team())
    acme, bolt = make_customer(owner=rep, name="Acme"), make_customer(owner=other, name="Bolt")
    deal = make_opportunity(("C", D.date()), owner=rep, customer=acme)
    talk(acme, rep, note="one", at=D, outcome="no_answer")
    talk(acme, rep, note="two", at=D + timedelta(days=1), opportunity=deal, direction="in")
    talk(bolt, other, note="three is ACME-like", at=D + timedelta(days=2), channel="visit")
    talk(bolt, director, note="four", at=D + timedelta(days=3), outcome="agreed")

    assert listed(client) == ["four", "three is ACME-like", "two", "one"]
    assert listed(client, sort="at") == ["one", "two", "three is ACME-like", "four"]
    assert listed(client, q="acme") == ["three is ACME-like", "two", "one"]
    assert listed(client, member=rep.pk) == ["two", "one"]
    assert listed(client, member="me") == ["four"]
    assert listed(client, team=top.slug) == ["two", "one"]
    assert listed(client, channel="visit") == ["three is ACME-like"]
    assert listed(client, outcome="agreed") == ["four"]
    assert listed(client, direction="in") == ["two"]
    assert listed(client, reached="no") == ["one"]
    assert listed(client, reached="yes") == ["four", "three is ACME-like", "two"]
    assert listed(client, opportunity=deal.pk) == ["two"]
    assert listed(client, customer=acme.pk) == ["two", "one"]
    assert listed(client, from_="2026-03-11", to="2026-03-12") == ["three is ACME-like", "two"]


def test_days_are_those_of_the_reader(client: Client, director: Member) -> None:
    acme = make_customer(owner=director)
    talk(acme, director, note="late", at=datetime(2026, 3, 10, 22, 59, tzinfo=UTC))
    talk(acme, director, note="next", at=datetime(2026, 3, 10, 23, 0, tzinfo=UTC))

    assert listed(client, to="2026-03-10") == ["late"]
    assert listed(client, from_="2026-03-11") == ["next"]
    director.time_zone = "UTC"
    director.save()
    assert listed(client, to="2026-03-10") == ["next", "late"]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "yesterday"},
        {"member": "0"},
        {"team": "none"},
        {"channel": "pigeon"},
        {"reached": "perhaps"},
        {"opportunity": "x"},
    ],
)
def test_bad_values_get_a_message_and_no_rows(
    client: Client, director: Member, query: dict[str, str]
) -> None:
    talk(make_customer(), director)

    response = client.get(reverse("activities"), query)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert 'data-figure="count"' not in response.content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_end_of_the_calendar_are_no_error(
    client: Client, director: Member, day: str
) -> None:
    talk(make_customer(), director, note="x")

    assert listed(client, from_=day) == (["x"] if day < "2" else [])
    assert listed(client, to=day) == (["x"] if day > "2" else [])


def test_a_rep_sees_activities_of_own_customers_and_the_pool(client: Client) -> None:
    team = make_team()
    rep, mate = make_member(team=team), make_member(team=team)
    talk(make_customer(owner=rep), mate, note="mine now")
    talk(make_customer(), mate, note="pooled")
    talk(make_customer(owner=mate), rep, note="theirs now")
    deal = make_opportunity(("C", D.date()), owner=mate, name="Secret deal")
    client.force_login(rep)

    html = client.get(reverse("activities"), {"q": "theirs"}).content.decode()

    assert sorted(listed(client)) == ["mine now", "pooled"]
    assert listed(client, q="theirs") == []
    assert "theirs now" not in html
    assert client.get(reverse("activities"), {"opportunity": deal.pk}).status_code == 422
    assert client.get(reverse("activities_count")).content == b"2"
    assert client.get(reverse("activities_export")).status_code == 404


def test_an_opportunity_of_somebody_else_is_not_named(client: Client) -> None:
    team = make_team()
    rep, mate = make_member(team=team), make_member(team=team)
    acme = make_customer(owner=rep)
    deal = make_opportunity(("C", D.date()), owner=mate, customer=acme, name="Secret deal")
    talk(acme, mate, opportunity=deal)
    client.force_login(rep)

    html = client.get(reverse("activities"), {"columns": "opportunity"}).content.decode()

    assert "Secret deal" not in html


def test_texts_are_escaped_and_long_notes_shortened(client: Client, director: Member) -> None:
    acme = make_customer(name="<b>Acme</b>")
    talk(acme, director, note="<script>x</script>" + "word " * 100)

    html = client.get(reverse("activities")).content.decode()

    assert "<script>x" not in html
    assert "&lt;b&gt;Acme" in html
    assert "…</td>" in html


def test_pages_go_on_by_key_with_equal_times(client: Client, director: Member) -> None:
    acme = make_customer()
    for number in range(60):
        talk(acme, director, note=f"n{number}")

    address, seen = reverse("activities") + "?columns=note", []
    while address:
        html = client.get(address).content.decode()
        seen += re.findall(r'data-label="Note">([^<]*)<', html)
        found = re.search(r'rel="next" href="([^"]*)"', html)
        address = found[1].replace("&amp;", "&") if found else ""

    assert seen == [f"n{number}" for number in reversed(range(60))]


def test_the_list_asks_the_same_number_of_queries_for_2_rows_and_for_20(
    client: Client, director: Member
) -> None:
    def more(number: int) -> None:
        for index in range(number):
            rep = make_member(team=make_team())
            acme = make_customer(owner=rep)
            deal = make_opportunity(("C", D.date()), owner=rep, customer=acme)
            contact = Contact.objects.create(customer=acme, name=f"C {index}")
            talk(acme, rep, opportunity=deal, contact=contact, note="x")

    address = reverse("activities") + "?columns=member,customer,contact,opportunity,note"
    more(2)
    few = queries_of(client, address)
    more(18)
    many = queries_of(client, address)

    assert len(many) == len(few)
    assert len(many) <= 15


def test_a_view_can_be_saved_and_columns_are_remembered(client: Client, director: Member) -> None:
    talk(make_customer(), director, note="x")

    form = client.get(reverse("saved_view_new"), {"page": "activities", "query": "channel=call"})
    made = client.post(
        reverse("saved_view_new"),
        {"page": "activities", "query": "channel=call", "name": "Calls", "sharing": "own"},
    )
    chosen = client.post(
        reverse("list_columns"), {"page": "activities", "column": ["note", "direction"]}
    )
    html = client.get(reverse("activities")).content.decode()

    assert form.status_code == 200
    assert made["Location"].startswith("/activities/?channel=call&view=")
    assert chosen["Location"] == "/activities/"
    assert re.findall(r'data-label="(\w+)"', html) == ["Note", "Direction"]
    assert "Calls" in html
    assert client.get(reverse("activity_columns")).status_code == 200


def test_the_file_has_every_row_and_no_contact_data(client: Client, director: Member) -> None:
    acme = make_customer(name="Acme")
    anna = Contact.objects.create(customer=acme, name="Anna", phone="+49 30 1", email="a@b.example")
    for number in range(30):
        talk(acme, director, contact=anna, note=f"=n{number}", minutes=5)

    response = client.get(reverse("activities_export"), {"file": "csv", "channel": "call"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))

    assert len(rows) == 30
    assert rows[0]["Day"] == "2026-03-10"
    assert rows[0]["Time"] == "10:00"
    assert rows[0]["Contact"] == "Anna"
    assert rows[0]["Note"] == "'=n29"
    assert "+49 30" not in text
    assert "a@b.example" not in text
    assert client.get(reverse("activities_export"), {"file": "xlsx"}).status_code == 200


def test_an_empty_list_says_how_it_fills(client: Client, director: Member) -> None:
    assert "No activities yet" in client.get(reverse("activities")).content.decode()


# ── Plans ────────────────────────────────────────────────────────────────────────────────────────

ROWS = 6_000


@pytest.fixture
def filled(director: Member) -> Member:
    """Many activities of one person, and a rep with few."""
    rep = make_member(team=make_team())
    theirs = Customer.objects.bulk_create(
        Customer(name=f"C {n:05}", owner=director) for n in range(ROWS // 10)
    )
    Activity.objects.bulk_create(
        Activity(customer=theirs[n % len(theirs)], member=director, channel="call",
                 outcome="reached", at=D + timedelta(minutes=n), note=f"note {n:05}")
        for n in range(ROWS)
    )  # fmt: skip
    talk(make_customer(owner=rep), rep, note="mine")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE activities_activity")
        cursor.execute("ANALYZE customers_customer")
    return rep


def indexes(rows: Any) -> tuple[set[str], set[str]]:
    """Names of the indexes that a plan reads, and the tables that it reads whole."""
    plan = plan_of(rows)
    used = {node["Index Name"] for node in plan if "Index Name" in node}
    whole = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
    return used, whole


def test_the_latest_and_every_later_page_come_from_an_index(
    filled: Member, director: Member
) -> None:
    rows = activities_seen(director)
    latest = rows.order_by("-at", "-pk")[:26]
    page = keyset_page(rows, order=[Order("at", descending=True)])
    later = keyset_page(rows, order=[Order("at", descending=True)], cursor=page.next_cursor)

    used, whole = indexes(latest)

    assert "activity_latest" in used
    assert "activities_activity" not in whole
    assert later.rows[0].at < page.rows[-1].at


def test_words_in_notes_come_from_an_index(filled: Member, director: Member) -> None:
    with connection.cursor() as cursor:
        # 6,000 notes are read as fast as an index; what counts is that the index can serve.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SELECT gin_clean_pending_list('activity_note_search')")
        cursor.execute("ANALYZE activities_activity")
    used, whole = indexes(activities_seen(director).saying("note 04711").order_by())

    assert "activity_note_search" in used
    assert "activities_activity" not in whole


def test_a_text_that_many_have_is_found_along_the_list(
    filled: Member, director: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = activities_seen(director).saying("note 04711")
    monkeypatch.setattr(querysets, "MANY", 100)
    common = activities_seen(director).saying("note 0")
    by_name = activities_seen(director).saying("c 0000")

    used, whole = indexes(common.order_by("-at", "-pk")[:26])

    assert "activity_latest" in used
    assert "activities_activity" not in whole
    assert (rare.count(), common.count(), by_name.count()) == (1, ROWS, 100)


def test_few_of_many_come_from_an_index(filled: Member) -> None:
    used, whole = indexes(activities_seen(filled).order_by("-at", "-pk")[:26])

    assert "activities_activity" not in whole
    assert used


def test_a_day_begins_where_the_clock_says_so() -> None:
    assert begins(D.date(), ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 9, 23, tzinfo=UTC)
