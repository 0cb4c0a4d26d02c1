"""A customer is entered twice: the page warns, the two become one, and are parted again."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer, Note
from apps.members.models import Member
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings

pytestmark = pytest.mark.journey


@pytest.fixture
def rep(context: BrowserContext) -> Member:
    """Has a customer with a contact and a note already."""
    rep = make_member(team=make_team(name="West"), name="Rita Rep", email="rita@example.com")
    customer = make_customer(owner=rep, name="Hartmann Werkzeuge GmbH", region="Berlin")
    Contact.objects.create(customer=customer, name="Anna Beck", phone="030 901820")
    Note.objects.create(customer=customer, author=rep, text="Wants film in May")
    keys_refresh([customer.pk])
    return rep


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_entered_twice_warned_merged_and_parted(page: Page, rep: Member) -> None:
    sign_in(page, rep)
    page.goto("/customers/new/")
    page.get_by_label("Name", exact=True).first.fill("HARTMANN Werkzeuge")
    warning = page.locator("#duplicate-warnings")
    expect(warning).to_contain_text("This customer may be here already")
    expect(warning).to_contain_text("Hartmann Werkzeuge GmbH")
    expect(warning).to_contain_text("same name")
    page.get_by_role("button", name="Add the customer").click()

    panel = page.locator("#duplicates")
    expect(panel).to_contain_text("Hartmann Werkzeuge GmbH")
    panel.get_by_role("link", name="Compare and merge").click()
    expect(page.get_by_role("heading", level=1, name="Merge customers")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("radio", name=re.compile("^Name: HARTMANN")).check()
    page.get_by_role("button", name="Merge 2 customers").click()

    expect(page.get_by_text("2 customers are one now. You can undo it here.")).to_be_visible()
    survivor, other = Customer.objects.order_by("pk")
    assert (survivor.name, other.merged_into) == ("HARTMANN Werkzeuge", survivor)
    page.goto(f"/customers/{other.pk}/")
    expect(page).to_have_url(re.compile(f"/customers/{survivor.pk}/$"))

    page.locator("#duplicates").get_by_role("link", name="Undo the merge").click()
    expect(page.get_by_text("stays there")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Undo the merge").click()

    expect(page.get_by_text("The merge is undone: every customer is there again.")).to_be_visible()
    assert set(Customer.objects.alive().values_list("name", flat=True)) == {
        "Hartmann Werkzeuge GmbH",
        "HARTMANN Werkzeuge",
    }


def test_slash_finds_a_customer_by_the_contacts_phone(page: Page, rep: Member) -> None:
    sign_in(page, rep)
    page.keyboard.press("/")
    page.keyboard.type("0901820")
    option = page.get_by_role("option")
    expect(option).to_contain_text("Anna Beck")
    assert findings(page) == []

    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1, name="Hartmann Werkzeuge GmbH")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search customers")).to_be_focused()


def test_review_list_forgets_nothing_that_was_decided(page: Page, rep: Member) -> None:
    sign_in(page, rep)
    page.goto("/customers/new/")
    page.get_by_label("Name", exact=True).first.fill("Hartmann Werkzeuge")
    page.get_by_role("button", name="Add the customer").click()
    expect(page.locator("#duplicates")).to_contain_text("Looks like")
    page.goto("/customers/duplicates/")
    assert findings(page) == []

    page.get_by_role("button", name="Not the same").click()
    expect(
        page.get_by_text("No duplicates to review").or_(page.get_by_text("Nothing matches"))
    ).to_be_visible()
    page.goto("/customers/duplicates/?state=dismissed")
    page.get_by_role("button", name="Review again").click()

    expect(page.get_by_role("link", name="Merge", exact=True)).to_be_visible()
