"""The pool in the browser: two want the same customer; rules are tried before they hold."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.customers.models import HoldingLimits
from apps.members.models import AccessRole, Member
from apps.pool.models import PoolRule, PoolSettings
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings

pytestmark = pytest.mark.journey


class Firm:
    def __init__(self) -> None:
        self.admin = make_member(AccessRole.ADMIN, name="Ada Admin", email="ada@example.com")
        team = make_team(name="West")
        self.mei = make_member(team=team, name="Mei Lin", email="mei@example.com")
        self.ben = make_member(team=team, name="Ben Ode", email="ben@example.com")
        HoldingLimits.current()
        PoolSettings.current()
        self.pooled = [make_customer(name=f"Free {n} AG", region="Hessen") for n in range(3)]


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def test_of_two_who_claim_the_same_customer_the_second_hears_who_has_it(
    page: Page, firm: Firm, chromium: Browser, live_server: LiveServer
) -> None:
    context = chromium.new_context(base_url=live_server.url, locale="en-GB")
    theirs = context.new_page()
    sign_in(page, firm.mei)
    sign_in(theirs, firm.ben)
    for one in (page, theirs):
        one.goto("/pool/")
        expect(one.get_by_text("3 customers in the pool")).to_be_visible()
    assert findings(page) == []

    page.get_by_role("button", name="Claim Free 1 AG").click()
    expect(page.get_by_role("row", name="Free 1 AG")).to_contain_text("Yours now")
    expect(page.locator("#pool-limits")).to_contain_text("1 of 30 claims today")
    theirs.get_by_role("button", name="Claim Free 1 AG").click()

    expect(theirs.get_by_role("row", name="Free 1 AG")).to_contain_text("Mei Lin has it now.")
    expect(theirs.locator("#pool-limits")).to_contain_text("0 of 30 claims today")
    assert findings(theirs) == []
    theirs.get_by_label("Tick Free 0 AG").check()
    theirs.get_by_label("Tick Free 2 AG").check()
    theirs.get_by_role("button", name="Claim those ticked").click()
    expect(theirs.get_by_text("2 customers are yours now.")).to_be_visible()
    expect(theirs.get_by_role("heading", name="The pool is empty")).to_be_visible()
    context.close()
    _release(page)


def _release(page: Page) -> None:
    """What was claimed goes back, and is not to be had again at once."""
    row = page.get_by_role("row", name="Free 1 AG")
    row.get_by_role("link", name="Free 1 AG").click()
    hold = page.locator("#hold")
    expect(hold).to_contain_text("Mei Lin")
    expect(hold).to_contain_text("Goes to the pool after")
    hold.get_by_role("link", name="Release to the pool").click()
    page.get_by_label("Reason").fill("No budget this year")
    assert findings(page) == []
    page.get_by_role("button", name="Release to the pool").click()
    expect(page.locator("#hold")).to_contain_text("In the pool")
    expect(page.locator("#hold")).to_contain_text("can have it again from")


def test_rules_are_tried_before_they_are_saved(page: Page, firm: Firm) -> None:
    since = timezone.now() - timedelta(days=20)
    for number in range(4):
        make_customer(owner=firm.mei, name=f"Quiet {number} AG", held_since=since)
    sign_in(page, firm.admin)
    page.goto("/settings/pool/")
    assert findings(page) == []

    page.get_by_label("Unrated: without activity, days").fill("10")
    page.get_by_role("button", name="See what it would release").click()

    card = page.locator("#dry-run")
    expect(card).to_contain_text("This would release 4 customers of 1 owner.")
    expect(card.get_by_role("link", name="Quiet 3 AG")).to_be_visible()
    assert findings(page) == []
    assert PoolRule.objects.get(tier="").no_activity_days == 30
    expect(page.get_by_label("Unrated: without activity, days")).to_have_value("10")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The rules of the pool are saved.")).to_be_visible()
    assert PoolRule.objects.get(tier="").no_activity_days == 10
