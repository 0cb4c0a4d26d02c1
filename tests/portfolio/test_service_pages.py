"""Pages of the service policy: who sees what, and what each figure opens."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity, Outcome
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Channel, Customer, CustomerOwnerChangeKind, Tier
from apps.customers.services import customers_assign
from apps.members.models import AccessRole, Member, Team
from apps.portfolio.models import PolicyBreach, ServiceHours, ServicePolicy, TierChange
from apps.portfolio.service.policies import Promise, promises
from apps.portfolio.service.selectors import compliance_of, effect_of, standing_of
from apps.portfolio.service.services import (
    NoHours,
    service_breaches_update,
    service_policy_update,
)
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db


class Firm:
    """Two teams; the rep has a kept and an overdue customer, the outsider an overdue one."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.manager = make_member(AccessRole.MANAGER)
        self.north = make_team(lead=self.manager, name="North")
        self.rep = make_member(team=self.north, name="Robin")
        self.mate = make_member(team=self.north, name="Mika")
        self.outsider = make_member(team=make_team(name="South"), name="Oda")
        self.overdue = self.held(self.rep, "Overdue", days=50)
        self.kept = self.held(self.rep, "Kept", days=2)
        self.theirs = self.held(self.outsider, "Theirs", days=60)
        self.unrated = self.held(self.rep, "Unrated", days=60, tier="")
        self.night()

    def held(self, owner: Member, name: str, *, days: int, tier: str = "B") -> Customer:
        since = self.now - timedelta(days=days)
        return make_customer(owner=owner, name=name, tier=tier, held_since=since)

    def night(self) -> None:
        service_breaches_update(as_of=timezone.now())


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


def figure(html: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}">([^<]*)<', html)
    assert found is not None, name
    return found[1]


def talk(customer: Customer, **fields: Any) -> None:
    assert customer.owner is not None
    Activity.objects.create(
        **{
            "customer": customer,
            "member": customer.owner,
            "channel": Channel.CALL,
            "outcome": Outcome.REACHED,
            **fields,
        }
    )


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────


def test_hr_and_strangers_find_no_page(firm: Firm) -> None:
    assert of(make_member(AccessRole.HR)).get(reverse("service")).status_code == 404
    assert Client().get(reverse("service")).status_code == 302


@pytest.mark.parametrize(
    ("who", "held", "broken"),
    [("rep", 2, 1), ("mate", 0, 0), ("manager", 2, 1), ("outsider", 1, 1), ("director", 3, 2)],
)
def test_each_reader_counts_what_they_see(firm: Firm, who: str, held: int, broken: int) -> None:
    person = make_member(AccessRole.DIRECTOR) if who == "director" else getattr(firm, who)

    total = compliance_of(person).total

    assert (total.held, total.broken) == (held, broken)
    assert total.rate == (Decimal(held - broken) / held if held else None)


def test_members_and_teams_have_their_own_rates(firm: Firm) -> None:
    found = compliance_of(make_member(AccessRole.DIRECTOR))

    assert [(row.of.name, row.kept.held, row.kept.broken) for row in found.members] == [
        ("Oda", 1, 1),
        ("Robin", 2, 1),
    ]
    assert [(row.of.name, row.kept.held, row.kept.broken) for row in found.teams] == [
        ("South", 1, 1),
        ("North", 2, 1),
    ]


def test_a_member_of_two_teams_counts_in_each_and_above_them_once(firm: Firm) -> None:
    company = make_team(name="Company")
    for team in Team.objects.filter(name__in=["North", "South"]):
        Team.objects.filter(pk=team.pk).update(parent=company, path=[company.pk, team.pk])

    found = compliance_of(make_member(AccessRole.DIRECTOR))

    assert {row.of.name: row.kept.held for row in found.teams} == {
        "Company": 3,
        "North": 2,
        "South": 1,
    }


def test_without_customers_and_leads_there_is_no_rate(firm: Firm) -> None:
    html = shown(firm.mate, "service")

    assert 'data-figure="rate"' not in html
    assert 'data-figure="response"' not in html
    assert "You hold no customer with a tier." in html


