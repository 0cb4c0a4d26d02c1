"""The audit log: who reads which part, how it is filtered, and what its sentences say."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.core.origin import Origin, origin_scope
from apps.core.services import audit_record
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db
PEOPLE = {"member.create", "team.create", "membership.start"}


@pytest.fixture
def admin() -> Member:
    return make_member(AccessRole.ADMIN, name="Katrin Albrecht", email="katrin@example.com")


@pytest.fixture
def log(client: Client, admin: Member) -> Callable[..., str]:
    """The log's page for the administrator, with filters."""
    client.force_login(admin)

    def page(**filters: Any) -> str:
        response = client.get(reverse("audit_log"), filters)
        assert response.status_code == 200
        return re.sub(r"\s+", " ", response.content.decode())

    return page


def count_of(html: str) -> int:
    found = re.search(r'data-figure="count">([\d,]+)<', html)
    return int(found[1].replace(",", "")) if found else 0


def entry(**fields: Any) -> AuditEntry:
    made: dict[str, Any] = {"action": "customer.assign", "kind": "customer", "object_id": 10**9}
    return AuditEntry.objects.create(**(made | fields))


def test_hr_reads_of_people_alone_and_nobody_else_reads_anything(admin: Member) -> None:
    mia = make_member(team=make_team(name="East"))
    audit_record(by=admin, action="customer.assign", record=make_customer())
    audit_record(by=mia, action="organisation.update", record=Customer)
    hr = make_member(AccessRole.HR)

    def actions(user: Any) -> set[str]:
        return set(AuditEntry.objects.visible_to(user).values_list("action", flat=True))

    assert actions(hr) == PEOPLE
    assert actions(admin) == PEOPLE | {"customer.assign", "organisation.update"}
    for role in (AccessRole.REP, AccessRole.MANAGER, AccessRole.DIRECTOR, AccessRole.ANALYST):
        assert actions(make_member(role)) == set()
    hr.is_active = False
    assert actions(hr) == set()


def test_hr_finds_no_kind_but_peoples_and_opens_no_other_entry(client: Client) -> None:
    hr = make_member(AccessRole.HR)
    hidden = entry()
    client.force_login(hr)

    html = client.get(reverse("audit_log")).content.decode()

    assert 'value="member"' in html
    assert 'value="customer"' not in html
    assert client.get(reverse("audit_log"), {"kind": "customer"}).status_code == 422
    assert client.get(reverse("audit_entry", args=[hidden.pk])).status_code == 404


def test_an_entry_is_a_sentence_with_its_values_and_its_door(
    log: Callable[..., str], admin: Member
) -> None:
    east, west = make_team(name="East"), make_team(name="West")
    mia = make_member(name="Mia <Petersen>")
    with origin_scope(Origin("web", "203.0.113.7")):
        audit_record(by=admin, action="member.move", record=mia, changes={"team": [east, west]})

    html = log(action="member.move")

    assert "<b>Katrin Albrecht</b> moved <a" in html
    assert "Mia &lt;Petersen&gt;</a>" in html
    assert "<dt>Team</dt>" in html
    assert re.search(r"before: </span>East</span>.*after: </span>West</span>", html)
    assert "Browser" in html
    assert "203.0.113.7" in html


def test_an_entry_outlives_the_one_who_made_it(log: Callable[..., str], admin: Member) -> None:
    who = {"by_id": 10**9, "by_text": "Gone Person <gone@example.com>"}
    entry(action="order.create", kind="order", label="Hart GmbH", **who)

    html = log(kind="order")

    assert "<b>Gone Person</b>" in html
    assert "<b>Hart GmbH</b>" in html  # there is no such order: no link


def test_an_action_and_a_kind_of_another_release_are_shown_by_their_names(
    log: Callable[..., str],
) -> None:
    entry(action="spaceship.launch", kind="spaceship", changes={"crew_size": [1, 2]}, label="Ark")

    html = log(q="ark")

    assert "spaceship.launch" in html
    assert "<dt>Crew size</dt>" in html


def test_values_are_written_as_the_field_has_them(log: Callable[..., str]) -> None:
    changes = {
        "access_role": ["rep", "hr"],
        "joined_on": [None, "2026-03-02"],
        "is_active": [True, False],
        "left_on": ["someday", None],
    }
    entry(kind="member", changes=changes)

    html = log(record=10**9)

    assert "Rep</span>" in html
    assert "HR</span>" in html
    assert "2 Mar 2026</span>" in html
    assert "no</span>" in html
    assert "someday</span>" in html


