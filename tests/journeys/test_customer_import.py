"""Customers from a file in a browser: uploaded, matched, checked, imported."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.customers.models import Customer
from apps.exchange.customers.services import import_work_off
from apps.exchange.models import CustomerImport
from apps.members.models import AccessRole, Member
from tests.factories import make_member
from tests.journeys.axe import findings
from tests.journeys.test_screening import sign_in

pytestmark = pytest.mark.journey

TEXT = "Firma;Ort;E-Mail;Sonstiges\nMüller & Söhne;Köln;eva@mueller.example;x\nBolt;;nonsense;y\n"


@pytest.fixture
def admin(context: BrowserContext) -> Member:
    return make_member(AccessRole.ADMIN)


def test_a_file_of_customers_comes_in(page: Page, admin: Member, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(TEXT, encoding="latin-1")
    sign_in(page, admin, "/imports/customers/")

    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and match columns").click()
    expect(page.get_by_label("Firma")).to_have_value("name")
    expect(page.get_by_label("Sonstiges")).to_have_value("")
    assert findings(page) == []
    page.get_by_label("Sonstiges").select_option("note")
    page.get_by_role("button", name="Check the rows").click()
    expect(page.get_by_text("The rows are being checked.")).to_be_visible()
    found = CustomerImport.objects.get()
    import_work_off(pk=found.pk)  # the worker's part

    # The page goes on by itself.
    expect(page.get_by_text("is no email address")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("0 of 2 rows")).to_be_visible()
    import_work_off(pk=found.pk)
    expect(page.get_by_role("link", name="Refused rows as a file")).to_be_visible()
    assert findings(page) == []
    made = Customer.objects.get()
    assert (made.name, made.region) == ("Müller & Söhne", "Köln")
    assert made.notes.get().text == "Sonstiges: x"
