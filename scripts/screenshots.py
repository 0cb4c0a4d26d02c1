"""The pictures of the README, taken from a running site with the sample firm.

make demo                                        in another terminal
.venv/bin/python manage.py import_pipeline FOLDER --dry-run --by admin@sample.example
.venv/bin/python scripts/screenshots.py http://localhost:8000
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PASSWORD = "northern-lights-42"  # noqa: S105 - printed by every demo
WIDE: ViewportSize = {"width": 1440, "height": 960}
PHONE: ViewportSize = {"width": 390, "height": 844}
MANAGER, ADMIN = "manager@sample.example", "admin@sample.example"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def main(site: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        page = signed_in(browser, site, MANAGER, WIDE)
        take(page, "/dashboard/", "dashboard")
        take(page, "/opportunities/?state=open", "opportunities")
        page.locator("tbody th a").nth(3).click()
        take(page, page.url, "opportunity")
        page.goto("/reports/")
        page.get_by_role("button", name="Open report").click()
        take(page, page.url, "weekly-report")
        take(page, "/teams/east-1/", "team")
        take(page, "/customers/", "customers")
        page.goto("/customers/?tier=A&sort=-last_contact")
        page.locator("tbody th a").first.click()
        take(page, page.url, "customer")
        take(page, "/tiers/", "tiers")
        take(page, "/pool/", "pool")
        page = signed_in(browser, site, ADMIN, WIDE)
        take(page, "/audit/", "audit")
        take(page, "/overnight/", "overnight")
        page.goto("/imports/")
        page.locator("tbody th a").first.click()
        take(page, page.url, "import")
        page = signed_in(browser, site, MANAGER, PHONE, dark=True)
        take(page, "/dashboard/", "dashboard-phone-dark")
        browser.close()


def signed_in(
    browser: Browser, site: str, email: str, size: ViewportSize, *, dark: bool = False
) -> Page:
    context = browser.new_context(
        base_url=site,
        viewport=size,
        locale="en-GB",
        reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def take(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1])
