"""My day: opening, logging with a next step, and going on to the next customer."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity, FollowUp
from apps.core.models import Organisation
from apps.customers.models import Contact, Customer
from apps.funnel.models import LevelChange, Opportunity, State
from apps.members.models import AccessRole, Member
from apps.workday.leases import lease_take
from apps.workday.models import Lease
from tests.factories import level, make_customer, make_member, make_opportunity, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db


class Morning:
    """A rep with two prospects, the better one first."""

    def __init__(self) -> None:
        Organisation.current()
        self.mia = make_member(team=make_team(), name="Mia")
        self.first = self.prospect("First", 12)
        self.second = self.prospect("Second", 5)
        self.client = Client()
        self.client.force_login(self.mia)

    def prospect(self, name: str, score: int) -> Customer:
        found: Customer = make_customer(owner=self.mia, name=name, potential_score=score)
        Contact.objects.create(customer=found, name="Ines", phone="+49 30 23125 001")
        return found

    def log(self, customer: Customer, **given: Any) -> Any:
        told = {
            "key": str(uuid4()),
            "channel": "call",
            "direction": "out",
            "outcome": "reached",
            "note": "Wants film",
            "next_on": (timezone.localdate() + timedelta(days=3)).isoformat(),
            "next_channel": "call",
            "next_purpose": "Go on",
        }
        return self.client.post(reverse("my_day_log", args=[customer.pk]), told | given)

    def address(self, customer: Customer) -> str:
        return f"{reverse('my_day')}?customer={customer.pk}"


@pytest.fixture
def morning() -> Morning:
    return Morning()


def test_the_queue_and_starting(morning: Morning) -> None:
    html = morning.client.get(reverse("my_day")).content.decode()
    assert re.findall(r'class="nm truncate"><bdi>(\w+)<', html) == ["First", "Second"]
    assert "2 to call" in html

    response = morning.client.post(reverse("my_day_next"))

    assert response["Location"] == morning.address(morning.first)
    assert Lease.objects.get().customer == morning.first


def test_a_call_is_logged_and_the_next_one_opens(morning: Morning) -> None:
    response = morning.log(morning.first)

    assert response["Location"] == morning.address(morning.second)
    activity = Activity.objects.get()
    assert (activity.customer, activity.outcome, activity.note) == (
        morning.first,
        "reached",
        "Wants film",
    )
    step = FollowUp.objects.get()
    assert (step.purpose, step.owner) == ("Go on", morning.mia)
    assert Lease.objects.get().customer == morning.second
    html = morning.client.get(morning.address(morning.second)).content.decode()
    assert "The call with First is written down." in html
    assert re.search(r'data-figure="calls">1<', html)
    assert re.search(r'data-figure="next-steps">1<', html)


def test_the_planned_step_is_settled_and_its_purpose_was_on_screen(morning: Morning) -> None:
    step = FollowUp.objects.create(
        customer=morning.first,
        owner=morning.mia,
        due_on=timezone.localdate(),
        channel="call",
        purpose="Ask for the pallets",
    )
    html = morning.client.get(morning.address(morning.first)).content.decode()
    assert "This call is for:" in html
    assert f'name="finishes" value="{step.pk}"' in html

    morning.log(morning.first, finishes=step.pk)

    step.refresh_from_db()
    assert step.done_by == Activity.objects.get()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"outcome": ""}, "Choose what came of it."),
        ({"next_on": "", "next_purpose": ""}, "Every call ends with a next step"),
        ({"next_purpose": ""}, "Say what the next step is for."),
        ({"next_on": "2020-01-01"}, "This day is over"),
        ({"next_on": "soon"}, "Enter a day such as"),
        ({"note": "x" * 100_000}, "10000 characters"),
        ({"contact": "999999"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    morning: Morning, wrong: dict[str, str], words: str
) -> None:
    response = morning.log(morning.first, **wrong)

    assert response.status_code == 422
    html = response.content.decode()
    assert words in html.replace("10,000", "10000")
    assert wrong.get("note", "Wants film")[:50] in html
    assert not Activity.objects.exists()
    assert not FollowUp.objects.exists()


def test_refused_needs_no_next_step_and_closes_what_was_confirmed(morning: Morning) -> None:
    deal: Opportunity = make_opportunity(
        ("D", Organisation.current().today()), owner=morning.mia, customer=morning.first
    )

    morning.log(
        morning.first,
        outcome="refused",
        next_on="",
        next_purpose="",
        opportunity=deal.pk,
        moves="1",
        note="Too dear",
    )

    deal.refresh_from_db()
    assert (deal.state, deal.loss_reason) == (State.LOST, "Too dear")
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize(("ticked", "stands_at"), [("1", "B"), ("", "D")])
def test_the_proposed_move_is_applied_when_confirmed(
    morning: Morning, ticked: str, stands_at: str
) -> None:
    deal: Opportunity = make_opportunity(
        ("D", Organisation.current().today()), owner=morning.mia, customer=morning.first
    )

    morning.log(morning.first, outcome="quoted", opportunity=deal.pk, moves=ticked)

    deal.refresh_from_db()
    assert deal.level == level(stands_at)
    changes = LevelChange.objects.filter(opportunity=deal, from_level__isnull=False)
    assert [change.activity for change in changes] == list(Activity.objects.all())[: len(changes)]


def test_the_same_log_sent_twice_counts_once(morning: Morning) -> None:
    key = str(uuid4())

    morning.log(morning.first, key=key)
    response = morning.log(morning.first, key=key)

    assert response.status_code == 302
    assert Activity.objects.count() == FollowUp.objects.count() == 1


def test_sent_again_it_goes_on_though_its_step_is_settled(morning: Morning) -> None:
    step = FollowUp.objects.create(
        customer=morning.first,
        owner=morning.mia,
        due_on=timezone.localdate(),
        channel="call",
        purpose="Ask",
    )
    key = str(uuid4())

    answers = [morning.log(morning.first, key=key, finishes=step.pk) for _time in range(2)]

    assert [answer["Location"] for answer in answers] == [morning.address(morning.second)] * 2
    assert Activity.objects.count() == 1


@pytest.mark.parametrize("text", ["²", "-1", "x", "9" * 40])
def test_an_address_of_nobody(morning: Morning, text: str) -> None:
    assert morning.client.get(reverse("my_day"), {"customer": text}).status_code in {200, 404}
    assert morning.client.post(reverse("my_day_next"), {"from": text}).status_code in {302, 404}


def test_a_log_without_a_key_of_its_own_is_written(morning: Morning) -> None:
    morning.log(morning.first, key="nonsense")

    assert Activity.objects.get().key is not None


def test_one_that_a_colleague_has_open(morning: Morning) -> None:
    lease_take(customer=morning.first, member=make_member(name="Lead"))

    response = morning.client.get(morning.address(morning.first), follow=True)

    assert "Lead has First open: take the next one." in response.content.decode()
    kept = [
        morning.client.post(reverse("my_day_keep", args=[one.pk])).json()
        for one in (morning.first, morning.second)
    ]
    assert kept == [{"taken": "Lead has First open: take the next one."}, {"taken": ""}]


def test_skipping_lets_go(morning: Morning) -> None:
    morning.client.post(reverse("my_day_next"))

    response = morning.client.post(reverse("my_day_next"), {"from": morning.first.pk})

    assert response["Location"] == morning.address(morning.second)
    assert list(Lease.objects.values_list("customer", flat=True)) == [morning.second.pk]


def test_the_end_of_the_queue(morning: Morning) -> None:
    morning.log(morning.first)
    response = morning.log(morning.second)

    assert response["Location"] == reverse("my_day")
    html = morning.client.get(response["Location"]).content.decode()
    assert "Nobody else is to be called right now." in html
    assert "Nobody to call right now" in html


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (AccessRole.MANAGER, 200),
        (AccessRole.DIRECTOR, 200),
        (AccessRole.ADMIN, 200),
        (AccessRole.HR, 404),
        (AccessRole.ANALYST, 404),
    ],
)
def test_who_has_a_day(morning: Morning, role: AccessRole, status: int) -> None:
    client = Client()
    client.force_login(make_member(role))

    assert client.get(reverse("my_day")).status_code == status


def test_somebody_elses_customer(morning: Morning) -> None:
    stranger = make_member(team=make_team())
    theirs = make_customer(owner=stranger)

    assert morning.client.get(morning.address(theirs)).status_code == 404
    assert morning.log(theirs).status_code == 404
    pooled = make_customer(owner=None)
    assert morning.client.get(morning.address(pooled)).status_code == 403


def test_as_many_queries_for_a_long_queue(morning: Morning) -> None:
    few = len(queries_of(morning.client, reverse("my_day")))
    for number in range(20):
        morning.prospect(f"More {number}", 1)

    assert len(queries_of(morning.client, reverse("my_day"))) == few


def test_the_member_is_the_one_who_called(morning: Morning) -> None:
    member: Member = morning.mia
    morning.log(morning.first)

    assert Activity.objects.get().member == member


@pytest.mark.parametrize("figure", ["calls", "reached", "quotes"])
def test_a_figure_of_today_opens_its_rows(morning: Morning, figure: str) -> None:
    morning.log(morning.first, outcome="quoted")
    morning.log(morning.second, outcome="no_answer")
    html = morning.client.get(reverse("my_day")).content.decode()
    link = rf'<a href="([^"]+)"><strong data-figure="{figure}">(\d+)<'
    ((address, shown),) = re.findall(link, html)

    rows = morning.client.get(unescape(address)).content.decode()

    assert re.findall(r'data-figure="count">(\d+)<', rows) == [shown]
    assert shown == {"calls": "2", "reached": "1", "quotes": "1"}[figure]
