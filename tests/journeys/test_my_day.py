"""A morning of ten calls by keyboard alone, and what is typed survives."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.activities.models import Activity, FollowUp
from apps.customers.models import Contact, Customer
from apps.members.models import Member
from tests.factories import PASSWORD, level, make_customer, make_member, make_opportunity, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey

CALLS = 10


@pytest.fixture(autouse=True)
def at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour at which the tests run decides nothing here."""
    monkeypatch.setattr("apps.calling.selectors.check", lambda **_facts: None)


@pytest.fixture
def mia(context: BrowserContext) -> Member:
    return make_member(team=make_team(name="East"), name="Mia Petersen")


@pytest.fixture
def prospects(mia: Member) -> list[Customer]:
    found = []
    for number in range(CALLS):
        customer = make_customer(owner=mia, name=f"Prospect {number}", potential_score=12 - number)
        Contact.objects.create(customer=customer, name="Ines", phone=f"+49 30 23125 0{number:02}")
        found.append(customer)
    return found


def sign_in(page: Page, member: Member) -> None:
    page.goto("/my-day/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/my-day/$"))


def opened(page: Page, name: str) -> None:
    """The customer is in front, and the scripts of the page listen to keys."""
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.wait_for_load_state("domcontentloaded")


def test_a_morning_of_ten_calls_by_keyboard(
    page: Page, mia: Member, prospects: list[Customer]
) -> None:
    sign_in(page, mia)
    keys = 0

    def press(key: str) -> None:
        nonlocal keys
        keys += 1
        page.keyboard.press(key)

    expect(page.get_by_role("button", name="Start calling")).to_be_focused()
    press("Enter")
    for number, customer in enumerate(prospects):
        opened(page, customer.name)
        press("5")
        expect(page.get_by_label("What for")).to_have_value("Go on where we stopped")
        press("Control+Enter")
        expect(page.locator('[data-figure="calls"]')).to_have_text(str(number + 1))
    expect(page.get_by_text("Nobody to call right now")).to_be_visible()

    # Opening is the end of the call before: two keys a call, three with the first.
    assert keys == 1 + 2 * CALLS
    assert Activity.objects.filter(outcome="reached").count() == CALLS
    assert FollowUp.objects.filter(done_at__isnull=True).count() == CALLS


def test_the_outcome_proposes_the_move_and_the_rep_confirms(
    page: Page, mia: Member, prospects: list[Customer]
) -> None:
    deal = make_opportunity(("D", prospects[0].created_at.date()), owner=mia, customer=prospects[0])
    sign_in(page, mia)
    page.keyboard.press("Enter")
    opened(page, "Prospect 0")

    page.keyboard.press("7")
    expect(page.get_by_text(re.compile("Moves up to B"))).to_be_visible()
    page.keyboard.press("Control+Enter")
    opened(page, "Prospect 1")

    deal.refresh_from_db()
    assert deal.level == level("B")


def test_typed_text_survives_an_error_and_another_page(
    page: Page, mia: Member, prospects: list[Customer]
) -> None:
    sign_in(page, mia)
    page.keyboard.press("Enter")
    opened(page, "Prospect 0")
    note = page.get_by_label("What was said")

    page.keyboard.press("n")
    expect(note).to_be_focused()
    page.keyboard.type("Wants 20 pallets")
    page.goto("/customers/")
    page.go_back()
    expect(note).to_have_value("Wants 20 pallets")
    page.reload()
    expect(note).to_have_value("Wants 20 pallets")

    page.get_by_role("button", name=re.compile("Save and next")).click()
    expect(page.get_by_text("Choose what came of it.").first).to_be_visible()
    expect(note).to_have_value("Wants 20 pallets")
    note.press("Tab")
    page.locator("h2", has_text="Log this call").click()
    page.keyboard.press("5")
    page.keyboard.press("Control+Enter")
    opened(page, "Prospect 1")
    expect(note).to_have_value("")
    assert Activity.objects.get().note == "Wants 20 pallets"


def test_on_a_phone(page: Page, mia: Member, prospects: list[Customer]) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, mia)
    page.get_by_role("button", name="Start calling").click()
    opened(page, "Prospect 0")

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert findings(page) == []
    page.get_by_label("No answer").check()
    page.get_by_role("button", name=re.compile("Save and next")).click()
    opened(page, "Prospect 1")


def test_a_call_is_undone_by_one_key(page: Page, mia: Member, prospects: list[Customer]) -> None:
    sign_in(page, mia)
    page.keyboard.press("Enter")
    opened(page, "Prospect 0")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    opened(page, "Prospect 1")
    expect(page.get_by_text("The call with Prospect 0 is written down.")).to_be_visible()

    page.keyboard.press("u")

    opened(page, "Prospect 0")
    expect(page.get_by_text("The call is undone: log it as it was.")).to_be_visible()
    assert not Activity.objects.exists()
