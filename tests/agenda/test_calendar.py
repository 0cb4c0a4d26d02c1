"""The calendar and planned visits: days of the reader's zone, scope, clocks that change."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity, FollowUp
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_wednesday")]

TODAY = date(2026, 11, 18)


@pytest.fixture
def _wednesday() -> Any:
    with time_machine.travel("2026-11-18T09:00:00Z", tick=False):
        yield


@pytest.fixture
def rep(client: Client, db: None) -> Member:
    rep = make_member(team=make_team(), name="Mei Lin", time_zone="Europe/Berlin")
    client.force_login(rep)
    return rep


def talk(customer: Customer, member: Member, at: datetime, **said: Any) -> Activity:
    facts = {"channel": "call", "outcome": "reached", **said}
    return Activity.objects.create(customer=customer, member=member, at=at, **facts)


def step(customer: Customer, owner: Member, due_on: date, **said: Any) -> FollowUp:
    facts = {"channel": "visit", "purpose": "Show samples", **said}
    return FollowUp.objects.create(customer=customer, owner=owner, due_on=due_on, **facts)


def shown(client: Client, **query: object) -> str:
    response = client.get(
        reverse("activity_calendar"), {key: str(value) for key, value in query.items()}
    )
    assert response.status_code == 200
    return response.content.decode()


def cells(html: str) -> dict[str, list[str]]:
    """Head of a row → text of the cells of its days."""
    found = {}
    for row in re.findall(r"<tr.*?</tr>", html.split("<tbody>")[1], re.DOTALL):
        head = re.search(r'<th scope="row">(.*?)</th>', row)
        assert head
        texts = re.findall(r"<td.*?</td>", row, re.DOTALL)
        found[head[1]] = [re.sub(r"<[^>]*>", "|", text).strip("| \n") for text in texts]
    return found


def test_a_week_shows_what_was_done_and_what_is_planned(client: Client, rep: Member) -> None:
    acme = make_customer(owner=rep, name="Acme")
    done = talk(acme, rep, datetime(2026, 11, 17, 8, 15, tzinfo=UTC), minutes=40)
    step(acme, rep, date(2026, 11, 20), purpose="Bring the contract")
    step(acme, rep, date(2026, 11, 19), due_at=time(14, 30), channel="meeting")
    step(acme, rep, date(2026, 11, 16), purpose="Was due")
    step(acme, rep, date(2026, 11, 20), purpose="Settled", done_at=timezone.now())

    html = shown(client)
    rows = cells(html)

    assert next(iter(rows)) == "all day"
    assert list(rows)[1:] == [f"{hour:02}:00" for hour in range(7, 20)]
    assert "09:15–09:55" in rows["09:00"][1]
    assert "Acme" in rows["09:00"][1]
    assert "Bring the contract" in rows["all day"][4]
    assert "overdue" in rows["all day"][0]
    assert "14:30" in rows["14:00"][3]
    assert "Settled" not in html
    assert f'href="/activities/{done.pk}/"' in html
    assert f'href="/customers/{acme.pk}/"' in html
    assert "16–22 Nov 2026" in html


def test_a_day_shows_itself_and_leads_to_those_beside(client: Client, rep: Member) -> None:
    acme = make_customer(owner=rep, name="Acme")
    talk(acme, rep, datetime(2026, 11, 18, 5, 30, tzinfo=UTC))
    talk(acme, rep, datetime(2026, 11, 18, 21, 30, tzinfo=UTC))
    talk(acme, rep, datetime(2026, 11, 18, 23, 30, tzinfo=UTC), note="of the next day")

    html = shown(client, span="day")
    rows = cells(html)

    assert list(rows) == [f"{hour:02}:00" for hour in range(6, 23)]
    assert len(rows["06:00"]) == 1
    assert html.count('class="agenda-entry"') == 2
    assert "span=day&amp;day=2026-11-17" in html
    assert "span=day&amp;day=2026-11-19" in html
    assert "/activities/visits/?day=2026-11-18" in html


@pytest.mark.parametrize(
    ("day", "instants", "hours"),
    [
        # 02:00 does not exist, then comes twice.
        ("2026-03-29", [(28, 23, 0), (29, 0, 59), (29, 1, 0), (29, 21, 59)], ["00", "01", "03", "23"]),
        ("2026-10-25", [(24, 22, 0), (25, 0, 30), (25, 1, 30), (25, 22, 59)], ["00", "02", "02", "23"]),
    ],
)  # fmt: skip
def test_days_on_which_the_clock_changes_have_all_their_hours(
    client: Client, rep: Member, day: str, instants: list[tuple[int, int, int]], hours: list[str]
) -> None:
    acme = make_customer(owner=rep, name="Acme")
    month = int(day[5:7])
    for on, hour, minute in instants:
        talk(acme, rep, datetime(2026, month, on, hour, minute, tzinfo=UTC))
    first = datetime(2026, month, *instants[0][:2], tzinfo=UTC)
    talk(acme, rep, first - timedelta(seconds=1), outcome="busy")

    rows = cells(shown(client, span="day", day=day))

    found = [head[:2] for head, texts in rows.items() for _ in range(texts[0].count("Acme"))]
    assert found == hours


def test_a_time_of_the_owner_stands_where_it_is_for_the_reader(client: Client, db: None) -> None:
    lead = make_member(AccessRole.MANAGER, time_zone="Europe/Berlin")
    rep = make_member(team=make_team(lead=lead), time_zone="Asia/Shanghai")
    acme = make_customer(owner=rep, name="Acme")
    step(acme, rep, date(2026, 11, 19), due_at=time(5, 0))
    client.force_login(lead)

    rows = cells(shown(client, span="day", day="2026-11-18", member=rep.pk))

    assert "22:00" in rows["22:00"][0]
    assert "Nothing on this day" in shown(client, span="day", day="2026-11-19", member=rep.pk)


def test_one_sees_people_and_customers_of_ones_own_scope_alone(client: Client, db: None) -> None:
    lead = make_member(AccessRole.MANAGER)
    rep, outsider = make_member(team=make_team(lead=lead)), make_member(team=make_team())
    at = datetime(2026, 11, 18, 9, tzinfo=UTC)
    talk(make_customer(owner=rep, name="Acme"), rep, at)
    talk(make_customer(owner=outsider, name="Hidden AG"), rep, at)
    talk(make_customer(owner=outsider, name="Hidden AG"), outsider, at)
    client.force_login(lead)

    html = shown(client, member=rep.pk)
    refused = client.get(reverse("activity_calendar"), {"member": outsider.pk})

    assert "Acme" in html
    assert "Hidden" not in html
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    assert "Hidden" not in refused.content.decode()
    assert client.get(reverse("planned_visits"), {"member": outsider.pk}).status_code == 422


@pytest.mark.parametrize("query", [{"day": "x"}, {"span": "year"}, {"member": "0"}])
def test_bad_addresses_get_a_message(client: Client, rep: Member, query: dict[str, str]) -> None:
    response = client.get(reverse("activity_calendar"), query)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("span", ["week", "day"])
def test_the_ends_of_time_are_no_error(client: Client, rep: Member, day: str, span: str) -> None:
    assert "Nothing" in shown(client, day=day, span=span)
    assert client.get(reverse("planned_visits"), {"day": day}).status_code == 200


def test_weeks_begin_as_the_readers_language_has_it(client: Client, rep: Member) -> None:
    acme = make_customer(owner=rep, name="Acme")
    step(acme, rep, date(2026, 11, 22))
    assert "16–22 Nov 2026" in shown(client)

    rep.language = "zh-hant"
    rep.save()

    html = shown(client)
    assert "Acme" not in html
    assert "15" in html


def test_pages_ask_the_same_number_of_queries_whatever_there_is(
    client: Client, rep: Member
) -> None:
    def more(number: int) -> None:
        for index in range(number):
            acme = make_customer(owner=rep)
            contact = Contact.objects.create(customer=acme, name=f"C {index}")
            talk(acme, rep, datetime(2026, 11, 18, 9, index, tzinfo=UTC), contact=contact)
            step(acme, rep, TODAY, contact=contact)

    for address in (reverse("activity_calendar"), reverse("planned_visits")):
        more(2)
        few = queries_of(client, address)
        more(18)
        assert len(queries_of(client, address)) == len(few)
        assert len(few) <= 12


def test_visits_of_a_day_say_whom_one_meets(client: Client, rep: Member) -> None:
    acme = make_customer(owner=rep, name="Acme", region="Hessen")
    Contact.objects.create(customer=acme, name="Aaron", phone="+49 69 1")
    boss = Contact.objects.create(
        customer=acme, name="Zoe", phone="+49 69 2", decision_role="decision_maker"
    )
    named = Contact.objects.create(customer=acme, name="Mo", phone="+49 69 3", job_title="Buyer")
    step(acme, rep, TODAY, purpose="Show samples")
    step(acme, rep, TODAY, purpose="Eat together", contact=named, due_at=time(12, 30))
    step(acme, rep, TODAY, purpose="Only a call", channel="call")
    step(acme, rep, TODAY + timedelta(days=1), purpose="Tomorrow")

    html = client.get(reverse("planned_visits")).content.decode()
    rows = re.findall(r"<tr.*?</tr>", html.split("<tbody")[1], re.DOTALL)

    assert len(rows) == 2
    assert "all day" in rows[0]
    assert "Show samples" in rows[0]
    assert "Hessen" in rows[0]
    assert boss.name in rows[0]
    assert "+49 69 2" in rows[0]
    assert "12:30" in rows[1]
    assert "Buyer" in rows[1]
    assert "+49 69 3" in rows[1]
    assert "Only a call" not in html
    assert "Tomorrow" not in html


def test_who_reads_no_contact_data_sees_no_phone(client: Client, rep: Member) -> None:
    acme = make_customer(owner=rep, name="Acme")
    Contact.objects.create(customer=acme, name="Aaron", phone="+49 69 1")
    step(acme, rep, TODAY)
    client.force_login(make_member(AccessRole.ANALYST))

    html = client.get(reverse("planned_visits"), {"member": rep.pk}).content.decode()

    assert "Aaron" in html
    assert "••••" in html
    assert "+49 69" not in html


def test_a_day_without_visits_says_so(client: Client, rep: Member) -> None:
    html = client.get(reverse("planned_visits"), {"day": "2026-11-19"}).content.decode()

    assert "No visit is planned" in html