def test_a_rate_opens_the_rows_behind_it(firm: Firm) -> None:
    html = shown(firm.manager, "service")
    assert figure(html, "rate") == "50.0%"
    assert figure(html, "contact") == "1"

    rows = shown(firm.manager, "service_breaches", owner=firm.rep.pk, kind="contact")

    assert figure(rows, "count") == "1"
    assert "Overdue" in rows
    assert "Theirs" not in rows


def test_ones_own_breaches_stand_first_and_go_with_a_contact(firm: Firm) -> None:
    html = shown(firm.rep, "service")
    assert "Waiting for you" in html
    assert html.index(">Overdue</a>") < html.index("What is promised")
    assert "20 days" in html

    talk(firm.overdue)

    html = shown(firm.rep, "service")
    assert ">Overdue</a>" not in html
    assert figure(html, "rate") == "100.0%"
    assert "All your 2 customers with a tier got what was promised." in html


def test_first_responses_are_counted_by_owner(firm: Firm) -> None:
    for days, answers in ((20, 0.1), (20, 15), (20, None)):
        at = firm.now - timedelta(days=days)
        lead = make_customer(created_at=at)
        kind = CustomerOwnerChangeKind.CLAIM
        customers_assign(customers=[lead.pk], to=firm.rep, reason="", kind=kind, by=None, at=at)
        lead.refresh_from_db()
        if answers is not None:
            talk(lead, at=at + timedelta(days=answers), outcome=Outcome.NO_ANSWER)
    firm.night()

    kept = compliance_of(firm.manager).total

    assert (kept.answered, kept.in_time, kept.response) == (3, 1, 1)
    query = {"state": "decided", "owner": firm.rep.pk}
    assert figure(shown(firm.manager, "service_responses", **query), "count") == "3"
    assert figure(shown(firm.manager, "service_responses", state="late"), "count") == "2"
    assert "No leads yet" in shown(firm.outsider, "service_responses")


def test_what_a_former_owner_missed_is_not_everybodys(firm: Firm) -> None:
    """The customer is in the pool, which every rep sees."""
    kind = CustomerOwnerChangeKind.RELEASE
    customers_assign(
        customers=[firm.theirs.pk], to=None, reason="", kind=kind, by=None, at=firm.now
    )
    firm.night()

    assert "Theirs</a>" not in shown(firm.rep, "service_breaches", state="ended")
    assert "Theirs</a>" in shown(firm.outsider, "service_breaches", state="ended")


def test_the_panel_counts_from_the_day_of_a_better_tier(firm: Firm) -> None:
    day = Organisation.current().today() - timedelta(days=12)
    TierChange.objects.create(
        customer=firm.overdue, from_tier="C", to_tier="B", on=day, at=firm.now, kind="computed"
    )

    assert "12 of 30 days used" in panel(firm.rep, firm.overdue)


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────


def test_ended_breaches_are_asked_for(firm: Firm) -> None:
    talk(firm.overdue)
    firm.night()

    assert "Overdue</a>" not in shown(firm.rep, "service_breaches")
    assert "Overdue</a>" in shown(firm.rep, "service_breaches", state="ended")
    assert figure(shown(firm.rep, "service_breaches", state="all"), "count") == "1"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, "2"),
        ({"q": "their"}, "1"),
        ({"team": "north"}, "1"),
        ({"tier": "A"}, "0"),
        ({"tier": "B"}, "2"),
        ({"kind": "visit"}, "0"),
        ({"since_to": "2020-01-01"}, "0"),
    ],
)
def test_filters_of_breaches(firm: Firm, query: dict[str, str], count: str) -> None:
    Team.objects.filter(pk=firm.north.pk).update(slug="north")
    director = make_member(AccessRole.DIRECTOR)

    html = shown(director, "service_breaches", **query)

    found = re.search(r'data-figure="count">(\d+)<', html)
    assert (found[1] if found else "0") == count


