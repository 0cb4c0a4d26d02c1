"""Pages of the pool: who sees and takes what, what a row answers, what the rules would release."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.customers.models import (
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    HoldingLimits,
)
from apps.customers.services import customers_assign
from apps.members.models import AccessRole, Member
from apps.pool.forms.settings import initial_values
from apps.pool.models import PoolRule, PoolSettings
from apps.pool.services import customer_claim
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
KINDS = CustomerOwnerChangeKind


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


class Firm:
    def __init__(self) -> None:
        self.lead = make_member(AccessRole.MANAGER, name="Lead")
        self.team = make_team(lead=self.lead)
        self.mei = make_member(team=self.team, name="Mei Lin")
        self.stranger = make_member(team=make_team(), name="Stranger")
        self.admin = make_member(AccessRole.ADMIN)
        HoldingLimits.current()


@pytest.fixture
def firm() -> Firm:
    return Firm()


def lost(customer: Customer) -> None:
    customers_assign(customers=[customer.pk], to=None, reason="", kind=KINDS.RECYCLE, by=None)


def page(client: Client, who: Member, name: str, *args: object, **query: str) -> str:
    client.force_login(who)
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def owner_of(customer: Customer) -> Member | None:
    customer.refresh_from_db()
    return customer.owner


# The list


def test_the_list_holds_the_pool_and_nothing_else(client: Client, firm: Firm) -> None:
    make_customer(name="Free AG")
    make_customer(name="Held AG", owner=firm.mei)
    make_customer(name="Gone AG", deleted_at=NOW)

    html = page(client, firm.mei, "pool")

    assert ">Free AG</a>" in html
    assert "Held AG" not in html
    assert "Gone AG" not in html
    assert '<b data-figure="count">1</b>' in html


def test_ones_own_limits_stand_on_top(client: Client, firm: Firm) -> None:
    make_customer(owner=firm.mei)
    customer_claim(customer=make_customer(), by=firm.mei)

    html = page(client, firm.mei, "pool")

    assert "<b>2</b> of 200 prospects held" in html
    assert "<b>1</b> of 30 claims today" in html


def test_what_one_lost_lately_says_from_when_it_is_free(client: Client, firm: Firm) -> None:
    customer = make_customer(name="Lost AG", owner=firm.mei)
    lost(customer)
    address = reverse("customer_claim", args=[customer.pk])

    html = page(client, firm.mei, "pool")
    assert "yours again from 23 Mar 2026" in html
    assert address not in html
    assert address in page(client, firm.stranger, "pool")


def test_who_owns_no_customers_reads_the_pool_only(client: Client, firm: Firm) -> None:
    customer = make_customer()
    analyst = make_member(AccessRole.ANALYST)

    html = page(client, analyst, "pool")
    assert reverse("customer_claim", args=[customer.pk]) not in html
    for address in (reverse("customer_claim", args=[customer.pk]), reverse("customers_claim")):
        assert client.post(address).status_code == 403
    assert owner_of(customer) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tier": "A"}, {"Alpha"}),
        ({"tier": "unrated"}, {"Beta", "Gamma"}),
        ({"orders": "ordered"}, {"Beta"}),
        ({"orders": "prospects"}, {"Alpha", "Gamma"}),
        ({"region": "hessen"}, {"Alpha"}),
        ({"industry": "food"}, {"Beta"}),
        ({"source": "fair"}, {"Gamma"}),
        ({"within": "3"}, {"Gamma"}),
        ({"q": "alp"}, {"Alpha"}),
        ({"lost": "mei"}, {"Gamma"}),
    ],
)
def test_filters(client: Client, firm: Firm, query: dict[str, str], found: set[str]) -> None:
    long_ago = NOW - timedelta(days=50)
    make_customer(name="Alpha", tier="A", region="Hessen", created_at=long_ago)
    beta = make_customer(name="Beta", industry="Food", created_at=long_ago)
    make_order(member=firm.mei, customer=beta, value=5, on=NOW.date())
    gamma = make_customer(name="Gamma", source="Fair", owner=firm.mei, created_at=long_ago)
    lost(gamma)
    given = {key: str(firm.mei.pk) if value == "mei" else value for key, value in query.items()}

    html = page(client, firm.lead, "pool", **given)

    assert {name for name in ("Alpha", "Beta", "Gamma") if f">{name}</a>" in html} == found


def test_a_member_of_another_team_is_no_choice_as_last_owner(client: Client, firm: Firm) -> None:
    client.force_login(firm.mei)

    response = client.get(reverse("pool"), {"lost": str(firm.stranger.pk)})

    assert response.status_code == 422


def test_the_list_asks_as_many_queries_for_twenty_rows_as_for_two(
    client: Client, firm: Firm
) -> None:
    def grow(count: int) -> None:
        for _ in range(count):
            one = make_customer(owner=firm.stranger)
            lost(one)

    client.force_login(firm.mei)
    grow(2)
    few = queries_of(client, reverse("pool"))
    grow(18)

    assert len(queries_of(client, reverse("pool"))) == len(few)


# Claiming


def test_a_claimed_row_says_that_it_is_yours_and_counts_the_claim(
    client: Client, firm: Firm
) -> None:
    customer = make_customer(name="Free AG")
    client.force_login(firm.mei)

    response = client.post(reverse("customer_claim", args=[customer.pk]), headers=HTMX)

    html = response.content.decode()
    assert owner_of(customer) == firm.mei
    assert "Yours now" in html
    assert f'id="pool-row-{customer.pk}"' in html
    assert "<b>1</b> of 30 claims today" in html


def test_whoever_is_second_reads_who_has_it(client: Client, firm: Firm) -> None:
    customer = make_customer(name="Free AG")
    customer_claim(customer=customer, by=firm.mei)
    client.force_login(firm.stranger)
    address = reverse("customer_claim", args=[customer.pk])

    row = client.post(address, headers=HTMX).content.decode()
    plain = client.post(address, follow=True).content.decode()

    assert "Mei Lin has it now." in row
    assert "is-taken" in row
    assert "Free AG: Mei Lin has it now." in plain
    assert owner_of(customer) == firm.mei


def test_a_customer_of_others_cannot_be_asked_after(client: Client, firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    client.force_login(firm.stranger)

    for headers in (HTMX, {}):
        response = client.post(reverse("customer_claim", args=[customer.pk]), headers=headers)
        assert response.status_code == 404


def test_a_limit_leaves_the_row_and_says_why(client: Client, firm: Firm) -> None:
    HoldingLimits.objects.update(claims_a_day=0)
    customer = make_customer()
    client.force_login(firm.mei)

    html = client.post(reverse("customer_claim", args=[customer.pk]), headers=HTMX).content.decode()

    assert "Mei Lin has claimed 0 of 0 customers today" in html
    assert reverse("customer_claim", args=[customer.pk]) in html
    assert owner_of(customer) is None


def test_without_javascript_a_claim_leads_to_the_customer(client: Client, firm: Firm) -> None:
    customer = make_customer()
    client.force_login(firm.mei)

    response = client.post(reverse("customer_claim", args=[customer.pk]))

    assert response["Location"] == reverse("customer", args=[customer.pk])
    assert owner_of(customer) == firm.mei


def test_several_are_claimed_as_far_as_the_limits_allow(client: Client, firm: Firm) -> None:
    HoldingLimits.objects.update(claims_a_day=2)
    pooled = [make_customer(name=f"Free {n}") for n in range(3)]
    foreign = make_customer(owner=firm.stranger, name="Secret AG")
    client.force_login(firm.mei)
    ticked = [str(one.pk) for one in (*pooled, foreign)]

    response = client.post(
        reverse("customers_claim"), {"customer": ticked, "next": "/pool/?tier=unrated"}, follow=True
    )

    html = response.content.decode()
    assert response.redirect_chain[0][0] == "/pool/?tier=unrated"
    assert "2 customers are yours now." in html
    assert "Free 2: Mei Lin has claimed 0 of 2 customers today: 2 more are possible." in html
    assert "Secret AG" not in html
    assert Customer.objects.filter(owner=firm.mei).count() == 2


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/"])
def test_claiming_leads_nowhere_else(client: Client, firm: Firm, address: str) -> None:
    client.force_login(firm.mei)

    response = client.post(reverse("customers_claim"), {"next": address})

    assert response["Location"] == reverse("pool")


# The hold


def test_the_panel_shows_the_clocks_and_which_ends_first(client: Client, firm: Firm) -> None:
    customer = make_customer(owner=firm.mei, held_since=NOW - timedelta(days=10))

    html = page(client, firm.mei, "customer_hold", customer.pk)

    assert "Mei Lin" in html
    assert "Goes to the pool after <b>5 Apr 2026</b> if nothing happens." in html
    assert "by 5 Apr 2026" in html
    assert "by 5 May 2026" in html
    assert "by 2 Sept 2026" in html
    assert 'id="figure-hold" hx-swap-oob="true"' in html
    assert reverse("customer_release", args=[customer.pk]) in html
    assert reverse("customer_hand_over", args=[customer.pk]) not in html


def test_the_panel_says_why_nothing_ends(client: Client, firm: Firm) -> None:
    since = NOW - timedelta(days=400)
    ordered, high = (make_customer(owner=firm.mei, held_since=since) for _ in range(2))
    make_order(member=firm.mei, customer=ordered, value=5, on=NOW.date() - timedelta(days=30))
    make_opportunity(("B", NOW.date()), owner=firm.mei, customer=high)

    first = page(client, firm.mei, "customer_hold", ordered.pk)
    assert "It ordered lately: nothing ends before 14 Feb 2027." in first
    second = page(client, firm.mei, "customer_hold", high.pk)
    assert "An open opportunity stands at one of the highest levels." in second
    PoolSettings.objects.update(is_on=False)
    plain = make_customer(owner=firm.mei, held_since=since)
    assert "Recycling is off" in page(client, firm.mei, "customer_hold", plain.pk)


def test_the_panel_of_a_pooled_customer_offers_the_claim(client: Client, firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    lost(customer)

    other = page(client, firm.stranger, "customer_hold", customer.pk)
    assert "Last held by Mei Lin." in other
    assert reverse("customer_claim", args=[customer.pk]) in other
    own = page(client, firm.mei, "customer_hold", customer.pk)
    assert "can have it again from 23 Mar 2026 on" in own
    assert reverse("customer_claim", args=[customer.pk]) not in own


def test_outsiders_find_no_hold_and_readers_may_not_release(client: Client, firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    names = ("customer_hold", "customer_release", "customer_hand_over")

    def answers(who: Member) -> list[int]:
        client.force_login(who)
        return [client.get(reverse(name, args=[customer.pk])).status_code for name in names]

    assert answers(firm.stranger) == [404, 404, 404]
    assert answers(make_member(AccessRole.ANALYST)) == [200, 403, 403]
    assert answers(firm.mei) == [200, 200, 403]
    assert answers(firm.lead) == [200, 200, 200]


def test_a_release_without_a_reason_is_refused_and_one_with_it_is_done(
    client: Client, firm: Firm
) -> None:
    customer = make_customer(owner=firm.mei)
    address = reverse("customer_release", args=[customer.pk])
    client.force_login(firm.mei)

    assert client.post(address, {"reason": " "}).status_code == 422
    assert owner_of(customer) == firm.mei
    response = client.post(address, {"reason": "No budget"})

    assert response["Location"] == reverse("customer", args=[customer.pk])
    assert owner_of(customer) is None
    assert CustomerOwnerChange.objects.get().reason == "No budget"


def test_a_lead_hands_over_and_reads_why_not(client: Client, firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    ben = make_member(team=firm.team, name="Ben Ode")
    HoldingLimits.objects.update(held_prospects=0)
    address = reverse("customer_hand_over", args=[customer.pk])
    client.force_login(firm.lead)

    def give() -> tuple[int, str]:
        response = client.post(address, {"to": str(ben.pk), "reason": "New territory"})
        return response.status_code, response.content.decode()

    status, html = give()
    assert status == 422
    assert "Ben Ode holds 0 of 0 prospects: 0 more are possible." in html
    assert owner_of(customer) == firm.mei
    HoldingLimits.objects.update(held_prospects=1)
    assert give()[0] == 302
    assert owner_of(customer) == ben


def test_nobody_outside_ones_reach_can_be_handed_to(client: Client, firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    client.force_login(firm.lead)

    response = client.post(
        reverse("customer_hand_over", args=[customer.pk]),
        {"to": str(firm.stranger.pk), "reason": "x"},
    )

    assert response.status_code == 422
    assert owner_of(customer) == firm.mei


# The rules


def sent(**changed: object) -> dict[str, str]:
    values = {**initial_values(), **changed}
    values = {key: "on" if value is True else value for key, value in values.items()}
    return {key: str(value) for key, value in values.items() if value not in (None, False)}


def test_the_rules_are_for_administrators(client: Client, firm: Firm) -> None:
    for who in (firm.mei, firm.lead, make_member(AccessRole.DIRECTOR)):
        client.force_login(who)
        assert client.get(reverse("pool_settings")).status_code in {403, 404}
        assert client.post(reverse("pool_settings"), sent(save="1")).status_code in {403, 404}
        assert client.get(reverse("pool_dry_run_export")).status_code in {403, 404}


@pytest.mark.parametrize(
    ("name", "value"),
    [("warning_days", "soon"), ("warning_days", "0"), ("warning_days", "1,2,3,4,5,6"),
     ("a_no_order_days", "0"), ("most_days", ""), ("exempt_levels", "-1")],
)  # fmt: skip
def test_rules_without_sense_are_refused_and_nothing_is_saved(
    client: Client, firm: Firm, name: str, value: str
) -> None:
    client.force_login(firm.admin)

    response = client.post(reverse("pool_settings"), sent(**{name: value}, is_on=False, save="1"))

    assert response.status_code == 422
    assert PoolSettings.current().is_on


def test_a_dry_run_says_whom_it_would_release_and_saves_nothing(client: Client, firm: Firm) -> None:
    for number in range(3):
        since = NOW - timedelta(days=20)
        make_customer(owner=firm.mei, name=f"Quiet {number}", held_since=since)
    make_customer(owner=firm.stranger, name="Busy AG", held_since=NOW)
    client.force_login(firm.admin)
    asked = sent(unrated_no_activity_days="10", check="1")

    html = client.post(reverse("pool_settings"), asked).content.decode()

    assert 'This would release <b data-figure="count">3</b> customers of 1 owner.' in html
    assert "Quiet 2</a>" in html
    assert "Busy AG" not in html
    assert 'name="unrated_no_activity_days" value="10"' in html
    assert PoolRule.objects.get(tier="").no_activity_days == 30
    assert not CustomerOwnerChange.objects.exists()
    file = client.get(reverse("pool_dry_run_export"), {**asked, "file": "csv"})
    text = file.getvalue().decode()
    assert text.count("Quiet") == 3
    assert "No activity within the time of the rule (10 days)" in text
    assert AuditEntry.objects.filter(action="export.pool_dry_run").exists()


def test_rules_are_saved_and_stand_on_the_page(client: Client, firm: Firm) -> None:
    client.force_login(firm.admin)
    changed = {"a_no_order_days": "", "warning_days": "5，2", "claims_a_day": "", "is_on": False}

    response = client.post(reverse("pool_settings"), sent(**changed, save="1"))

    assert response.status_code == 302
    settings = PoolSettings.current()
    assert (settings.is_on, settings.warning_days) == (False, [5, 2])
    assert PoolRule.objects.get(tier="A").no_order_days is None
    assert HoldingLimits.current().claims_a_day is None
    assert 'value="5, 2"' in client.get(reverse("pool_settings")).content.decode()
