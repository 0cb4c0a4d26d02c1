"""The tree of teams in a browser: by mouse, by keyboard, folded, and read by axe."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.core.models import AuditEntry
from apps.members.models import AccessRole, Member, Team
from tests.factories import PASSWORD, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


@pytest.fixture
def teams(context: BrowserContext) -> dict[str, Team]:
    """Company → East → Berlin, Company → West."""
    company = make_team(name="Company")
    east = make_team(parent=company, name="East")
    berlin = make_team(parent=east, name="Berlin")
    west = make_team(parent=company, name="West")
    make_member(team=berlin, name="Mia Petersen")
    return {team.name: team for team in (company, east, berlin, west)}


@pytest.fixture
def admin(teams: dict[str, Team]) -> Member:
    return make_member(AccessRole.ADMIN, name="Ingrid Sommer")


def open_tree(page: Page, member: Member) -> None:
    page.goto("/teams/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Teams")).to_be_visible()


def above(name: str) -> str | None:
    parent = Team.objects.select_related("parent").get(name=name).parent
    return parent.name if parent else None


def test_a_team_is_moved_by_dragging_and_its_own_teams_take_nothing(
    page: Page, admin: Member
) -> None:
    open_tree(page, admin)

    page.locator('tr[data-name="East"]').drag_to(page.locator('tr[data-name="Berlin"]'))
    assert above("East") == "Company"

    page.locator('tr[data-name="East"] td').nth(1).drag_to(page.locator('tr[data-name="West"]'))
    expect(page.get_by_text("“East” stands below “West” now.")).to_be_visible()

    assert above("East") == "West"
    berlin = Team.objects.get(name="Berlin")
    assert [Team.objects.get(pk=pk).name for pk in berlin.path] == [
        "Company",
        "West",
        "East",
        "Berlin",
    ]
    assert AuditEntry.objects.filter(action="team.move", by=admin).count() == 1
    assert findings(page) == []


def test_the_same_by_keyboard(page: Page, admin: Member) -> None:
    open_tree(page, admin)

    page.get_by_text("Actions for Berlin").locator("..").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _step in range(10):
        if page.evaluate("document.activeElement.innerText") == "Move to…":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Move Berlin")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Below").select_option(label="At the top of the tree")
    page.get_by_role("button", name="Move the team").press("Enter")
    expect(page.get_by_text("“Berlin” stands at the top of the tree now.")).to_be_visible()

    assert above("Berlin") is None


def test_folded_branches_stay_folded(page: Page, admin: Member) -> None:
    open_tree(page, admin)
    berlin = page.locator('tr[data-name="Berlin"]')
    expect(berlin).to_be_visible()

    page.get_by_role("button", name="Teams below East").click()
    expect(berlin).to_be_hidden()
    page.reload()
    expect(berlin).to_be_hidden()
    page.get_by_role("button", name="Unfold all").click()
    expect(berlin).to_be_visible()


def test_without_javascript_a_team_is_moved_by_its_form(
    chromium: Browser, live_server: LiveServer, admin: Member
) -> None:
    plain = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="en-GB"
    )
    page = plain.new_page()
    open_tree(page, admin)

    page.get_by_text("Actions for East").locator("..").click()
    page.get_by_role("link", name="Move to…").first.click()
    page.get_by_label("Below").select_option(label="\u2003West")
    page.get_by_role("button", name="Move the team").click()
    expect(page.get_by_text("“East” stands below “West” now.")).to_be_visible()
    plain.close()

    assert above("East") == "West"


def test_the_page_of_a_team_on_a_phone(page: Page, admin: Member, teams: dict[str, Team]) -> None:
    page.set_viewport_size(PHONE)
    open_tree(page, admin)

    page.get_by_role("link", name="Berlin").click()

    expect(page.get_by_role("heading", level=1, name="Berlin")).to_be_visible()
    expect(page.get_by_text("Nobody in this team covers:")).to_be_visible()
    expect(page.get_by_text("Reps without an open opportunity")).to_be_visible()
    expect(page.get_by_role("heading", name="Load")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert findings(page) == []
