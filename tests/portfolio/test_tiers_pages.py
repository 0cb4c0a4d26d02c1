"""The tiers page and its lists, the panel, tiers set by hand, and the rule: who sees and does what."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Customer, Tier
from apps.members.models import AccessRole, Member
from apps.portfolio.models import TierChange, TierFigure, TierOverride, TierRule
from apps.portfolio.tiers.services import (
    NoOverride,
    OverrideOutOfRange,
    override_last_day,
    tier_override_cancel,
    tier_override_set,
    tiers_update,
)
from tests.factories import make_customer, make_member, make_order, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db
SETTINGS = {
    "mode": "count",
    "count_a": "20",
    "count_b": "30",
    "value_a": "80",
    "value_b": "95",
    "months": "12",
    "runs_to_change": "3",
}


class Firm:
    """Two teams with a rep each: five customers of the north bring 1,000 … 600, of the south less."""

    def __init__(self) -> None:
        self.today = Organisation.current().today()
        self.manager = make_member(AccessRole.MANAGER, name="Nora Lead")
        north = make_team(lead=self.manager)
        self.manager.memberships.create(team=north, starts_on=date(2015, 1, 1), is_primary=True)
        self.rep, self.colleague = make_member(team=north), make_member(team=north)
        self.outsider = make_member(team=make_team())
        self.admin = make_member(AccessRole.ADMIN)
        self.north = [make_customer(owner=self.rep, name=f"North {n}") for n in range(5)]
        self.south = [make_customer(owner=self.outsider, name=f"South {n}") for n in range(5)]
        for n, customer in enumerate((*self.north, *self.south)):
            make_order(
                member=self.rep, customer=customer, value=1000 - 100 * n, on=self.today, cost=None
            )
        self.prospect = make_customer(owner=self.rep, name="Prospect", potential_score=9)
        self.nobody = make_customer(owner=self.outsider, name="Nobody")
        tiers_update(as_of=self.today)

    def set(self, customer: Customer, tier: Tier = Tier.A, by: Member | None = None) -> None:
        last = self.today + timedelta(days=5)
        by = by or self.manager
        tier_override_set(customer=customer, tier=tier, reason="Strategic", ends_on=last, by=by)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def html(
    client: Client, who: Member, name: str, *args: Any, status: int = 200, **query: Any
) -> str:
    client.force_login(who)
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def stats(page: str) -> list[str]:
    """Customers of Tier A, B, C and unrated, as the strip at the top says."""
    strip = page.split('<dl class="stats')[1].split("</dl>", maxsplit=1)[0]
    return [part.split("</a>")[0].split(">")[-1] for part in strip.split("<dd>")[1:]]


def test_the_page_counts_what_each_reader_sees(client: Client, firm: Firm) -> None:
    rep, outsider = html(client, firm.rep, "tiers"), html(client, firm.outsider, "tiers")
    admin = html(client, firm.admin, "tiers")

    # No 0 and 1 are Tier A, 2 to 4 B, the south C; the prospect is Tier B by its score.
    assert stats(rep) == ["2", "4", "0", "0"]
    assert stats(outsider) == ["0", "0", "5", "1"]
    assert stats(admin) == ["2", "4", "5", "1"]
    assert "47.5% of the worth" in rep
    assert "Your customers, and the pool" in rep
    assert "North" not in outsider
    assert "34.5% of the worth" in admin
    assert "All customers" in admin


def test_a_colleague_and_the_manager_see_their_own(client: Client, firm: Firm) -> None:
    assert stats(html(client, firm.colleague, "tiers")) == ["0", "0", "0", "0"]
    assert stats(html(client, firm.manager, "tiers")) == ["2", "4", "0", "0"]


def test_how_many_customers_there_are_elsewhere_is_no_reps_business(
    client: Client, firm: Firm
) -> None:
    page = html(client, firm.rep, "tiers")

    assert "of 10" not in page
    assert "among the first 10% of rated customers" in page
    assert "rank 1 of 10" in html(client, firm.admin, "tiers")


def test_before_the_first_run_the_page_says_so(client: Client) -> None:
    page = html(client, make_member(AccessRole.ADMIN), "tiers")

    assert "Nothing has been computed yet" in page
    assert "No worth to share" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"direction": "up"}, ["North 2"]),
        ({"direction": "down"}, []),
        ({"direction": "lost"}, []),
        ({"kind": "override"}, ["North 2"]),
        ({"q": "north 4"}, ["North 4"]),
        ({"to": "2000-01-01"}, []),
    ],
)
def test_drift_is_filtered(
    client: Client, firm: Firm, query: dict[str, Any], expected: list[str]
) -> None:
    firm.set(firm.north[2])

    page = html(client, firm.manager, "tiers", **query).split('id="results"')[1]

    rows = [part.split("</a>")[0].split(">")[-1] for part in page.split('scope="row"')[1:]]
    assert rows == expected


def test_drift_of_a_team_is_of_its_owners_customers(client: Client, firm: Firm) -> None:
    slug = firm.outsider.memberships.get().team.slug

    page = html(client, firm.admin, "tiers", team=slug).split('id="results"')[1]

    assert "South 0" in page
    assert "North" not in page


@pytest.mark.parametrize("name", ["tiers", "tiers_pending", "tiers_overrides"])
def test_lists_ask_as_many_queries_for_two_rows_as_for_twenty(
    client: Client, firm: Firm, name: str
) -> None:
    def grow(count: int) -> None:
        for _n in range(count):
            customer = make_customer(owner=firm.rep, tier="C")
            TierFigure.objects.create(
                customer=customer, as_of=firm.today, pending="B", pending_runs=1, worth=Decimal(5)
            )
            firm.set(customer)
            TierFigure.objects.filter(customer=customer).update(pending="B", pending_runs=1)

    client.force_login(firm.manager)
    grow(2)
    few = len(queries_of(client, reverse(name)))
    grow(18)

    assert len(queries_of(client, reverse(name))) == few


def test_pending_changes_and_overrides_are_listed_for_their_readers(
    client: Client, firm: Firm
) -> None:
    make_order(member=firm.rep, customer=firm.north[4], value=5000, on=firm.today)
    firm.set(firm.north[2])
    tiers_update(as_of=firm.today)

    pending, by_hand = (
        html(client, firm.manager, name) for name in ("tiers_pending", "tiers_overrides")
    )
    theirs = html(client, firm.outsider, "tiers_pending")

    assert "North 4" in pending
    assert "1 of 3 runs" in pending
    assert "Strategic" in by_hand
    assert "North" not in theirs
    assert "North" not in html(client, firm.outsider, "tiers_overrides")


def test_the_panel_says_worth_place_rule_and_history(client: Client, firm: Firm) -> None:
    make_order(member=firm.rep, customer=firm.north[4], value=5000, on=firm.today)
    tiers_update(as_of=firm.today)
    customer = firm.north[4]

    page = html(client, firm.admin, "customer_tier", customer.pk)

    assert "€5,600" in page
    assert "rank 1 of 10" in page
    assert "1 of 3 runs" in page
    since = firm.today.replace(year=firm.today.year - 1) + timedelta(days=1)
    assert f"from={since}&amp;to={firm.today}" in page
    assert "Set by hand" in page
    # To htmx the part alone, with the badge of the header.
    client.force_login(firm.rep)
    address = reverse("customer_tier", args=[customer.pk])
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert '<span id="figure-tier" hx-swap-oob="true">' in part
    assert "Set by hand" not in part


def test_the_panel_of_a_prospect_names_its_score(client: Client, firm: Firm) -> None:
    page = html(client, firm.rep, "customer_tier", firm.prospect.pk)

    assert "provisional, by the potential score of 9" in page
    html(client, firm.rep, "customer_tier", firm.nobody.pk, status=404)


def post(client: Client, who: Member, name: str, *args: Any, **data: Any) -> Any:
    client.force_login(who)
    return client.post(reverse(name, args=args), data)


def test_who_leads_sets_a_tier_by_hand_and_cancels_it(client: Client, firm: Firm) -> None:
    customer, last = firm.north[4], firm.today + timedelta(days=30)

    response = post(
        client, firm.manager, "tier_override", customer.pk,
        tier="A", reason="Reference", ends_on=last.isoformat(),
    )  # fmt: skip

    customer.refresh_from_db()
    assert response.status_code == 302
    assert customer.tier == "A"
    override = TierOverride.objects.get()
    assert (override.by, override.reason, override.ends_on) == (firm.manager, "Reference", last)
    change = TierChange.objects.latest("pk")
    assert (change.from_tier, change.to_tier, change.kind) == ("B", "A", "override")
    assert (change.by, change.reason) == (firm.manager, "Reference")
    entry = AuditEntry.objects.get(action="customer.tier_override")
    assert (entry.object_id, entry.changes) == (customer.pk, {"tier": ["B", "A"]})
    assert "Reference" in html(client, firm.rep, "customer_tier", customer.pk)

    assert post(client, firm.manager, "tier_override_cancel", customer.pk).status_code == 302

    customer.refresh_from_db()
    assert customer.tier == "B"
    assert TierOverride.objects.get().cancelled_by == firm.manager
    change = TierChange.objects.latest("pk")
    assert (change.from_tier, change.to_tier, change.kind) == ("A", "B", "override_end")
    assert (change.worth, change.rank, change.rated) == (Decimal(600), 5, 10)
    assert AuditEntry.objects.filter(action="customer.tier_override_cancel").count() == 1


def test_setting_again_takes_the_place_of_what_was_set_before(firm: Firm) -> None:
    firm.set(firm.north[4])
    firm.set(firm.north[4], Tier.C)

    firm.north[4].refresh_from_db()
    assert firm.north[4].tier == "C"
    assert TierOverride.objects.in_force().get().tier == "C"


@pytest.mark.parametrize(("who", "status"), [("rep", 403), ("colleague", 404), ("outsider", 404)])
def test_others_do_not_set_it(client: Client, firm: Firm, who: str, status: int) -> None:
    customer, member = firm.north[4], getattr(firm, who)
    given = {"tier": "A", "reason": "Mine", "ends_on": firm.today.isoformat()}

    assert post(client, member, "tier_override", customer.pk, **given).status_code == status
    assert post(client, member, "tier_override_cancel", customer.pk).status_code == status

    customer.refresh_from_db()
    assert customer.tier == "B"
    assert not TierOverride.objects.exists()


@pytest.mark.parametrize(
    ("days", "reason", "message"),
    [
        (-1, "Why", "between today and a year from now"),
        (367, "Why", "between today and a year from now"),
        (5, "", "This field is required"),
    ],
)
def test_what_makes_no_sense_comes_back_with_the_form(
    client: Client, firm: Firm, days: int, reason: str, message: str
) -> None:
    last = firm.today + timedelta(days=days)
    response = post(
        client, firm.manager, "tier_override", firm.north[4].pk,
        tier="A", reason=reason, ends_on=last.isoformat(),
    )  # fmt: skip

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not TierOverride.objects.exists()


def test_the_last_day_is_a_year_from_now(firm: Firm) -> None:
    last = override_last_day(firm.today)
    given = {"customer": firm.north[4], "tier": Tier.A, "reason": "x", "by": firm.manager}

    with pytest.raises(OverrideOutOfRange):
        tier_override_set(ends_on=last + timedelta(days=1), **given)  # type: ignore[arg-type]
    tier_override_set(ends_on=last, **given)  # type: ignore[arg-type]

    assert TierOverride.objects.get().ends_on == last


def test_nothing_set_is_nothing_to_cancel(client: Client, firm: Firm) -> None:
    with pytest.raises(NoOverride):
        tier_override_cancel(customer=firm.north[0], by=firm.manager)

    response = post(client, firm.manager, "tier_override_cancel", firm.north[0].pk)
    assert response.status_code == 422


def test_cancelling_without_a_run_falls_back_on_the_score(firm: Firm) -> None:
    fresh = make_customer(owner=firm.rep, potential_score=12)
    firm.set(fresh, Tier.C)

    tier_override_cancel(customer=fresh, by=firm.manager)

    fresh.refresh_from_db()
    assert (fresh.tier, fresh.is_tier_provisional) == ("A", True)


@pytest.mark.parametrize("who", ["rep", "manager"])
def test_the_rule_is_for_administrators(client: Client, firm: Firm, who: str) -> None:
    member = getattr(firm, who)

    html(client, member, "tier_settings", status=404)
    response = post(client, member, "tier_settings", **SETTINGS, save="1")

    assert response.status_code == 404
    assert "Rule and what-if" not in html(client, member, "tiers")


def test_what_if_shows_the_effect_and_saves_nothing(client: Client, firm: Firm) -> None:
    firm.set(firm.south[4], Tier.B, by=firm.admin)

    response = post(
        client, firm.admin, "tier_settings", **{**SETTINGS, "count_a": "40", "check": 1}
    )

    page = " ".join(response.content.decode().split())
    assert response.status_code == 200
    # 4 instead of 2 are Tier A, B now ends at 7 instead of 5: two up to A, two up to B.
    assert "4 customers would change their tier" in page
    assert "1 customer set by hand stays as it is" in page
    for name in ("North 2", "North 3", "South 0", "South 1"):
        assert name in page
    assert "North 4" not in page
    assert TierRule.current().count_a == Decimal("0.2")
    assert not AuditEntry.objects.filter(action="tierrule.update").exists()


def test_saving_the_rule_is_audited_and_counts_from_the_next_run(
    client: Client, firm: Firm
) -> None:
    given = {**SETTINGS, "mode": "value", "value_a": "50", "runs_to_change": "1", "save": "1"}

    assert post(client, firm.admin, "tier_settings", **given).status_code == 302

    rule = TierRule.current()
    assert (rule.mode, rule.value_a, rule.runs_to_change) == ("value", Decimal("0.5"), 1)
    entry = AuditEntry.objects.get(action="tierrule.update")
    assert set(entry.changes) == {"mode", "value_a", "runs_to_change"}
    tiers_update(as_of=firm.today)
    tiers = {customer.name: customer.tier for customer in Customer.objects.filter(tier="A")}
    # 1,000 + 900 + 800 of 5,500 are 49.1 %; with 700 more it is 61.8 %.
    assert sorted(tiers) == ["North 0", "North 1", "North 2"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"count_a": "60", "count_b": "40"}, "stay below 100 %"),
        ({"value_a": "80", "value_b": "80"}, "Tier B ends after Tier A"),
        ({"months": "0"}, "greater than or equal to 1"),
        ({"count_a": "x"}, "Enter a number"),
    ],
)
def test_rules_that_leave_no_tier_are_refused(
    client: Client, firm: Firm, changed: dict[str, str], message: str
) -> None:
    response = post(client, firm.admin, "tier_settings", **{**SETTINGS, **changed}, save="1")

    assert response.status_code == 422
    assert message in response.content.decode()
    assert TierRule.current().count_a == Decimal("0.2")


def test_the_command_prints_the_tiers_of_a_day(firm: Firm) -> None:
    firm.set(firm.south[4], Tier.B, by=firm.admin)
    out = StringIO()
    call_command("metrics", "tiers", f"--as-of={firm.today}", "--json", stdout=out)

    data = json.loads(out.getvalue())

    assert (data["figure"], data["mode"], data["rated"]) == ("tiers", "count", 10)
    assert (data["provisional"], data["unrated"], data["worth"]) == (1, 1, "5500.00")
    assert data["tiers"][0] == {
        "tier": "A",
        "customers": 2,
        "worth": "1900.00",
        "share_of_customers": "0.2",
        "share_of_worth": "0.3454545454545454545454545455",
    }
    first, last = data["customers"][0], data["customers"][9]
    assert (first["name"], first["tier"], first["rank"], first["worth"]) == (
        "North 0", "A", 1, "1000.00",
    )  # fmt: skip
    assert (last["name"], last["tier"], last["applied"]) == ("South 4", "C", "B")


def test_the_command_prints_a_table_and_the_rows_of_a_team(firm: Firm) -> None:
    out = StringIO()
    slug = firm.outsider.memberships.get().team.slug
    call_command("metrics", "tiers", f"--as-of={firm.today}", "--team", slug, stdout=out)

    assert "South 0" in out.getvalue()
    assert "North 0" not in out.getvalue()


def test_the_command_knows_nothing_of_a_day_before_the_orders(firm: Firm) -> None:
    out = StringIO()
    call_command("metrics", "tiers", "--as-of=2001-01-01", "--json", stdout=out)

    data = json.loads(out.getvalue())
    assert (data["rated"], data["worth"], data["customers"]) == (0, "0", [])