def test_the_longest_overdue_come_first(firm: Firm) -> None:
    html = shown(make_member(AccessRole.DIRECTOR), "service_breaches")

    assert html.index(">Theirs</a>") < html.index(">Overdue</a>")


def test_breaches_as_a_file(firm: Firm) -> None:
    response = of(firm.manager).get(reverse("service_breaches_export"))
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    lines = text.splitlines()
    assert lines[0].startswith("Customer,Tier,What was missed,Allowed,Owner")
    assert lines[1].startswith("Overdue,Tier B,Contact overdue,30 days,Robin,")
    assert len(lines) == 2
    assert AuditEntry.objects.get(action="export.breaches").details["count"] == 1


@pytest.mark.parametrize("name", ["service", "service_breaches", "service_responses"])
def test_as_many_queries_for_many_rows(firm: Firm, name: str) -> None:
    def more(count: int) -> None:
        for _number in range(count):
            firm.held(firm.rep, "More", days=80)
            at = firm.now - timedelta(days=20)
            lead = make_customer(created_at=at)
            kind = CustomerOwnerChangeKind.CLAIM
            customers_assign(customers=[lead.pk], to=firm.rep, reason="", kind=kind, by=None, at=at)
        firm.night()

    more(2)
    few = queries_of(of(firm.manager), reverse(name))
    more(18)

    assert len(queries_of(of(firm.manager), reverse(name))) == len(few)


# ── The panel ────────────────────────────────────────────────────────────────────────────────────


def panel(member: Member, customer: Customer) -> str:
    address = reverse("customer_service", args=[customer.pk])
    return of(member).get(address, headers={"HX-Request": "true"}).content.decode()


def test_the_panel_says_what_is_overdue_at_this_moment(firm: Firm) -> None:
    PolicyBreach.objects.all().delete()  # it needs no night

    html = panel(firm.rep, firm.overdue)

    assert "20 days overdue" in html
    assert "50 of 30 days used" in html
    assert re.search(r'id="figure-service".*Service 20 days overdue', html)
    assert "1 of 1 missed" in html


def test_the_panel_after_a_contact(firm: Firm) -> None:
    talk(firm.overdue)

    html = panel(firm.rep, firm.overdue)

    assert "overdue" not in html.replace("First response overdue", "")
    assert "Service in time" in html


def test_a_contact_that_is_due_soon_is_said_in_the_head(firm: Firm) -> None:
    soon = firm.held(firm.rep, "Soon", days=28)

    assert "Service due in 2 days" in panel(firm.rep, soon)


def test_a_customer_of_the_pool_has_no_clock(firm: Firm) -> None:
    customer = make_customer(name="Pooled", tier="A")

    assert "A customer of the pool has no owner" in panel(firm.rep, customer)
    assert standing_of(customer).asked == 0


def test_the_panel_shows_the_first_response_with_its_pauses(firm: Firm) -> None:
    at = firm.now - timedelta(days=10)
    lead = make_customer(created_at=at)
    kind = CustomerOwnerChangeKind.CREATE
    customers_assign(customers=[lead.pk], to=firm.rep, reason="", kind=kind, by=None, at=at)
    lead.refresh_from_db()

    html = panel(firm.rep, lead)

    assert "First response within 24 business hours" in html
    assert "The clock stood" in html
    assert re.search(r'id="figure-service".*First response overdue', html)
    assert "days off" in html or "day off" in html


def test_a_forbidden_channel_is_noted_on_the_panel(firm: Firm) -> None:
    ServicePolicy.objects.update(channels_since=firm.now - timedelta(days=9))
    cheap = firm.held(firm.rep, "Cheap", days=5, tier="C")
    talk(cheap, channel=Channel.VISIT, at=firm.now - timedelta(days=1))
    firm.night()

    html = panel(firm.rep, cheap)

    assert "Another one was used on 1 day of the last 90." in html
    assert re.search(r"Email.*→.*Message.*→.*Call", html)


