"""The main job, as a manager does it: sign in, see the import, the dashboard, its rows, the PDF."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect
from pypdf import PdfReader

from apps.members.models import AccessRole, Member, Team
from tests.factories import PASSWORD, make_member
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE
from tests.shared_data import MAVEN, needs_maven

pytestmark = [pytest.mark.journey, needs_maven]


@pytest.fixture
def manager(context: BrowserContext) -> Member:
    """The head of sales, who imports the pipeline of her teams and lets the night compute it."""
    mia = make_member(AccessRole.MANAGER, name="Mia Head", email="mia@example.com")
    call_command("import_pipeline", str(MAVEN), by=mia.email, verbosity=0)
    Team.objects.filter(parent=None).update(lead=mia)
    call_command("nightly", "--rebuild", "--date=2017-12-31", verbosity=0)
    return mia


def sign_in(page: Page, member: Member) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def figure(page: Page, name: str) -> str:
    return page.locator(f'[data-figure="{name}"]').first.inner_text()


def test_manager_goes_from_the_import_to_the_pdf(page: Page, manager: Member) -> None:
    sign_in(page, manager)
    assert findings(page) == []

    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_role("link", name="maven_crm").click()
    row = page.get_by_role("row", name="Opportunities")
    expect(row).to_contain_text("8,800")
    expect(page.get_by_text("1,425")).to_be_visible()
    assert findings(page) == []

    page.get_by_role("main").get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="latest period with data").click()
    expect(page.get_by_text("December 2017", exact=True)).to_be_visible()
    page.get_by_role("link", name="Quarter").click()
    expect(page.get_by_text("Q4 2017", exact=True)).to_be_visible()
    expect(page.locator("[data-chart] svg")).to_be_visible()
    assert findings(page) == []
    won = figure(page, "won")

    page.locator('[data-figure="won"]').first.click()
    expect(page.get_by_role("heading", level=1, name="Opportunities")).to_be_visible()
    assert figure(page, "count") == won == "1,196"
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()

    page.goto("/reports/weekly/team-dustin-brinkmann/2017-W40/")
    expect(page.get_by_role("heading", name="Weekly sales report")).to_be_visible()
    shown = page.get_by_role("main").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").evaluate("link => { link.download = 'w.pdf' }")
        page.get_by_role("link", name="PDF").click()
    text = pdf_text(Path(download.value.path()))
    for words in ("Weekly sales report", "US$8.8k", "Lajuana Vencill"):
        assert words in shown
        assert words in text


def pdf_text(path: Path) -> str:
    reader = PdfReader(io.BytesIO(path.read_bytes()))
    return "\n".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize(("language", "heading"), [("简体中文", "仪表盘"), ("繁體中文", "儀表板")])
def test_dashboard_reads_in_chinese_on_a_phone(
    page: Page, manager: Member, language: str, heading: str
) -> None:
    sign_in(page, manager)
    page.locator("summary", has_text=manager.name).click()
    with page.expect_navigation():
        page.get_by_role("button", name=language).click()
    page.set_viewport_size(PHONE)

    page.goto("/dashboard/?period=2017-Q4")

    expect(page).to_have_title(f"{heading} · SalesTeam")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert findings(page) == []


def test_dark_theme_is_remembered(page: Page, manager: Member) -> None:
    sign_in(page, manager)
    page.locator("summary", has_text=manager.name).click()
    with page.expect_response(lambda response: "theme" in response.url):
        page.get_by_role("button", name="Dark").click()

    page.goto("/opportunities/")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert findings(page) == []
