"""Lists as people work with them: own columns, shared views, 5,000 handed over, a field of one's own."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.bulk import services
from apps.bulk.models import BulkRun, BulkState
from apps.customers.models import Customer, CustomerOwnerChange, HoldingLimits
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_customer, make_member, make_team

pytestmark = pytest.mark.journey

MANY = 5000


def sign_in(page: Page, member: Member) -> None:
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("main h1").first).to_be_visible()


def worked_off(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text="worked off")).to_contain_text(words)


def test_columns_are_chosen_and_a_shared_view_serves_a_colleague(page: Page) -> None:
    team = make_team()
    rep, mate = make_member(name="Ada Park", team=team), make_member(name="Ben Lund", team=team)
    make_customer(name="Acme", owner=rep, tier="A", source="Fair")
    make_customer(name="Bolt", owner=mate, tier="A", source="Web")
    make_customer(name="Core", owner=rep, tier="B", source="Web")
    sign_in(page, rep)
    page.goto("/customers/")

    page.get_by_text("Columns", exact=True).click()
    menu = page.locator(".column-menu")
    menu.get_by_label("Source", exact=True).check()
    for _step in range(7):
        menu.get_by_role("button", name="Move Source up").click()
    menu.get_by_role("button", name="Apply").click()
    expect(page.locator("thead th:not(.tick)").nth(1)).to_have_text("Source")
    page.get_by_label("Tier").select_option("A")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Save as view").click()
    page.get_by_label("Name", exact=True).fill("Our best")
    page.get_by_label("My team").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".view-tabs [aria-current]")).to_have_text("Our best")

    sign_in(page, mate)
    page.goto("/customers/")
    page.locator(".view-tabs").get_by_text("Our best").click()

    expect(page.locator("tbody th")).to_have_text(["Bolt"])
    expect(page.locator("thead th:not(.tick)").nth(1)).to_have_text("Source")
    expect(page.get_by_role("link", name="Edit view")).to_have_count(0)


def test_five_thousand_change_owner_while_somebody_watches(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "start_working", lambda _run: None)
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=MANY - 100)
    team = make_team()
    director, rep = make_member(AccessRole.DIRECTOR), make_member(name="Zoe Hart", team=team)
    Customer.objects.bulk_create(
        Customer(name=f"Customer {n:04}", region="North") for n in range(MANY)
    )
    sign_in(page, director)
    page.goto("/customers/?region=North")

    page.get_by_label("Select this page").check()
    page.get_by_label("Select all 5,000 that match").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("5,000 selected")
    page.get_by_role("button", name="Hand over").click()
    receiver = page.get_by_label(re.compile("^Receiver"))
    receiver.fill("zoe")
    page.get_by_role("option", name=re.compile("Zoe Hart")).click()
    page.get_by_role("button", name="See what happens").click()
    expect(page.locator("#effects")).to_contain_text(
        re.compile("4,900 of 5,000 customers.*100 can’t be", re.DOTALL)
    )
    page.get_by_role("button", name="Hand over").click()
    worked_off(page, "0 of 5,000")
    run = BulkRun.objects.get()
    services._batch(run.pk)
    worked_off(page, "1,000 of 5,000")
    services.bulk_work_off(run_id=run.pk)

    expect(page.locator("#bulk-progress .state").first).to_have_text("Done")
    expect(page.locator("#bulk-progress .stat").first).to_contain_text("4,900")
    expect(page.get_by_role("link", name="All of them as a file")).to_be_visible()
    run.refresh_from_db()
    assert (run.state, run.changed, len(run.refused)) == (BulkState.DONE, MANY - 100, 100)
    assert Customer.objects.filter(owner=rep).count() == MANY - 100
    assert CustomerOwnerChange.objects.count() == MANY - 100


def test_field_of_one_s_own_is_in_form_list_filter_and_file(page: Page) -> None:
    admin = make_member(AccessRole.ADMIN)
    customer = make_customer(name="Acme", owner=admin)
    make_customer(name="Bolt")
    sign_in(page, admin)
    page.goto("/customers/fields/new/")
    page.get_by_label("Label").fill("Segment")
    page.get_by_label("Choice", exact=True).check()
    page.get_by_label("Choices").fill("Key\nBase")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Segment")).to_be_visible()

    page.goto(f"/customers/{customer.pk}/edit/")
    page.get_by_label("Segment").select_option("Key")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()

    page.goto("/customers/?columns=custom.segment")
    expect(page.locator("tbody tr").first.locator("td[data-label=Segment]")).to_have_text("Key")
    page.locator(".more-filters summary").click()
    page.locator(".more-filters").get_by_label("Segment").select_option("Key")
    expect(page.locator("tbody th")).to_have_text(["Acme"])
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    column = lines[0].split(",").index("Segment")
    assert [line.split(",")[column] for line in lines[1:]] == ["Key"]
