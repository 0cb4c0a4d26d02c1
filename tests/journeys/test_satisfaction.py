"""A survey from the question to the figures: asked, answered by a stranger on a phone, counted."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.core.models import OutgoingMail
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member, Notification
from apps.satisfaction.models import Survey
from tests.factories import make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE
from tests.journeys.test_screening import sign_in

pytestmark = pytest.mark.journey


@pytest.fixture
def rep(context: BrowserContext) -> Member:
    lead = make_member(AccessRole.MANAGER, name="Katrin Albrecht")
    return make_member(team=make_team(lead=lead, name="East"), name="Mia Petersen")


@pytest.fixture
def customer(rep: Member) -> Customer:
    made = make_customer(owner=rep, name="Acme Logistik")
    Contact.objects.create(customer=made, name="Eva Lang", email="eva@acme.example")
    return made


@pytest.mark.parametrize("scripts", [True, False])
def test_a_contact_answers_and_the_owner_sees_it(
    page: Page,
    chromium: Browser,
    live_server: LiveServer,
    customer: Customer,
    rep: Member,
    scripts: bool,
) -> None:
    sign_in(page, rep, f"/customers/{customer.pk}/")
    panel = page.locator("#satisfaction")
    panel.get_by_text("Ask a contact").click()
    panel.get_by_label("Sent as").select_option("link")
    panel.get_by_role("button", name="Ask", exact=True).click()
    link = panel.get_by_label("Link of the survey").input_value()
    assert findings(page) == []

    # The contact: another browser, a phone, no sign-in, perhaps no scripts.
    phone = chromium.new_context(
        base_url=live_server.url, viewport=PHONE, java_script_enabled=scripts, locale="en-GB"
    )
    answer_poorly(phone.new_page(), "/survey/" + link.partition("/survey/")[2], scripts=scripts)
    assert phone.cookies() == []
    phone.close()

    page.goto(f"/customers/{customer.pk}/")
    expect(panel.get_by_text("Two weeks late")).to_be_visible()
    page.goto("/satisfaction/")
    expect(page.get_by_text("Two weeks late")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="2.0", exact=True).click()
    expect(page.get_by_role("link", name="Acme Logistik")).to_be_visible()
    assert findings(page) == []
    assert Notification.objects.get(kind="survey.low_csat").member == rep
    assert Survey.objects.get().score == 2
    assert not OutgoingMail.objects.exists()


def answer_poorly(guest: Page, address: str, *, scripts: bool) -> None:
    guest.goto(address)
    expect(guest.get_by_text("Hello Eva Lang,")).to_be_visible()
    if scripts:
        assert findings(guest) == []
        assert guest.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    guest.get_by_role("button", name="Send the answer").click()
    expect(guest.get_by_text("Please choose a number.")).to_be_visible()
    guest.get_by_role("radio", name="2 Dissatisfied").check(force=True)
    guest.get_by_label("What is the reason for your answer?").fill("Two weeks late")
    guest.get_by_role("button", name="Send the answer").click()
    expect(guest.get_by_role("heading", name="Thank you")).to_be_visible()
    guest.reload()
    expect(guest.get_by_role("heading", name="Thank you")).to_be_visible()
