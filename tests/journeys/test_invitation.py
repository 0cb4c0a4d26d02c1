"""Somebody is invited, accepts, sets up a second step where the role asks for one, and works."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.core.models import Organisation, OutgoingMail
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE
from tests.members.totp import code_of

pytestmark = pytest.mark.journey

NEW_PASSWORD = "plough-lantern-42"


@pytest.fixture
def admin(context: BrowserContext) -> Member:
    make_team(name="North")
    return make_member(AccessRole.ADMIN, name="Ada Admin", email="ada@example.com")


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main navigation")).to_be_visible()


def invite(page: Page, role: str) -> str:
    """Invite Nele by the form; the path of the link that she gets."""
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Invite", exact=True).click()
    assert findings(page) == []
    page.get_by_label("Email").fill("nele@example.com")
    page.get_by_label("Name", exact=True).fill("Nele New")
    page.get_by_label("Access role").select_option(role)
    page.get_by_label("Team", exact=True).select_option(label="North")
    page.get_by_role("button", name="Send the invitation").click()
    row = page.get_by_role("row", name="Nele New")
    expect(row).to_contain_text("Open")
    assert findings(page) == []
    found = re.search(r"(/invitation/\S+/)", OutgoingMail.objects.get().text)
    assert found is not None
    return found[1]


def accept(page: Page, link: str) -> None:
    page.goto(link)
    assert findings(page) == []
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("Password again").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Accept and sign in").click()


@pytest.fixture
def browser_of_nele(context: BrowserContext, live_server: object) -> Callable[[], Page]:
    """Another browser, a phone, that nobody is signed in with."""

    def opened() -> Page:
        browser = context.browser
        assert browser is not None
        hers = browser.new_context(
            base_url=str(live_server), viewport=PHONE, locale="en-GB", reduced_motion="reduce"
        )
        return hers.new_page()

    return opened


def test_from_the_invitation_to_the_first_page(
    page: Page, admin: Member, browser_of_nele: Callable[[], Page]
) -> None:
    sign_in(page, admin)
    link = invite(page, "rep")
    hers = browser_of_nele()

    accept(hers, link)

    expect(hers.get_by_role("heading", level=1)).to_be_visible()
    expect(hers).to_have_url(re.compile("/dashboard/"))
    page.reload()
    expect(page.get_by_role("row", name="Nele New")).to_contain_text("Accepted")
    page.get_by_role("link", name="Nele New").click()
    expect(page.get_by_role("heading", level=1, name="Nele New")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("North")
    assert findings(page) == []
    hers.goto(link)
    expect(hers.get_by_role("heading", name="This link lets nobody in")).to_be_visible()
    assert findings(hers) == []


def test_where_the_role_asks_for_a_second_step_it_comes_first(
    page: Page, admin: Member, browser_of_nele: Callable[[], Page]
) -> None:
    Organisation.objects.update(two_step_roles=["manager"])
    sign_in(page, admin)
    link = invite(page, "manager")
    hers = browser_of_nele()

    accept(hers, link)
    expect(hers.get_by_role("heading", level=1, name="Set up two-step sign-in")).to_be_visible()
    hers.goto("/dashboard/")
    expect(hers.get_by_role("heading", level=1, name="Set up two-step sign-in")).to_be_visible()
    hers.get_by_role("link", name="Set up Authenticator app").click()
    secret = hers.locator("#secret").inner_text()
    hers.get_by_label("Authenticator code").fill(code_of(secret))
    hers.get_by_role("button", name="Turn on").click()
    hers.get_by_role("link", name="I have saved them").click()

    expect(hers).to_have_url(re.compile("/dashboard/"))
    expect(hers).to_have_title(re.compile("Dashboard"))
