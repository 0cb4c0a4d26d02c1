"""A rep works off what is due, by mouse and on a phone; her manager gives work away."""

from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.activities.models import FollowUp, FollowUpChange, Task
from apps.activities.planning.services import follow_up_plan
from apps.activities.planning.task_services import task_add
from apps.core.models import Organisation
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


class Firm:
    """A rep with steps and a task, and her manager."""

    def __init__(self) -> None:
        today = Organisation.current().today()
        self.lead = make_member(AccessRole.MANAGER, name="Lea Vogt", email="lea@example.com")
        team = make_team(lead=self.lead)
        self.rep = make_member(team=team, name="Mia Rep", email="mia@example.com")
        self.other = make_member(team=team, name="Max Rep", email="max@example.com")
        for n, name in enumerate(("Hart GmbH", "Nordlicht Film und Fernsehproduktion KG")):
            self.step = follow_up_plan(
                customer=make_customer(owner=self.rep, name=name),
                due_on=today + timedelta(days=n),
                channel="call",
                purpose="Ask whether the samples have arrived and what they think of them",
                is_promised=n == 0,
                repeats="monthly",
                by=self.rep,
            )
        FollowUp.objects.exclude(pk=self.step.pk).update(due_on=today - timedelta(days=3))
        self.task = task_add(assignee=self.rep, title="Order samples", due_on=today, by=self.lead)
        make_customer(owner=self.rep, name="Without a step")


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_rep_works_off_what_is_due(page: Page, firm: Firm) -> None:
    sign_in(page, firm.rep)
    page.goto("/follow-ups/")
    assert findings(page) == []
    expect(page.get_by_role("heading", level=2)).to_contain_text(["Overdue", "Today", "Tomorrow"])

    page.locator(f"#task-{firm.task.pk}").get_by_role("button", name="Finish").click()
    expect(page.get_by_text("The task is done.")).to_be_visible()
    row = page.locator(".plan-row", has_text="Hart GmbH")
    row.get_by_role("link", name="Snooze").click()
    row.get_by_label("Reason").fill("On holiday")
    row.get_by_role("button", name="Put it off").click()
    expect(row.locator(".notice")).to_be_visible()
    expect(row.get_by_label("Reason")).to_have_value("On holiday")
    later = Organisation.current().today() + timedelta(days=40)
    row.get_by_label("On", exact=True).fill(later.isoformat())
    row.get_by_role("button", name="Put it off").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(["Tomorrow", "Later"])

    assert Task.objects.get().state == "done"
    assert FollowUpChange.objects.get().reason == "On holiday"
    page.get_by_role("link", name="1 open customer has no next step").click()
    expect(page.get_by_role("link", name="Without a step", exact=True)).to_be_visible()
    assert findings(page) == []


def test_everything_fits_on_a_phone(page: Page, firm: Firm) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, firm.rep)
    addresses = (
        "/follow-ups/",
        "/follow-ups/?when=tomorrow",
        "/follow-ups/missing/",
        f"/follow-ups/{firm.step.pk}/snooze/",
        f"/follow-ups/{firm.step.pk}/edit/",
        "/tasks/new/",
        f"/tasks/{firm.task.pk}/",
    )
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
        assert findings(page) == [], address


def test_lead_gives_a_task_to_whoever_has_least_to_do(page: Page, firm: Firm) -> None:
    sign_in(page, firm.lead)
    page.goto("/follow-ups/?everyone=on")
    page.locator(f"#task-{firm.task.pk}").get_by_role("link", name="Reassign").click()
    assert findings(page) == []
    row = page.get_by_role("row", name="Max Rep")
    expect(row).to_contain_text("0")
    row.get_by_role("link", name="Choose").click()
    page.get_by_role("button", name="Reassign").click()
    expect(page.get_by_text("Max Rep has the task now.")).to_be_visible()

    firm.task.refresh_from_db()
    assert firm.task.assignee == firm.other
