"""Pages of follow-ups and tasks: groups, whose, forms, and customers without a next step."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.activities.models import FollowUp, FollowUpChange, Task
from apps.activities.planning import filters
from apps.activities.planning.load import leads_others, loads, people_for_customer
from apps.activities.planning.missing import customers_without_next_step
from apps.activities.planning.services import follow_up_plan
from apps.activities.planning.task_services import task_add
from apps.core.models import Organisation
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member, Team
from tests.factories import make_customer, make_member, make_opportunity, make_team
from tests.query_counts import counted, queries_of

pytestmark = pytest.mark.django_db


def in_days(n: int) -> date:
    return Organisation.current().today() + timedelta(days=n)


@pytest.fixture
def team() -> Team:
    return make_team(lead=make_member(AccessRole.MANAGER, name="Lea Lead"))


@pytest.fixture
def lead(team: Team) -> Member:
    assert team.lead is not None
    return team.lead


@pytest.fixture
def rep(team: Team) -> Member:
    return make_member(team=team, name="Rita Rep")


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def step(rep: Member, name: str = "", day: int = 0, **fields: Any) -> FollowUp:
    """A step that was planned when its day was still to come."""
    given = {"channel": "call", "purpose": "Ask for the order", **fields}
    customer = given.pop("customer", None) or make_customer(owner=rep, name=name)
    made = follow_up_plan(customer=customer, due_on=in_days(0), by=rep, **given)
    FollowUp.objects.filter(pk=made.pk).update(due_on=in_days(day))
    made.refresh_from_db()
    return made


def task(rep: Member, title: str, day: int = 0, **fields: Any) -> Task:
    made = task_add(assignee=rep, title=title, due_on=in_days(0), by=rep, **fields)
    Task.objects.filter(pk=made.pk).update(due_on=in_days(day))
    made.refresh_from_db()
    return made


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def page(reader: Member, /, **query: Any) -> str:
    response = client_of(reader).get(reverse("follow_ups"), query)
    assert response.status_code == 200
    return text(response)


def figures(html: str) -> dict[str, str]:
    return dict(re.findall(r'data-figure="(\w+)">([^<]+)<', html))


def test_rows_stand_in_groups_by_their_days(rep: Member) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):  # a Monday
        for n, day in enumerate((-3, 0, 1, 3, 20)):
            step(rep, f"Firm {n}", day)
        task(rep, "Order samples")
        html = page(rep)

    assert figures(html) == {
        "overdue": "1", "today": "2", "tomorrow": "1", "week": "1", "later": "1",
    }  # fmt: skip
    assert "3 days overdue" in html
    places = [html.index(f"Firm {n}<") for n in range(5)]
    assert places == sorted(places)


def test_rows_lead_back_to_the_page_that_shows_them(rep: Member) -> None:
    step(rep)

    assert "?next=%2Ffollow-ups%2F%3Fq%3Dask" in page(rep, q="ask")


def test_day_is_the_readers_own(team: Team) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 20, tzinfo=UTC), tick=False):
        rep = make_member(team=team, time_zone="Asia/Shanghai")  # the 24th by now
        made = step(rep, "Firm")
        FollowUp.objects.filter(pk=made.pk).update(due_on=date(2026, 11, 24))

        assert figures(page(rep))["today"] == "1"


def test_time_shows_with_the_zone_of_whoever_has_it(lead: Member, team: Team) -> None:
    far = make_member(team=team, time_zone="Asia/Shanghai")
    step(far, "Firm", due_at=time(14, 30))

    html = page(lead, everyone="on")

    assert "14:30" in html
    assert "Asia/Shanghai" in html
    assert "Asia/Shanghai" not in page(far)


def test_own_by_default_and_those_one_leads_on_demand(
    lead: Member, rep: Member, team: Team
) -> None:
    stranger = make_member(team=make_team())
    for member, name in ((lead, "Lead's"), (rep, "Rep's"), (stranger, "Strange")):
        step(member, f"{name} firm")
        task(member, f"{name} task")

    def named(html: str) -> set[str]:
        return {word for word in ("Lead", "Rep", "Strange") if f"{word}&#x27;s firm" in html
                or f"{word} firm" in html}  # fmt: skip

    assert named(page(lead)) == {"Lead"}
    assert named(page(lead, member=rep.pk)) == {"Rep"}
    everyone = page(lead, everyone="on")
    assert named(everyone) == {"Lead", "Rep"}
    assert "Rep&#x27;s task" in everyone
    assert "Strange task" not in everyone
    assert named(page(make_member(AccessRole.DIRECTOR), everyone="on")) == {
        "Lead",
        "Rep",
        "Strange",
    }


def test_rep_gets_nobody_elses_by_the_address(rep: Member, team: Team) -> None:
    peer = make_member(team=team)
    step(peer, "Peer firm")

    assert "Peer firm" not in page(rep, everyone="on")
    response = client_of(rep).get(reverse("follow_ups"), {"member": peer.pk})
    assert response.status_code == 422
    assert "Peer firm" not in text(response)


def test_kind_and_words_narrow(rep: Member) -> None:
    step(rep, "Acme", purpose="Ask")
    step(rep, "Zeta", purpose="Send a sample")
    task(rep, "Sample box")

    assert figures(page(rep, q="sample"))["today"] == "2"
    assert figures(page(rep, kind="tasks"))["today"] == "1"
    assert figures(page(rep, kind="follow_ups"))["today"] == "2"
    assert figures(page(rep, q="acme"))["today"] == "1"


def test_group_shows_its_first_rows_and_opens_to_all_of_them_by_pages(rep: Member) -> None:
    customer = make_customer(owner=rep)
    for n in range(20):
        step(rep, customer=customer, purpose=f"Step {n:02}.", day=-1)
        task(rep, f"Task {n:02}.", -1)
    assert "All 40" in page(rep)

    address, seen = f"{reverse('follow_ups')}?when=overdue", []
    for _page in range(2):
        html = text(client_of(rep).get(address))
        seen += re.findall(r"(?:plan-purpose\">|>)((?:Step|Task) \d\d\.)<", html)
        found = re.search(r'rel="next" href="([^"]+)"', html)
        address = found.group(1).replace("&amp;", "&") if found else ""

    assert address == ""
    shown = [one for n, one in enumerate(seen) if one not in seen[:n]]
    assert sorted(shown) == sorted(
        [f"Step {n:02}." for n in range(20)] + [f"Task {n:02}." for n in range(20)]
    )


@given(st.text(max_size=40))
def test_any_text_is_a_key_or_none(said: str) -> None:
    filters.read(said)


def test_key_is_read_as_written() -> None:
    key = (date(2026, 11, 23), time.max, 1, 7)

    assert filters.read(filters.written(key)) == key


@pytest.mark.parametrize("query", [
    {"when": "never"}, {"kind": "x"}, {"member": "x"}, {"member": "9" * 30}, {"when": "today", "after": "x~"},
])  # fmt: skip
def test_senseless_addresses_never_break(rep: Member, query: dict[str, str]) -> None:
    assert client_of(rep).get(reverse("follow_ups"), query).status_code in {200, 422}


def test_task_of_a_customer_that_one_does_not_see_any_more_hides_its_name(
    rep: Member, team: Team
) -> None:
    customer = make_customer(owner=rep, name="Secret firm")
    made = task(rep, "Call", customer=customer)
    Customer.objects.filter(pk=customer.pk).update(owner=make_member(team=team))

    assert "Secret firm" not in page(rep)
    assert "Secret firm" not in text(client_of(rep).get(reverse("task", args=[made.pk])))


def test_page_asks_as_many_queries_for_two_rows_as_for_many(lead: Member, rep: Member) -> None:
    def fill(n: int) -> None:
        for day in (-2, 0, 1, 30):
            for _row in range(n):
                customer = make_customer(owner=rep)
                contact = Contact.objects.create(customer=customer, name="Ada")
                step(rep, customer=customer, contact=contact, day=day)
                task(rep, "Task", day, customer=customer)

    client, address = client_of(lead), f"{reverse('follow_ups')}?everyone=on"
    fill(1)
    few = len(queries_of(client, address)), len(queries_of(client, f"{address}&when=today"))
    fill(4)
    many = len(queries_of(client, address)), len(queries_of(client, f"{address}&when=today"))

    assert few == many


def test_htmx_gets_the_groups_alone(rep: Member) -> None:
    step(rep, "Acme")

    response = client_of(rep).get(
        reverse("follow_ups"), headers={"HX-Request": "true", "HX-Target": "results"}
    )

    assert "Acme" in text(response)
    assert "<html" not in text(response)


# Forms


def test_snoozing_by_the_page_goes_back_to_where_one_came_from(rep: Member) -> None:
    made, back = step(rep), f"{reverse('follow_ups')}?when=today"
    address = reverse("follow_up_snooze", args=[made.pk])
    client = client_of(rep)
    assert client.get(address, {"next": back}).status_code == 200

    response = client.post(
        address, {"due_on": in_days(2), "due_at": "09:15", "reason": "Ill", "next": back}
    )

    assert (response.status_code, response["Location"]) == (302, back)
    made.refresh_from_db()
    assert (made.due_on, made.due_at) == (in_days(2), time(9, 15))


@pytest.mark.parametrize(
    "typed",
    [
        {"due_on": "2020-01-01", "reason": "My reason"},
        {"due_on": "x", "reason": "My reason"},
        {"due_on": "", "due_at": "25:00", "reason": "My reason"},
    ],
)
def test_refused_snooze_keeps_what_was_typed(rep: Member, typed: dict[str, str]) -> None:
    made = step(rep)

    response = client_of(rep).post(reverse("follow_up_snooze", args=[made.pk]), typed)

    assert response.status_code == 422
    assert "My reason" in text(response)
    assert not FollowUpChange.objects.exists()


def test_snooze_form_comes_into_the_row_and_leads_back_by_htmx(rep: Member) -> None:
    made, client = step(rep), client_of(rep)
    address = reverse("follow_up_snooze", args=[made.pk])

    form = text(client.get(address, {"next": "/follow-ups/"}, headers={"HX-Request": "true"}))
    answer = client.post(
        address,
        {"due_on": in_days(1), "reason": "Ill", "next": "/follow-ups/"},
        headers={"HX-Request": "true"},
    )

    assert "<html" not in form
    assert "hx-post" in form
    assert answer["HX-Redirect"] == "/follow-ups/"


def test_foreign_address_is_no_way_back(rep: Member) -> None:
    made = step(rep)

    response = client_of(rep).post(
        reverse("follow_up_snooze", args=[made.pk]),
        {"due_on": in_days(1), "reason": "Ill", "next": "https://evil.example/"},
    )

    assert response["Location"] == reverse("follow_ups")


def test_edited_by_the_page_and_ended(rep: Member) -> None:
    made = step(rep, repeats="weekly")
    client, address = client_of(rep), reverse("follow_up_edit", args=[made.pk])
    assert "End the series" in text(client.get(address))

    typed = {"due_on": in_days(1), "channel": "email", "repeats": "monthly", "purpose": "Write",
             "is_promised": "on"}  # fmt: skip
    assert client.post(address, typed).status_code == 302
    made.refresh_from_db()
    assert (made.channel, made.repeats, made.is_promised) == ("email", "monthly", True)
    assert "Edited" in text(client.get(address))

    client.post(reverse("follow_up_end", args=[made.pk]))
    made.refresh_from_db()
    assert made.done_at is not None
    assert not FollowUp.objects.filter(done_at=None).exists()
    assert client.get(address).status_code == 422


def test_step_is_planned_with_time_and_rhythm(rep: Member) -> None:
    customer = make_customer(owner=rep)
    typed = {"due_on": in_days(1), "due_at": "14:30", "channel": "call", "repeats": "yearly",
             "purpose": "Renew"}  # fmt: skip

    client_of(rep).post(reverse("follow_up_new", args=[customer.pk]), typed)

    made = FollowUp.objects.get()
    assert (made.due_at, made.repeats) == (time(14, 30), "yearly")


def test_lead_adds_a_task_for_somebody_and_gives_it_to_another(
    lead: Member, rep: Member, team: Team
) -> None:
    other, client = make_member(team=team, name="Otto Other"), client_of(lead)
    html = text(client.get(reverse("task_new")))
    assert "Otto Other" in html

    client.post(reverse("task_new"), {"title": "Sample", "due_on": in_days(1), "assignee": rep.pk})
    made = Task.objects.get()
    assert (made.assignee, made.created_by) == (rep, lead)

    address = reverse("task_reassign", args=[made.pk])
    assert "Otto Other" in text(client.get(address, {"to": other.pk}))
    client.post(address, {"to": other.pk})
    made.refresh_from_db()
    assert made.assignee == other


def test_rep_adds_changes_finishes_and_opens_a_task_again(rep: Member) -> None:
    client, customer = client_of(rep), make_customer(owner=rep, name="Acme")
    html = text(client.get(reverse("task_new"), {"customer": customer.pk}))
    assert "Acme" in html
    assert "Who has how much to do" not in html

    client.post(
        reverse("task_new"), {"title": "Sample", "due_on": in_days(1), "customer": customer.pk}
    )
    made = Task.objects.get()
    assert made.customer == customer
    assert "Sample" in text(client.get(reverse("task", args=[made.pk])))
    typed = {"title": "Box", "due_on": in_days(2), "note": "Blue"}
    client.post(reverse("task_edit", args=[made.pk]), typed)
    client.post(reverse("task_finish", args=[made.pk]), {"next": reverse("follow_ups")})
    made.refresh_from_db()
    assert (made.title, made.note, made.state, made.customer) == ("Box", "Blue", "done", customer)
    client.post(reverse("task_reopen", args=[made.pk]))
    client.post(reverse("task_drop", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "dropped"


def test_customers_page_shows_its_open_tasks(rep: Member) -> None:
    customer = make_customer(owner=rep)
    task(rep, "Sample box", customer=customer)

    html = text(client_of(rep).get(reverse("customer_next_step", args=[customer.pk])))

    assert "Sample box" in html


def test_refused_task_keeps_what_was_typed(rep: Member) -> None:
    response = client_of(rep).post(
        reverse("task_new"), {"title": "Sample box", "due_on": "2020-01-01", "note": "Blue"}
    )

    assert response.status_code == 422
    assert "Sample box" in text(response)
    assert "Blue" in text(response)
    assert not Task.objects.exists()


# Customers without a next step


def names(member: Member) -> set[str]:
    return {one.name for one in customers_without_next_step(member)}


def test_open_customers_without_a_next_step(lead: Member, rep: Member, team: Team) -> None:
    ordered = {"last_ordered_on": in_days(-40)}
    make_customer(owner=rep, name="prospect")
    make_customer(owner=rep, name="ordered", **ordered)
    deal = make_customer(owner=rep, name="deal", **ordered)
    make_opportunity(("C", in_days(-5)), owner=rep, customer=deal)
    won = make_customer(owner=rep, name="won", **ordered)
    make_opportunity(("C", in_days(-5)), ("lost", in_days(-1)), owner=rep, customer=won)
    make_customer(owner=rep, name="parked", screening="parked")
    make_customer(owner=None, name="pooled")
    make_customer(owner=make_member(team=make_team()), name="strange")
    step(rep, "planned")
    dropped = step(rep, "dropped")
    FollowUp.objects.filter(pk=dropped.pk).update(done_at=timezone.now())

    assert names(rep) == {"prospect", "deal", "dropped"}
    assert names(lead) == {"prospect", "deal", "dropped"}
    assert names(make_member(AccessRole.ANALYST)) == {"prospect", "deal", "dropped", "strange"}
    assert names(make_member(AccessRole.HR)) == set()


def test_list_of_them_with_filters_and_its_count_on_the_page(lead: Member, rep: Member) -> None:
    make_customer(owner=rep, name="Prospect A", tier="A")
    make_customer(owner=rep, name="Prospect B")
    make_customer(owner=lead, name="Lead's")
    address, client = reverse("follow_ups_missing"), client_of(lead)

    def found(**query: Any) -> str:
        return figures(text(client.get(address, query))).get("count", "0")

    assert (found(), found(owner=rep.pk), found(tier="A")) == ("3", "2", "1")
    assert (found(why="opportunity"), found(why="prospect"), found(q="b")) == ("0", "3", "1")
    assert figures(page(lead))["missing"] == "1"
    assert figures(page(lead, everyone="on"))["missing"] == "3"
    assert figures(page(rep))["missing"] == "2"
    assert f"{address}?owner={lead.pk}" in page(lead)
    assert client.get(address, {"tier": "X"}).status_code == 422


def test_list_asks_as_many_queries_for_two_rows_as_for_twenty(lead: Member, rep: Member) -> None:
    def fill(n: int) -> None:
        for _row in range(n):
            make_customer(owner=rep)

    client, address = client_of(lead), reverse("follow_ups_missing")
    fill(2)
    few = len(queries_of(client, address))
    fill(18)

    assert len(queries_of(client, address)) == few


# How much each has to do


def test_load_counts_the_day_and_all_in_one_query(lead: Member, rep: Member, team: Team) -> None:
    other = make_member(team=team)
    step(rep)
    step(rep, day=3)
    task(rep, "Task")
    task(lead, "Task", 2)
    people = Member.objects.filter(pk__in=[lead.pk, rep.pk, other.pk])

    day, found = in_days(0), list[Any]()
    assert counted(lambda: found.extend(loads(people, day))) == 1

    assert [(one.member, one.on_day, one.in_all) for one in found] == [
        (other, 0, 0),
        (lead, 0, 1),
        (rep, 2, 3),
    ]


def test_who_could_take_a_step(lead: Member, rep: Member, team: Team) -> None:
    peer, director = make_member(team=team), make_member(AccessRole.DIRECTOR)
    customer = make_customer(owner=rep)

    assert set(people_for_customer(lead, customer)) == {lead, rep}
    assert set(people_for_customer(director, customer)) == {lead, rep, director}
    assert peer not in people_for_customer(director, customer)
    assert leads_others(lead)
    assert not leads_others(rep)


def test_lead_sees_the_load_on_the_form_and_gives_the_step_away(lead: Member, rep: Member) -> None:
    made, client = step(rep, "Acme"), client_of(lead)
    address = reverse("follow_up_reassign", args=[made.pk])

    html = text(client.get(address, {"to": lead.pk}))
    assert "Who has how much to do" in html
    assert "has it" in html
    assert client.post(address, {"to": lead.pk, "reason": "I call"}).status_code == 302

    made.refresh_from_db()
    assert made.owner == lead
    again = client.post(address, {"to": lead.pk, "reason": "Kept words"})
    assert again.status_code == 422
    assert "Kept words" in text(again)


def test_form_asks_as_many_queries_for_few_people_as_for_many(
    lead: Member, rep: Member, team: Team
) -> None:
    made, client = task(rep, "Task"), client_of(lead)
    address = reverse("task_reassign", args=[made.pk])
    few = len(queries_of(client, address))
    for _one in range(12):
        make_member(team=team)

    assert len(queries_of(client, address)) == few
