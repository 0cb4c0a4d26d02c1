"""Screening a customer in a browser: graded, parked, found in the list, screened again."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.customers.models import Customer
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


@pytest.fixture
def rep(context: BrowserContext) -> Member:
    lead = make_member(AccessRole.MANAGER, name="Katrin Albrecht")
    return make_member(team=make_team(lead=lead, name="East"), name="Mia Petersen")


@pytest.fixture
def customer(rep: Member) -> Customer:
    return make_customer(owner=rep, name="Acme Logistik")


def sign_in(page: Page, member: Member, address: str) -> None:
    page.goto(address)
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def grade(page: Page, **grades: int) -> None:
    for dimension, number in grades.items():
        name = dimension.replace("_", "-")
        page.locator(f"input[name=grade-{name}][value='{number}']").check(force=True)


def test_a_customer_is_parked_and_qualifies_later(
    page: Page, rep: Member, customer: Customer
) -> None:
    sign_in(page, rep, f"/customers/{customer.pk}/")
    panel = page.locator("#screening")
    panel.get_by_text("Screen this customer").click()

    grade(page, company_size=3, industry_fit=2)
    expect(panel.locator("[data-total]")).to_have_text("5 of 12 so far")
    grade(page, pain_point_fit=2)
    expect(panel.locator("[data-total]")).to_have_text("7 of 12: parked")
    panel.get_by_role("button", name="Save the screening").click()
    assert panel.get_by_label("Reason").evaluate("field => field.validity.valueMissing")
    panel.get_by_label("Reason").fill("No budget before spring")
    panel.get_by_role("button", name="Save the screening").click()
    expect(panel.get_by_text("7 of 12: parked").first).to_be_visible()
    assert findings(page) == []

    page.goto("/customers/parked/")
    expect(page.get_by_text("No budget before spring")).to_be_visible()
    page.get_by_role("link", name="Screen again").click()
    grade(page, company_size=3, industry_fit=3, pain_point_fit=4)
    expect(page.locator("[data-total]")).to_have_text("10 of 12: qualified")
    # The total as one types says the same: only the answer says that it is kept.
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Save the screening").click()
    expect(panel.get_by_text("10 of 12: qualified").first).to_be_visible()

    page.goto("/customers/parked/")
    expect(page.get_by_text("Nothing is parked")).to_be_visible()
    assert findings(page) == []
    customer.refresh_from_db()
    assert (customer.screening, customer.potential_score) == ("qualified", 10)


def test_a_veto_is_named_while_grading_on_a_phone(
    page: Page, rep: Member, customer: Customer
) -> None:
    admin = make_member(AccessRole.ADMIN)
    page.set_viewport_size(PHONE)
    sign_in(page, admin, "/customers/screening/")
    page.get_by_role("link", name="Industry fit").click()
    page.get_by_label("Veto").select_option("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("up to grade 1")).to_be_visible()
    assert findings(page) == []

    page.goto(f"/customers/{customer.pk}/screening/?again=1")
    grade(page, company_size=4, industry_fit=1, pain_point_fit=4)
    expect(page.locator("[data-total]")).to_have_text("9 of 12: parked by the veto of Industry fit")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert findings(page) == []
