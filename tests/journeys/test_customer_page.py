"""The customer page in a browser: fields in place by keyboard, two writers, delete and restore."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.core.models import AuditEntry
from apps.customers.models import Contact, Customer
from apps.members.models import Member
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


@pytest.fixture
def rep(context: BrowserContext) -> Member:
    return make_member(team=make_team(name="East"), name="Mia Petersen")


@pytest.fixture
def acme(rep: Member) -> Customer:
    acme = make_customer(owner=rep, name="Acme", industry="Retail")
    Contact.objects.create(customer=acme, name="Anna Weber", phone="+49 231 5501420")
    return acme


def open_page(page: Page, member: Member, address: str) -> None:
    page.goto(address)
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(f"{address}$"))


def test_fields_are_edited_by_keyboard(page: Page, rep: Member, acme: Customer) -> None:
    open_page(page, rep, f"/customers/{acme.pk}/")
    industry = page.locator("#field-industry")

    industry.get_by_role("link").press("Enter")
    expect(industry.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Nothing")
    page.keyboard.press("Escape")
    expect(industry.get_by_role("link")).to_be_focused()
    expect(industry).to_contain_text("Retail")

    page.keyboard.press("Enter")
    expect(industry.get_by_role("textbox")).to_be_focused()
    industry.get_by_role("textbox").fill("Wholesale")
    page.keyboard.press("Enter")
    expect(industry.get_by_role("link")).to_be_focused()
    expect(industry).to_contain_text("Wholesale")
    expect(page.locator("#customer-sub")).to_contain_text("Wholesale")

    needs = page.locator("#field-needs")
    needs.get_by_role("link").press("Enter")
    needs.get_by_role("textbox").fill("Film\nCartons")
    page.keyboard.press("Control+Enter")
    expect(needs.get_by_role("link")).to_contain_text("Cartons")

    year = page.locator("#field-founded_year")
    year.get_by_role("link").press("Enter")
    year.get_by_role("textbox").fill("87")
    page.keyboard.press("Enter")
    expect(year.get_by_text("Enter a past year such as 1998.")).to_be_visible()
    page.keyboard.press("Escape")
    assert findings(page) == []

    acme.refresh_from_db()
    assert (acme.industry, acme.founded_year) == ("Wholesale", None)
    assert acme.needs.splitlines() == ["Film", "Cartons"]


def test_a_contact_is_changed_in_place(page: Page, rep: Member, acme: Customer) -> None:
    page.set_viewport_size(PHONE)
    open_page(page, rep, f"/customers/{acme.pk}/")
    contacts = page.locator("#contacts")

    contacts.get_by_role("link", name="Edit Anna Weber").click()
    contacts.get_by_label("Phone (optional)").fill("call me")
    contacts.get_by_role("button", name="Save").click()
    expect(contacts.get_by_text("Enter a phone such as").first).to_be_visible()
    contacts.get_by_label("Phone (optional)").fill("0231 5501421")
    contacts.get_by_role("button", name="Save").click()

    expect(contacts.get_by_role("link", name="0231 5501421")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert Contact.objects.get().phone == "0231 5501421"


def test_two_browsers_edit_the_same_field(
    chromium: Browser, live_server: LiveServer, page: Page, rep: Member, acme: Customer
) -> None:
    other = chromium.new_context(base_url=live_server.url, locale="en-GB")
    theirs = other.new_page()
    for one in (page, theirs):
        open_page(one, rep, f"/customers/{acme.pk}/")
        one.locator("#field-industry").get_by_role("link").click()
        expect(one.locator("#field-industry").get_by_role("textbox")).to_be_visible()

    theirs.locator("#field-industry").get_by_role("textbox").fill("Wholesale")
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#field-industry").get_by_role("link")).to_contain_text("Wholesale")
    other.close()
    field = page.locator("#field-industry")
    field.get_by_role("textbox").fill("Trade")
    page.keyboard.press("Enter")

    expect(field.get_by_text("Meanwhile somebody else wrote:")).to_be_visible()
    expect(field.get_by_text("Wholesale")).to_be_visible()
    expect(field.get_by_role("textbox")).to_have_value("Trade")
    assert findings(page) == []
    acme.refresh_from_db()
    assert acme.industry == "Wholesale"
    field.get_by_role("button", name="Save my version").click()
    expect(field.get_by_role("link")).to_contain_text("Trade")

    acme.refresh_from_db()
    assert acme.industry == "Trade"
    changes = AuditEntry.objects.filter(action="customer.change").order_by("pk")
    assert [entry.changes["industry"] for entry in changes] == [
        ["Retail", "Wholesale"],
        ["Wholesale", "Trade"],
    ]


def test_without_javascript_a_field_is_edited_as_a_page(
    chromium: Browser, live_server: LiveServer, rep: Member, acme: Customer
) -> None:
    plain = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="en-GB"
    )
    page = plain.new_page()
    open_page(page, rep, f"/customers/{acme.pk}/")

    page.locator("#field-region").get_by_role("link").click()
    page.get_by_role("textbox", name="Region").fill("North")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#field-region")).to_contain_text("North")
    plain.close()


def test_a_new_customer_with_two_contacts(page: Page, rep: Member) -> None:
    open_page(page, rep, "/customers/new/")

    page.get_by_label("Name", exact=True).first.fill("شركة النور")
    page.locator("[name=contacts-0-name]").fill("Anna Weber")
    page.get_by_role("button", name="Add another contact").click()
    page.locator("[name=contacts-1-name]").fill("Ralf Börner")
    expect(page.locator("[name=contacts-0-name]")).to_have_value("Anna Weber")
    page.get_by_role("button", name="Add the customer").click()

    expect(page.get_by_role("heading", level=1, name="شركة النور")).to_be_visible()
    expect(page.locator("#contacts").get_by_text("Ralf Börner", exact=True)).to_be_visible()
    assert Customer.objects.get().owner == rep


def test_a_customer_is_deleted_and_comes_back(page: Page, rep: Member, acme: Customer) -> None:
    open_page(page, rep, f"/customers/{acme.pk}/")

    page.get_by_text("More actions").locator("..").click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete the customer").click()
    expect(page.get_by_text("Say why").first).to_be_visible()
    page.get_by_label("Reason").fill("Here twice")
    page.get_by_role("button", name="Delete the customer").click()
    expect(page.get_by_role("heading", level=1, name="Deleted customers")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Restore").click()

    expect(page.get_by_role("heading", level=1, name="Acme")).to_be_visible()
    acme.refresh_from_db()
    assert acme.deleted_at is None
