"""Customers at risk, the stages of the base, and the panel on a customer's page."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Customer
from apps.members.lifecycle import LifecycleStage
from apps.members.models import AccessRole, Member
from apps.portfolio.lifecycle.services import lifecycle_override_set, lifecycle_update
from apps.portfolio.models import LifecycleChange, LifecycleOverride
from tests.factories import make_customer, make_member, make_order, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db


class Firm:
    """A rep with a fresh, a risky and a lapsed customer; the outsider with a risky one."""

    def __init__(self) -> None:
        self.today = Organisation.current().today()
        self.manager = make_member(AccessRole.MANAGER)
        north = make_team(lead=self.manager, name="North")
        self.rep = make_member(team=north, name="Robin")
        self.outsider = make_member(team=make_team(name="South"), name="Oda")
        self.fresh = self.ordered(self.rep, "Fresh", 20, 40)
        self.risky = self.ordered(self.rep, "Risky", 70, 90)
        self.lapsed = self.ordered(self.rep, "Lapsed", 95, 100)
        self.theirs = self.ordered(self.outsider, "Theirs", 80, 82)
        lifecycle_update(as_of=self.today)

    def ordered(self, owner: Member, name: str, *days_ago: int) -> Customer:
        customer = make_customer(owner=owner, name=name)
        for days in days_ago:
            on = self.today - timedelta(days=days)
            make_order(member=owner, value=100, on=on, customer=customer)
        customer.refresh_from_db()
        return customer


@pytest.fixture
def firm() -> Firm:
    return Firm()


def of(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def shown(member: Member, name: str, **query: Any) -> str:
    response = of(member).get(reverse(name), query)
    assert response.status_code == 200
    return response.content.decode()


def names(html: str) -> set[str]:
    return set(re.findall(r'<a href="/customers/\d+/">(.*?)</a>', html))


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("rep", {"Risky", "Lapsed"}),
        ("outsider", {"Theirs"}),
        ("manager", {"Risky", "Lapsed"}),
        ("director", {"Risky", "Lapsed", "Theirs"}),
        ("analyst", {"Risky", "Lapsed", "Theirs"}),
    ],
)
def test_each_reader_sees_their_customers_at_risk(firm: Firm, who: str, seen: set[str]) -> None:
    known = getattr(firm, who, None)
    person = known or make_member(AccessRole(who))

    assert names(shown(person, "customers_at_risk")) == seen


def test_hr_finds_no_list(firm: Firm) -> None:
    assert of(make_member(AccessRole.HR)).get(reverse("customers_at_risk")).status_code == 404


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({"state": "risk"}, {"Risky", "Theirs"}),
        ({"state": "lapsed"}, {"Lapsed"}),
        ({"q": "ris"}, {"Risky"}),
        ({"tier": "A"}, set()),
        ({"tier": "none", "state": "lapsed"}, {"Lapsed"}),
        ({"stage": "win_back"}, {"Risky", "Lapsed", "Theirs"}),
        ({"stage": "maintain"}, set()),
    ],
)
def test_filters(firm: Firm, query: dict[str, str], seen: set[str]) -> None:
    assert names(shown(make_member(AccessRole.DIRECTOR), "customers_at_risk", **query)) == seen


def test_each_row_says_why(firm: Firm) -> None:
    html = shown(firm.rep, "customers_at_risk", state="risk")

    row = html[html.index(">Risky</a>") :]
    assert re.search(r"At risk</span>.*lapses on", row, re.DOTALL)
    assert "20 days" in row
    assert ">70<" in row


def test_a_fresh_order_takes_a_customer_off_at_the_next_night(firm: Firm) -> None:
    make_order(member=firm.rep, value=5, on=firm.today, customer=firm.risky)
    lifecycle_update(as_of=firm.today)

    assert names(shown(firm.rep, "customers_at_risk")) == {"Lapsed"}


def test_deleted_customers_are_not_at_risk(firm: Firm) -> None:
    Customer.objects.filter(pk=firm.risky.pk).update(deleted_at=firm.risky.created_at)

    assert names(shown(firm.rep, "customers_at_risk")) == {"Lapsed"}


def test_the_list_as_a_file(firm: Firm) -> None:
    response = of(firm.manager).get(reverse("customers_at_risk_export"), {"state": "lapsed"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    head, row = text.splitlines()
    assert head.startswith("Customer,State,Tier,Owner,Orders,")
    last, lapses = firm.today - timedelta(days=95), firm.today - timedelta(days=5)
    assert row == f"Lapsed,Lapsed,Unrated,Robin,2,5.0,{last},95,{lapses},200.00"
    assert AuditEntry.objects.filter(action="export.at_risk").count() == 1


@pytest.mark.parametrize("name", ["customers_at_risk", "lifecycle", "lifecycle_moves"])
def test_as_many_queries_for_many_rows(firm: Firm, name: str) -> None:
    def more(count: int) -> None:
        for number in range(count):
            customer = firm.ordered(firm.rep, f"More {number}", 92, 95)
            stage = LifecycleStage.DEEPEN
            lifecycle_update(as_of=firm.today)
            lifecycle_override_set(customer=customer, to=stage, reason="x", by=firm.rep)

    more(2)
    few = queries_of(of(firm.manager), reverse(name))
    more(10)

    assert len(queries_of(of(firm.manager), reverse(name))) == len(few)


# ── The base by stage ────────────────────────────────────────────────────────────────────────────


def test_a_stage_opens_its_customers(firm: Firm) -> None:
    html = shown(firm.rep, "lifecycle")
    found = dict(re.findall(r'data-figure="stage-(\w+)">(\d+)<', html))
    assert found == {
        "attract": "0",
        "convert": "0",
        "maintain": "1",
        "deepen": "0",
        "win_back": "2",
    }

    rows = shown(firm.rep, "customers", lifecycle="win_back")

    assert re.findall(r'data-figure="count">(\d+)<', rows) == ["2"]


def test_moves_open_their_customers(firm: Firm) -> None:
    lifecycle_override_set(
        customer=firm.fresh, to=LifecycleStage.DEEPEN, reason="Wants more", by=firm.rep
    )

    assert "1 move" in shown(firm.rep, "lifecycle")
    html = shown(firm.rep, "lifecycle_moves", **{"from": "maintain", "to": "deepen"})
    assert names(html) == {"Fresh"}
    assert "Wants more" in html
    assert names(shown(firm.rep, "lifecycle_moves", **{"from": "deepen"})) == set()
    assert names(shown(firm.outsider, "lifecycle_moves")) == set()


def test_the_first_stage_is_no_move(firm: Firm) -> None:
    assert LifecycleChange.objects.count() == 4
    assert names(shown(make_member(AccessRole.DIRECTOR), "lifecycle_moves")) == set()


# ── The panel ────────────────────────────────────────────────────────────────────────────────────


def panel(member: Member, customer: Customer) -> str:
    address = reverse("customer_lifecycle", args=[customer.pk])
    return of(member).get(address, headers={"HX-Request": "true"}).content.decode()


def test_the_panel_says_stage_and_why(firm: Firm) -> None:
    firm.risky.refresh_from_db()

    html = panel(firm.rep, firm.risky)

    assert re.search(r'aria-current="step">Win back<', html)
    assert "orders later than usual" in html
    assert "20 days" in html
    assert "Lapses on" in html
    assert re.search(r'id="figure-lifecycle".*Win back.*At risk', html)


def test_the_panel_says_what_the_night_will_apply(firm: Firm) -> None:
    make_order(member=firm.rep, value=5, on=firm.today, customer=firm.lapsed)

    html = panel(firm.rep, firm.lapsed)

    assert "The figures of today say <strong>Maintain</strong>" in html
    assert re.search(r'aria-current="step">Win back<', html)


def test_a_stage_set_by_hand_and_taken_back(firm: Firm) -> None:
    client, pk = of(firm.rep), firm.fresh.pk
    address = reverse("lifecycle_override", args=[pk])

    assert client.post(address, {"stage": "deepen", "reason": ""}).status_code == 422
    assert client.post(address, {"stage": "nothing", "reason": "x"}).status_code == 422
    assert not LifecycleOverride.objects.exists()
    assert client.post(address, {"stage": "deepen", "reason": "Wants more"}).status_code == 302

    html = panel(firm.rep, firm.fresh)
    assert "Wants more" in html
    assert "By its figures it would be:" in html
    client.post(reverse("lifecycle_override_cancel", args=[pk]))
    assert Customer.objects.get(pk=pk).lifecycle == LifecycleStage.MAINTAIN
    assert client.post(reverse("lifecycle_override_cancel", args=[pk])).status_code == 422


def test_who_may_not_change_the_customer_sets_no_stage(firm: Firm) -> None:
    for name in ("lifecycle_override", "lifecycle_override_cancel"):
        address = reverse(name, args=[firm.fresh.pk])
        given = {"stage": "deepen", "reason": "x"}
        assert of(firm.outsider).post(address, given).status_code == 404
        assert of(make_member(AccessRole.ANALYST)).post(address, given).status_code == 403

    assert not LifecycleOverride.objects.exists()


def test_the_typed_reason_survives_a_refusal(firm: Firm) -> None:
    address = reverse("lifecycle_override", args=[firm.fresh.pk])

    html = of(firm.rep).post(address, {"stage": "", "reason": "Long story"}).content.decode()

    assert "Long story" in html


def test_one_order_day_takes_the_firms_gap_on_the_panel(firm: Firm) -> None:
    once = firm.ordered(firm.rep, "Once", 10)
    lifecycle_update(as_of=firm.today)

    html = panel(firm.rep, once)

    assert "one order day says nothing yet" in html
    assert "Lapses on" in html
