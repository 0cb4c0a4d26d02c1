"""Somebody leaves: their work is in other hands, their door is shut, and the page says so."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.core.models import Organisation
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_customer, make_member, make_opportunity, make_team
from tests.journeys.axe import findings

pytestmark = pytest.mark.journey


class Firm:
    """A leaver with five customers and three open opportunities, and two colleagues."""

    def __init__(self) -> None:
        self.admin = make_member(AccessRole.ADMIN, name="Ada Admin", email="ada@example.com")
        team = make_team(name="West")
        self.leaver = make_member(team=team, name="Lee Leaver", email="lee@example.com")
        self.first = make_member(team=team, name="Fay First", email="fay@example.com")
        self.second = make_member(team=team, name="Sol Second", email="sol@example.com")
        day = Organisation.current().today()
        customers = [
            make_customer(owner=self.leaver, name=f"Client {number}") for number in range(5)
        ]
        for customer in customers[:3]:
            make_opportunity(
                ("C", day), owner=self.leaver, customer=customer, value=Decimal(100), name="Film"
            )


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_everything_is_handed_over_and_the_leaver_is_out(
    page: Page, firm: Firm, chromium: Browser, live_server: LiveServer
) -> None:
    theirs = chromium.new_context(base_url=live_server.url, locale="en-GB").new_page()
    sign_in(theirs, firm.leaver)
    expect(theirs.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()
    theirs.goto("/account/profile/")

    sign_in(page, firm.admin)
    page.goto(f"/people/{firm.leaver.pk}/leave/")
    assert findings(page) == []
    page.get_by_label("Reason").fill("Moves to Rome")
    page.get_by_label("Spread evenly over several").first.check()
    page.get_by_label("Fay First").check()
    page.get_by_label("Sol Second").check()
    page.get_by_role("button", name="Check what goes where").click()

    expect(page.get_by_role("heading", name="Lee Leaver leaves: is this right?")).to_be_visible()
    assert findings(page) == []
    rows = [" ".join(row.inner_text().split()) for row in page.locator("tbody tr").all()]
    assert rows[:4] == [
        "Open opportunities Fay First 2 €200",
        "Open opportunities Sol Second 1 €100",
        "Customers Fay First 3",
        "Customers Sol Second 2",
    ]
    page.get_by_role("button", name="Hand over and let go").click()
    expect(page.get_by_role("heading", name="Lee Leaver has left")).to_be_visible()
    expect(page.get_by_role("row", name="Customers Fay First")).to_contain_text("3")
    assert findings(page) == []

    theirs.goto("/customers/")
    expect(theirs.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    sign_in(theirs, firm.leaver)
    expect(theirs.get_by_role("heading", name="This sign-in is switched off")).to_be_visible()
    has_taken_over(theirs, firm.first)
    theirs.context.close()


def has_taken_over(page: Page, member: Member) -> None:
    """The receiver sees what came to them, and from whom."""
    sign_in(page, member)
    page.goto("/customers/")
    expect(page.locator('[data-figure="count"]')).to_have_text("3")
    page.get_by_role("link", name="Client 0").click()
    expect(page.get_by_text("From Lee Leaver to Fay First")).to_be_visible()
    page.goto("/opportunities/?state=open")
    expect(page.locator('[data-figure="count"]')).to_have_text("2")