def test_outsiders_find_no_panel(firm: Firm) -> None:
    address = reverse("customer_service", args=[firm.overdue.pk])

    assert of(firm.outsider).get(address).status_code == 404


# ── The policy ───────────────────────────────────────────────────────────────────────────────────


def posted(**changed: str) -> dict[str, str]:
    fields = {"opens_at": "09:00", "closes_at": "18:00"}
    for tier, promise in promises().items():
        for name in ("contact_days", "response_hours", "visit_days"):
            value = getattr(promise, name)
            fields[f"{tier}-{name}"] = "" if value is None else str(value)
        fields[f"{tier}-channels"] = list(promise.channels)  # type: ignore[assignment]
    return {**fields, **changed}


def test_only_administrators_change_the_policy(firm: Firm) -> None:
    address = reverse("service_settings")
    assert of(firm.manager).post(address, posted(save="1")).status_code == 404

    with pytest.raises(NotPermitted):
        service_policy_update(promised={}, opens_at=_nine(), closes_at=_six(), by=firm.manager)


def _nine() -> Any:
    return ServiceHours.current().opens_at


def _six() -> Any:
    return ServiceHours.current().closes_at


def test_the_effect_is_shown_before_anything_is_saved(firm: Firm) -> None:
    admin = of(make_member(AccessRole.ADMIN))

    answer = admin.post(reverse("service_settings"), posted(**{"B-contact_days": "55"}))

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "With these gaps <strong>1 customer</strong> would be overdue today" in html
    assert "with those in force it is 2" in html
    assert promises()["B"].contact_days == 30
    assert not AuditEntry.objects.filter(action="servicepolicy.update").exists()


def test_the_effect_counts_as_the_night_would(firm: Firm) -> None:
    wanted = [Promise("B", contact_days=1), Promise("A"), Promise("C")]

    assert effect_of(wanted).customers == 3
    assert effect_of(wanted).by_kind == {("contact", "B"): 3}
    assert effect_of(list(promises().values())).customers == 2


def test_saving_is_audited_and_counts_at_the_next_night(firm: Firm) -> None:
    admin = make_member(AccessRole.ADMIN)
    change = {"B-contact_days": "1", "closes_at": "17:30", "B-channels": ["call", "email"]}

    answer = of(admin).post(reverse("service_settings"), posted(save="1", **change))  # type: ignore[arg-type]

    assert answer.status_code == 302
    saved = promises()["B"]
    assert (saved.contact_days, saved.channels) == (1, [Channel.EMAIL, Channel.CALL])
    entry = AuditEntry.objects.get(action="servicepolicy.update")
    assert entry.changes["contact_days"] == [30, 1]
    assert entry.by == admin
    assert AuditEntry.objects.filter(action="servicehours.update").count() == 1
    assert PolicyBreach.objects.standing(Organisation.current()).count() == 2
    firm.night()
    assert PolicyBreach.objects.standing(Organisation.current()).count() == 3


@pytest.mark.parametrize(
    "wrong",
    [{"A-contact_days": "0"}, {"A-channels": "smoke"}, {"closes_at": "08:00"}, {"opens_at": "x"}],
)
def test_nonsense_is_refused_and_nothing_is_saved(firm: Firm, wrong: dict[str, str]) -> None:
    before = promises()
    admin = make_member(AccessRole.ADMIN)

    answer = of(admin).post(reverse("service_settings"), posted(save="1", **wrong))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert promises() == before


def test_hours_that_end_before_they_begin_are_refused_by_the_service(firm: Firm) -> None:
    admin = make_member(AccessRole.ADMIN)

    with pytest.raises(NoHours):
        service_policy_update(promised={}, opens_at=_six(), closes_at=_nine(), by=admin)


def test_a_tier_is_never_a_bare_letter(firm: Firm) -> None:
    html = shown(make_member(AccessRole.DIRECTOR), "service")

    for tier in Tier:
        assert f"Tier {tier.value}" in html
        assert f">{tier.value}<" not in html
