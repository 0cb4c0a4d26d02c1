"""Forms in a browser: sent once, however often the button is pressed."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from apps.members.models import AccessRole, Member, StandIn
from tests.factories import PASSWORD, make_member, make_team

pytestmark = pytest.mark.journey

DAY = date(2099, 3, 2)
TWICE = """form => { form.requestSubmit(); form.requestSubmit(); }"""


@pytest.fixture
def lead(context: BrowserContext) -> Member:
    lead = make_member(AccessRole.MANAGER, name="Katrin Albrecht")
    make_member(team=make_team(lead=lead, name="East"), name="Mia Petersen")
    return lead


def test_a_form_sent_by_htmx_is_sent_once(page: Page, lead: Member) -> None:
    sent: list[str] = []

    def noted(request: Request) -> None:
        if request.method == "POST" and "stand-ins" in request.url:
            sent.append(request.url)

    page.goto("/account/profile/")
    page.get_by_label("Email").fill(lead.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.on("request", noted)
    page.get_by_label("Stand-in").fill("Mia")
    page.get_by_role("option", name="Mia Petersen").click()
    page.get_by_label("First day away").fill(DAY.isoformat())
    page.get_by_label("Last day away").fill((DAY + timedelta(days=3)).isoformat())

    page.locator("#stand-ins form").last.evaluate(TWICE)

    expect(page.locator("#stand-ins").get_by_text("Mia Petersen").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1
    assert StandIn.objects.count() == 1
