"""Calls in the browser: one of an unknown number finds its customer, a phone system is connected."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.activities.models import Activity
from apps.members.models import AccessRole
from apps.telephony.models import PhoneCall
from apps.telephony.services import call_event_take
from tests.factories import PASSWORD, make_customer, make_member
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE, WIDE
from tests.telephony.conftest import NUMBER, Office, event, make_office, with_phone

pytestmark = pytest.mark.journey


@pytest.fixture
def office(context: BrowserContext) -> Office:
    made = make_office()
    for call_id, number, extension in (
        ("c1", NUMBER, "101"),
        ("c2", "", "101"),
        ("c3", "7", "102"),
    ):
        for kind, after in (("started", 0), ("answered", 5), ("ended", 130)):
            one = event(
                kind,
                after,
                event_id=f"{call_id}{kind}",
                from_number=number,
                extension=extension,
                direction="in",
            )
            call_event_take(system=made.system, call_id=call_id, event=one)
    return made


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def looked_at(page: Page, name: str) -> None:
    """Nothing hinders a reader, and nothing sticks out, wide and on a phone."""
    assert findings(page) == []
    for size, word in ((PHONE, "phone"), (WIDE, "wide")):
        page.set_viewport_size(size)
        inner = page.evaluate("document.documentElement.scrollWidth")
        assert inner <= size["width"], f"{name} on {word}"


def test_a_call_of_an_unknown_number_finds_its_customer(page: Page, office: Office) -> None:
    customer = make_customer(owner=office.mei, name="Nordlicht GmbH", region="Hessen")
    with_phone(customer, "", name="Anna Krüger")
    sign_in(page, office.mei.email)

    page.get_by_role("link", name="Call inbox", exact=True).click()
    expect(page.get_by_text("2 calls without a customer")).to_be_visible()
    looked_at(page, "inbox")
    page.get_by_role("link", name=f"Assign {NUMBER}").click()
    page.get_by_label("Customer, contact, phone or initials").fill("nordl")
    page.get_by_role("button", name="Search").last.click()
    looked_at(page, "choose")
    page.get_by_role("link", name="Nordlicht GmbH").click()
    looked_at(page, "assign")
    page.get_by_label("Keep the number").select_option("With Anna Krüger")
    page.get_by_role("button", name="Assign to Nordlicht GmbH").click()

    expect(page.get_by_text("The call is written down with Nordlicht GmbH.")).to_be_visible()
    expect(page.get_by_text("1 call without a customer")).to_be_visible()
    assert Activity.objects.get().minutes == 3
    page.get_by_role("link", name="Dismiss").click()
    looked_at(page, "dismiss")
    page.get_by_label("Reason").fill("Advertising")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("No call waits")).to_be_visible()
    assert PhoneCall.objects.get(call_id="c2").dismissed_reason == "Advertising"


def test_an_administrator_connects_a_phone_system(page: Page, office: Office) -> None:
    make_member(AccessRole.ADMIN, email="ada@example.com")
    sign_in(page, "ada@example.com")

    page.goto("/settings/phones/")
    looked_at(page, "systems")
    page.get_by_label("Name").fill("berlin")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("it is shown this once")).to_be_visible()
    looked_at(page, "system-new")
    page.goto(f"/settings/phones/{office.system.pk}/")
    expect(page.get_by_text("it is shown this once")).to_be_hidden()
    looked_at(page, "system")
