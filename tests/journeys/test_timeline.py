"""A rep works on a customer's timeline: notes, a mention, a contact by keyboard, files, older entries."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from apps.activities.models import Activity, FollowUp
from apps.core.models import Organisation
from apps.customers.models import CustomerFile, Note
from apps.members.models import AccessRole, Member, Notification
from tests.factories import PASSWORD, make_customer, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE

pytestmark = pytest.mark.journey


class Firm:
    """A rep with a customer, her manager, and a stranger to the customer."""

    def __init__(self) -> None:
        self.lead = make_member(AccessRole.MANAGER, name="Lea Vogt", email="lea@example.com")
        team = make_team(lead=self.lead)
        self.rep = make_member(team=team, name="Mia Rep", email="mia@example.com")
        make_member(team=make_team(), name="Leo Fremd", email="leo@example.com")
        self.customer = make_customer(owner=self.rep, name="Hart GmbH")


@pytest.fixture
def firm(context: BrowserContext) -> Firm:
    return Firm()


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_mention_by_autocompletion_reaches_the_colleague(page: Page, firm: Firm) -> None:
    sign_in(page, firm.rep)
    page.goto(f"/customers/{firm.customer.pk}/timeline/")
    assert findings(page) == []
    words = page.get_by_role("textbox", name="Note")
    words.press_sequentially("Please call back @Le")
    expect(page.get_by_role("option")).to_have_count(1)
    words.press("Enter")
    words.press_sequentially("today")
    words.press("Control+Enter")

    entry = page.locator(".entry.of-note")
    expect(entry).to_contain_text("Please call back @Lea Vogt today")
    expect(entry.locator(".mention")).to_have_text("@Lea Vogt")
    expect(words).to_have_value("")
    assert Notification.objects.get().member == firm.lead

    page.context.clear_cookies()
    sign_in(page, firm.lead)
    page.locator("summary", has=page.locator(".icon-bell")).click()
    page.get_by_role("link", name="Mia Rep mentioned you in a note on Hart GmbH").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Note on Hart GmbH")
    assert findings(page) == []
    assert Notification.objects.get().read_at is not None


def test_contact_is_logged_in_three_steps_by_keyboard(page: Page, firm: Firm) -> None:
    sign_in(page, firm.rep)
    page.goto(f"/customers/{firm.customer.pk}/timeline/")

    page.get_by_text("Log a contact", exact=True).click()
    page.keyboard.press("5")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".entry.of-activity")).to_contain_text("Reached")
    made = Activity.objects.get()
    assert (made.member, made.channel, made.outcome) == (firm.rep, "call", "reached")


def test_refused_contact_keeps_what_was_typed_and_plans_the_next_step(
    page: Page, firm: Firm
) -> None:
    sign_in(page, firm.rep)
    page.goto(f"/customers/{firm.customer.pk}/timeline/")
    page.get_by_text("Log a contact", exact=True).click()
    form = page.locator("#activity-form")
    form.get_by_label("What was said").fill("Wants 12 pallets")
    form.locator("label.choice", has_text="Quoted").click()
    form.get_by_label("What for").fill("Send the quote")
    form.get_by_role("button", name="Log the contact").click()

    expect(form.get_by_role("alert")).to_be_visible()
    expect(form.get_by_label("What was said")).to_have_value("Wants 12 pallets")
    assert findings(page) == []
    day = Organisation.current().today() + timedelta(days=2)
    form.get_by_label("Next step on").fill(day.isoformat())
    form.get_by_role("button", name="Log the contact").click()

    expect(page.locator(".entry.of-activity")).to_contain_text("Wants 12 pallets")
    step = FollowUp.objects.get()
    assert (step.owner, step.due_on, step.purpose) == (firm.rep, day, "Send the quote")


def test_file_is_kept_and_a_program_refused(page: Page, firm: Firm, tmp_path: Path) -> None:
    good, bad = tmp_path / "offer.pdf", tmp_path / "photo.png"
    good.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    bad.write_bytes(b"MZ\x90\x00" + bytes(100))
    sign_in(page, firm.rep)
    page.goto(f"/customers/{firm.customer.pk}/timeline/")
    page.locator(".composer-tabs").get_by_text("Files").click()
    page.locator("#file-form input[type=file]").set_input_files([good, bad])
    page.get_by_role("button", name="Keep the files").click()

    expect(page.locator("#file-form").get_by_role("alert")).to_contain_text("“photo.png”")
    expect(page.locator(".entry.of-file")).to_contain_text("offer.pdf")
    with page.expect_download() as download:
        page.get_by_role("link", name="offer.pdf").click()
    assert download.value.suggested_filename == "offer.pdf"
    assert CustomerFile.objects.count() == 1


def test_older_entries_come_by_scrolling_and_filters_stay_in_the_address(
    page: Page, firm: Firm
) -> None:
    now = timezone.now()
    Note.objects.bulk_create(
        Note(customer=firm.customer, author=firm.rep, text=f"Note {n}", at=now - timedelta(hours=n))
        for n in range(60)
    )
    sign_in(page, firm.rep)
    page.set_viewport_size(PHONE)
    page.goto(f"/customers/{firm.customer.pk}/timeline/")
    expect(page.locator(".entry")).to_have_count(25)
    page.locator("#timeline-more").scroll_into_view_if_needed()
    expect(page.locator(".entry").nth(49)).to_be_attached()
    page.locator("#timeline-more").scroll_into_view_if_needed()
    expect(page.locator(".entry")).to_have_count(60)
    assert findings(page) == []

    page.get_by_role("link", name="Orders", exact=True).first.scroll_into_view_if_needed()
    page.locator(".timeline-chips").get_by_role("link", name="Orders").click()
    expect(page.get_by_text("Nothing of this kind has happened.")).to_be_visible()
    assert page.url.endswith("/timeline/?timeline=order")
