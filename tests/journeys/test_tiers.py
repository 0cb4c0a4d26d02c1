"""A lead sets a customer's tier by hand, sees it in the header and the history, and takes it back."""

from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.core.models import Organisation
from apps.members.models import AccessRole
from apps.portfolio.tiers.services import tiers_update
from tests.factories import PASSWORD, make_customer, make_member, make_order, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


@pytest.fixture
def customer_page(context: BrowserContext) -> str:
    """The address of the least of six customers: Tier C by the rule."""
    team = make_team(name="West")
    rep = make_member(team=team, name="Rita Rep")
    make_member(AccessRole.DIRECTOR, name="Dora Director", email="dora@example.com")
    today = Organisation.current().today()
    customers = [make_customer(owner=rep, name=f"Client {n}") for n in range(6)]
    for n, customer in enumerate(customers):
        make_order(member=rep, customer=customer, value=1000 - 100 * n, on=today)
    tiers_update(as_of=today)
    return f"/customers/{customers[-1].pk}/"


def sign_in(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill("dora@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def test_a_tier_is_set_by_hand_and_taken_back(page: Page, customer_page: str) -> None:
    sign_in(page)
    page.goto(customer_page)
    panel = page.locator("#customer-tier")
    expect(page.locator("#figure-tier")).to_have_text("Tier C")
    expect(panel).to_contain_text("rank 6 of 6")

    panel.get_by_role("link", name="Set by hand").click()
    assert findings(page) == []
    page.get_by_label("Tier").select_option(label="Tier A")
    last = Organisation.current().today() + timedelta(days=30)
    page.get_by_label("Until").fill(last.isoformat())
    page.get_by_label("Reason").fill("Reference customer")
    page.get_by_role("button", name="Set the tier").click()

    expect(page.get_by_text("Client 5 is set to Tier A by hand.")).to_be_visible()
    expect(page.locator("#figure-tier")).to_contain_text("Tier A")
    expect(panel).to_contain_text("set by hand until")
    expect(panel.locator(".tier-history li")).to_have_count(2)
    expect(panel.locator(".tier-history li").first).to_contain_text("Reference customer")
    assert findings(page) == []

    page.goto("/tiers/")
    expect(page.locator("#overrides")).to_contain_text("Client 5")
    assert findings(page) == []
    page.get_by_label("Direction").select_option(label="To a higher tier")
    expect(page.locator('#results [data-figure="count"]')).to_have_text("1")
    page.locator("#results").get_by_role("link", name="Client 5").click()

    panel.get_by_role("button", name="Compute it again").click()
    expect(page.locator("#figure-tier")).to_have_text("Tier C")
    expect(panel.locator(".tier-history li")).to_have_count(3)
    expect(panel.get_by_role("link", name="Set by hand")).to_be_visible()


def test_the_tiers_fit_a_phone(page: Page, customer_page: str) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page)
    page.goto("/tiers/")
    expect(page.locator("#concentration [data-drawn]")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    assert wide <= 0
    assert findings(page) == []
