"""Calling in a browser: the button with the clock there, the reason when it is closed, do-not-call."""

import re
from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from apps.activities.models import Activity
from apps.calling.models import CallRules
from apps.core.models import Organisation
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


class Firm:
    def __init__(self) -> None:
        # Open on whichever day this runs: no holidays are known, no weekend, no night.
        Organisation.current()
        Organisation.objects.update(country="")
        CallRules.current()
        CallRules.objects.update(first=time(0), until=time.max, are_weekends_allowed=True)
        self.lead = make_member(AccessRole.MANAGER, name="Lena Vogt")
        self.rep = make_member(team=make_team(name="East", lead=self.lead), name="Mia Petersen")
        self.acme: Customer = make_customer(owner=self.rep, name="Acme Handels AG")
        for name, phone in (("Anna Weber", "0231 5501420"), ("Ben Ode", "0231 5501421")):
            Contact.objects.create(customer=self.acme, name=name, phone=phone)


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def open_page(page: Page, member: Member, address: str) -> None:
    page.goto(address)
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(f"{address}$"))


def test_button_follows_the_rules_and_the_contacts_wishes(page: Page, firm: Firm) -> None:
    address = f"/customers/{firm.acme.pk}/"
    open_page(page, firm.rep, address)
    button, anna = page.locator("#call"), page.locator(".contact", has_text="Anna Weber")

    expect(button.get_by_role("link", name="Call Anna Weber")).to_have_attribute(
        "href", "tel:0231 5501420"
    )
    expect(button).to_contain_text("there")
    assert findings(page) == []

    anna.get_by_role("link", name="Never call Anna Weber").click()
    page.get_by_label("Reason").fill("Asked for it on the phone")
    assert findings(page) == []
    page.get_by_role("button", name="Do not call").click()
    expect(anna).to_contain_text("do not call")
    expect(anna).to_contain_text("Asked for it on the phone")
    expect(anna.locator('[href^="tel:"]')).to_have_count(0)
    expect(button.get_by_role("link", name="Call Ben Ode")).to_have_attribute(
        "href", "tel:0231 5501421"
    )

    Activity.objects.create(
        customer=firm.acme,
        member=firm.lead,
        channel="call",
        outcome="no_answer",
        at=timezone.now() - timedelta(minutes=5),
    )
    page.reload()
    expect(button).to_contain_text("Between two calls there are at least 30 minutes.")
    expect(button).to_contain_text("Allowed from")
    expect(page.locator('[href^="tel:"]')).to_have_count(0)
    assert findings(page) == []

    page.set_viewport_size(PHONE)
    expect(button).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert findings(page) == []


def test_contact_being_edited_is_left_alone_when_the_button_is_drawn_anew(
    page: Page, firm: Firm
) -> None:
    open_page(page, firm.rep, f"/customers/{firm.acme.pk}/")
    anna, form = page.locator(".contact", has_text="Anna Weber"), page.locator("form.contact-form")
    expect(anna.locator('[href="tel:0231 5501420"]')).to_have_count(2)

    anna.get_by_role("link", name="Edit Anna Weber").click()
    expect(form).to_be_visible()
    industry = page.locator("#field-industry")
    industry.get_by_role("link").press("Enter")
    industry.get_by_role("textbox").fill("Retail")
    with page.expect_response(re.compile("/call/")):
        page.keyboard.press("Enter")

    expect(form).to_be_visible()
    form.locator('[name="phone"]').fill("+800 1234 5678")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#call").get_by_role("link")).to_have_attribute(
        "href", "tel:+800 1234 5678"
    )
    expect(anna.locator('[href="tel:+800 1234 5678"]')).to_have_count(2)


def test_lead_allows_calls_again(page: Page, firm: Firm) -> None:
    Contact.objects.filter(name="Anna Weber").update(
        do_not_call_at=timezone.now(), do_not_call_reason="Asked"
    )
    open_page(page, firm.lead, f"/customers/{firm.acme.pk}/")
    anna = page.locator(".contact", has_text="Anna Weber")

    anna.get_by_role("link", name="Why Anna Weber must not be called").click()
    expect(page.get_by_text("Nobody calls or texts since")).to_be_visible()
    page.get_by_label("Reason").fill("She wrote that we may")
    page.get_by_role("button", name="Allow calls again").click()

    expect(anna.locator('[href^="tel:"]')).to_have_count(2)
    expect(anna).not_to_contain_text("do not call")


def test_administrator_sets_the_hours(page: Page, firm: Firm) -> None:
    admin = make_member(AccessRole.ADMIN, name="Ada Admin")
    open_page(page, admin, "/settings/calls/")

    page.get_by_label("Until").fill("00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This has to be later than the first hour.")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Until").fill("18:00")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The rules of calling are saved.")).to_be_visible()
    assert CallRules.current().until == time(18)
