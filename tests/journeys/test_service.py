"""A rep sees who has waited too long, talks to them, and they are off the list."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from apps.customers.models import Customer
from apps.members.models import AccessRole, Member
from apps.portfolio.service.services import service_breaches_update
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


class Firm:
    """A rep with a Tier A customer of whom nobody has heard for 20 days."""

    def __init__(self) -> None:
        self.rep = make_member(team=make_team(), name="Robin Rep", email="robin@example.com")
        self.admin = make_member(AccessRole.ADMIN, email="ada@example.com")
        self.customer = self.held("Ahorn Logistik", days=20)
        self.held("Birke Handel", days=3)
        service_breaches_update(as_of=timezone.now())

    def held(self, name: str, *, days: int) -> Customer:
        since = timezone.now() - timedelta(days=days)
        return make_customer(owner=self.rep, name=name, tier="A", held_since=since)


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def test_an_overdue_customer_is_reached_and_leaves_the_list(page: Page, firm: Firm) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, firm.rep)
    page.goto("/service/")
    waiting = page.locator("#own-breaches")
    expect(waiting.get_by_role("link", name="Ahorn Logistik")).to_be_visible()
    expect(waiting.get_by_text("6 days", exact=True)).to_be_visible()
    assert findings(page) == []

    waiting.get_by_role("link", name="Ahorn Logistik").click()
    service = page.locator("#customer-service")
    # The page brings a dozen parts, each of its own.
    expect(service.get_by_text("6 days overdue")).to_be_visible(timeout=30_000)
    expect(page.locator("#figure-service")).to_have_text("Service 6 days overdue")

    page.goto(f"/customers/{firm.customer.pk}/activities/new/")
    form = page.locator("#activity-form")
    form.locator(".choice", has_text="Call").first.click()
    form.locator(".choice", has_text="Reached").click()
    form.get_by_role("button", name="Log the contact").click()
    expect(page.locator(".toast-note").first).to_be_visible()
    page.goto(f"/customers/{firm.customer.pk}/")
    expect(service.get_by_text("0 of 14 days used")).to_be_visible(timeout=30_000)
    expect(page.locator("#figure-service")).to_have_text("Service in time")

    page.goto("/service/")
    expect(page.get_by_text("Nobody waits for you")).to_be_visible()
    expect(page.locator('[data-figure="rate"]')).to_have_text("100.0%")


def test_an_administrator_sees_the_effect_before_saving(page: Page, firm: Firm) -> None:
    sign_in(page, firm.admin)
    page.goto("/settings/service/")
    field = page.locator("#id_A-contact_days")
    field.fill("2")
    page.get_by_role("button", name="Show the effect").click()
    expect(page.get_by_text("With these gaps 2 customers would be overdue today")).to_be_visible()
    assert findings(page) == []

    expect(field).to_have_value("2")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("The service policy is saved.")).to_be_visible()
    page.goto("/service/")
    expect(page.get_by_text("at least every 2 days")).to_be_visible()
