"""The main job, as a manager does it: sign in, see the import, the dashboard, its rows, the PDF."""

import io
from datetime import date

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from apps.members.models import Member, Team
from tests.factories import PASSWORD
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE
from tests.shared_data import MAVEN, needs_maven

pytestmark = [pytest.mark.journey, needs_maven]


@pytest.fixture
def dustin(context: object) -> Member:
    """The manager of a team of the Central office, after an import and a night."""
    call_command("import_pipeline", str(MAVEN), verbosity=0)
    call_command("nightly", "--rebuild", "--date", "2017-12-31", verbosity=0)
    manager = Member.objects.get(name="Dustin Brinkmann")
    manager.set_password(PASSWORD)
    manager.save()
    return manager


def sign_in(page: Page, member: Member) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_manager_goes_from_sign_in_to_the_pdf(page: Page, dustin: Member) -> None:
    team = Team.objects.get(lead=dustin)
    sign_in(page, dustin)

    page.goto(f"/dashboard/{team.slug}/?period=2017-Q4")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dashboard")
    assert findings(page) == []