def test_filters_find_what_they_say(log: Callable[..., str], admin: Member) -> None:
    jonas = make_member(name="Jonas Weber", email="jw@example.com")
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    entry(by=jonas, by_text="Jonas Weber <jw@example.com>", label="Hart GmbH", at=at)
    entry(by=admin, label="Nord AG", at=at + timedelta(days=1))
    entry(action="sealed.read", is_reading=True, at=at + timedelta(days=2))
    entry(object_id=None, rows=[1, 2, 3], at=at + timedelta(days=3))

    def found(**filters: Any) -> int:
        return count_of(log(kind="customer", **filters))

    assert found() == 4
    assert found(q="hart g") == 1
    assert found(person="WEBER") == found(person="jw@") == 1
    assert found(person="nobody of that name") == 0
    assert found(action="sealed.read") == found(sort_of="readings") == 1
    assert found(sort_of="bulk") == 1
    assert found(record=10**9) == 3
    assert found(**{"from": "2026-03-03"}) == 3
    assert found(**{"from": "2026-03-03", "to": "2026-03-04"}) == 2
    assert count_of(log(action="team.create")) == 0


@pytest.mark.parametrize(
    "filters",
    [
        {"kind": "starship"},
        {"action": "no.such"},
        {"record": "x"},
        {"record": str(2**70)},
        {"from": "yesterday"},
        {"from": "2026-03-04", "to": "2026-03-03"},
    ],
)
def test_filters_that_make_no_sense_show_no_rows(
    client: Client, admin: Member, filters: dict[str, str]
) -> None:
    client.force_login(admin)

    response = client.get(reverse("audit_log"), filters)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert "<tbody" not in response.content.decode()


def test_pages_go_back_in_time_without_losing_an_entry(client: Client, admin: Member) -> None:
    client.force_login(admin)
    same = datetime(2026, 3, 2, 12, tzinfo=UTC)
    numbers = {entry(at=same).pk for _ in range(60)}
    address: str | None = reverse("audit_log") + "?kind=customer"
    seen: list[int] = []

    while address:
        html = client.get(address).content.decode()
        seen += [int(pk) for pk in re.findall(r'link-plain" href="/audit/(\d+)/"', html)]
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = following[1].replace("&amp;", "&") if following else None

    assert seen == sorted(numbers, reverse=True)


def test_counting_stops_where_nobody_needs_to_know(
    client: Client, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.members.views.audit.MOST_COUNTED", 5)
    for _ in range(7):
        entry()
    client.force_login(admin)

    assert (
        'more than <b data-figure="count">5</b> entries'
        in client.get(reverse("audit_log")).content.decode()
    )


def test_a_bulk_operation_opens_to_its_records(client: Client, admin: Member) -> None:
    client.force_login(admin)
    customers = [make_customer(name=f"Customer {number:03}") for number in range(120)]
    gone = customers[-1].pk
    bulk = audit_record(
        by=admin, action="customer.assign", record=Customer, rows=[one.pk for one in customers]
    )
    customers[-1].delete()

    listed = client.get(reverse("audit_log"), {"kind": "customer"}).content.decode()
    first = client.get(reverse("audit_entry", args=[bulk.pk])).content.decode()
    second = client.get(reverse("audit_entry", args=[bulk.pk]), {"rows": "2"}).content.decode()

    assert "120 records</a>" in listed
    assert "Customer 000</a>" in first
    assert "Customer 099</a>" in first
    assert "Customer 100" not in first
    assert "Customer 118</a>" in second
    assert f"no. {gone}, not there any more" in second
    for nonsense in ("0", "-1", "x", "99"):
        answer = client.get(reverse("audit_entry", args=[bulk.pk]), {"rows": nonsense})
        assert answer.status_code == 200


def test_the_log_takes_as_many_queries_for_2_entries_as_for_20(
    client: Client, admin: Member
) -> None:
    client.force_login(admin)
    address = reverse("audit_log") + "?action=member.move"
    teams = [make_team() for _ in range(3)]

    def more(count: int) -> None:
        for number in range(count):
            mia, old, new = make_member(), teams[number % 3], teams[(number + 1) % 3]
            audit_record(by=mia, action="member.move", record=mia, changes={"team": [old, new]})

    more(2)
    client.get(address)  # the first visit writes the session
    few = queries_of(client, address)
    more(20)

    assert len(queries_of(client, address)) == len(few)


def test_contact_data_is_masked_for_the_analyst_in_a_history(client: Client) -> None:
    contact = Contact.objects.create(customer=make_customer(), name="Eva", phone="+49 30 1")
    changes = {"phone": ["+49 30 55500", "+49 30 1"], "email": ["", "eva@example.com"]}
    audit_record(by=None, action="customer.assign", record=contact, changes=changes)
    address = reverse("record_history", args=["contact", contact.pk])

    pages = {}
    for role in (AccessRole.ANALYST, AccessRole.DIRECTOR):
        client.force_login(make_member(role))
        pages[role] = client.get(address).content.decode()

    assert "+49 30 55500" in pages[AccessRole.DIRECTOR]
    assert "eva@example.com" in pages[AccessRole.DIRECTOR]
    assert "+49 30" not in pages[AccessRole.ANALYST]
    assert "eva@example.com" not in pages[AccessRole.ANALYST]
    assert "••••" in pages[AccessRole.ANALYST]
