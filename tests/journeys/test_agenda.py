"""Activities in the browser: the list, the calendar of a week and of a day on a phone, visits."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from apps.activities.models import Activity, FollowUp
from apps.activities.services import activity_correct, activity_log
from apps.customers.models import Contact, Customer
from apps.members.models import Member
from tests.factories import make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE
from tests.journeys.test_pool import sign_in

pytestmark = pytest.mark.journey


class Firm:
    def __init__(self) -> None:
        self.mei = make_member(team=make_team(name="West"), name="Mei Lin", time_zone="UTC")
        self.now = timezone.now()
        self.acme = make_customer(owner=self.mei, name="Acme GmbH", region="Hessen")
        self.bolt = make_customer(owner=self.mei, name="Bolt & Sons with a rather long name AG")
        self.anna = Contact.objects.create(customer=self.acme, name="Anna", phone="+49 69 555")
        for day in range(-2, 3):
            at = self.now + timedelta(days=day)
            _fill(self.mei, self.acme, self.bolt, at)
        first = activity_log(
            customer=self.acme, channel="call", outcome="reached", note="Wants a qoute", by=self.mei
        )
        activity_correct(activity=first, by=self.mei, note="Wants a quote", minutes=5)
        self.corrected = first


def _fill(member: Member, acme: Customer, bolt: Customer, at: datetime) -> None:
    facts = {"member": member, "channel": "call", "outcome": "reached"}
    for hour in (8, 9, 15):
        moment = at.replace(hour=hour, minute=20)
        Activity.objects.create(
            **facts, customer=acme, at=moment, minutes=45, note="Likes tea " * 9
        )
    Activity.objects.create(**facts, customer=bolt, at=at.replace(hour=9, minute=50))
    FollowUp.objects.create(
        customer=bolt, owner=member, due_on=at.date(), channel="call", purpose="Send the samples"
    )
    FollowUp.objects.create(
        customer=acme, owner=member, due_on=at.date(), channel="visit", purpose="Show samples",
        due_at=time(11, 30),
    )  # fmt: skip


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def is_within(page: Page) -> bool:
    """Nothing sticks out at the side."""
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(script))


def test_activities_as_list_as_calendar_and_as_visits(page: Page, firm: Firm) -> None:
    sign_in(page, firm.mei)
    page.get_by_role("link", name="Activities", exact=True).first.click()
    expect(page.get_by_text("21 activities")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Note or customer").fill("quote")
    expect(page.get_by_text("1 activity")).to_be_visible()
    _history(page)

    page.get_by_role("link", name="Calendar").click()
    expect(page.get_by_role("link", name="Send the samples").first).to_be_visible()
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []
    page.emulate_media(color_scheme="light")
    page.get_by_role("link", name="Previous week").click()
    page.get_by_role("link", name="Today").click()
    page.get_by_role("link", name="Single day").click()
    expect(page.get_by_role("columnheader")).to_have_count(2)
    page.get_by_role("link", name="Planned visits").last.click()
    expect(page.get_by_role("row", name="Acme GmbH")).to_contain_text("+49 69 555")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert findings(page) == []


def _history(page: Page) -> None:
    """The activity's page says what was there before, also right after another correction."""
    page.locator("table tbody th a").click()
    card = page.locator("#activity-history")
    expect(card).to_contain_text("Wants a qoute")
    assert findings(page) == []
    page.get_by_role("link", name="Correct", exact=True).click()
    page.get_by_label("What was said").fill("Wants two quotes")
    page.get_by_role("button", name="Save").click()
    expect(card.get_by_text("Wants a quote")).to_be_visible()
    page.goto("/activities/")


def test_on_a_phone_the_calendar_shows_a_day(page: Page, firm: Firm) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, firm.mei)

    page.goto("/activities/calendar/")
    expect(page.get_by_role("link", name="Send the samples")).to_have_count(1)
    assert is_within(page)
    assert findings(page) == []
    page.get_by_role("link", name="Next day").click()
    expect(page.get_by_role("link", name="Send the samples")).to_have_count(1)
    for address in ("/activities/", "/activities/visits/"):
        page.goto(address)
        assert is_within(page), address
        assert findings(page) == [], address
