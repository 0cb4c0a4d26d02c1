"""A rep changes the team: last quarter's dashboards stay as they were, open work moves today."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.core.models import Organisation
from apps.members.models import AccessRole, Member, Team
from tests.factories import (
    PASSWORD,
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
)
from tests.journeys.axe import findings

pytestmark = pytest.mark.journey


class Firm:
    """A division with two teams; a rep of the first with work in last quarter that goes on."""

    def __init__(self) -> None:
        self.lead = make_member(AccessRole.MANAGER, name="Dana Lead", email="dana@example.com")
        division = make_team(lead=self.lead, name="Division")
        self.west = make_team(parent=division, name="West")
        self.east = make_team(parent=division, name="East")
        self.rep = make_member(team=self.west, name="Robin Rep")
        stays = make_member(team=self.east, name="Sam Stays")
        first = self.last_quarter_start = start_of_last_quarter()
        for owner, count in ((self.rep, 3), (stays, 2)):
            for number in range(count):
                day = first + timedelta(days=10 + number)
                customer = make_customer(owner=owner)
                make_opportunity(
                    ("E", day), ("C", day + timedelta(days=5)), owner=owner, customer=customer
                )
                won = make_opportunity(
                    ("C", day), ("won", day + timedelta(days=9)), owner=owner, customer=customer
                )
                make_order(member=owner, value=1000 + number, on=won.closed_on or day)

    @property
    def quarter(self) -> str:
        first = self.last_quarter_start
        return f"{first.year}-Q{(first.month + 2) // 3}"


def start_of_last_quarter() -> date:
    today = Organisation.current().today()
    this = date(today.year, today.month - (today.month - 1) % 3, 1)
    return date(this.year - (this.month == 1), (this.month - 4) % 12 + 1, 1)


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def figures(page: Page, team: Team, period: str) -> dict[str, str]:
    """Every figure that the dashboard of the team shows for a period."""
    page.goto(f"/dashboard/{team.slug}/?period={period}")
    shown = page.locator("[data-figure]")
    return {
        shown.nth(n).get_attribute("data-figure") or "": shown.nth(n).inner_text()
        for n in range(shown.count())
    }


def open_now(page: Page, team: Team) -> str:
    today = Organisation.current().today()
    page.goto(f"/dashboard/{team.slug}/?period={today.year}-{today.month:02d}")
    return page.locator('[data-figure="open-C"]').inner_text()


def test_last_quarters_figures_stay_and_open_work_is_in_the_new_team(
    page: Page, firm: Firm
) -> None:
    sign_in(page, firm.lead)
    before = [figures(page, team, firm.quarter) for team in (firm.west, firm.east)]
    assert [shown["open-C"] for shown in before] == ["3", "2"]
    assert [open_now(page, team) for team in (firm.west, firm.east)] == ["3", "2"]

    page.goto(f"/people/{firm.rep.pk}/move/")
    expect(page.get_by_text("Robin Rep belongs to West now.")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("To the team").select_option(firm.east.slug)
    page.get_by_label("Reason").fill("East grows")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("3 open opportunities came along.")).to_be_visible()

    after = [figures(page, team, firm.quarter) for team in (firm.west, firm.east)]
    assert after == before
    assert open_now(page, firm.east) == "5"
    page.locator('[data-figure="open-C"]').click()
    expect(page.locator('[data-figure="count"]')).to_have_text("5")
    page.locator("tbody tr", has_text="Robin Rep").first.get_by_role("link").first.click()
    expect(page.get_by_text("With Robin Rep from West to East")).to_be_visible()
    expect(page.get_by_text("East grows")).to_be_visible()
