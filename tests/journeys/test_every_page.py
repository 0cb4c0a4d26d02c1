"""Every page with the sample firm on it: nothing sticks out, and nothing hinders a reader."""

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, ViewportSize

from apps.core.models import AuditEntry
from apps.funnel.models import Opportunity
from apps.members.models import Member
from apps.orders.models import Order
from apps.overnight.models import NightRun
from apps.sample.services import DEMO_PASSWORD
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE, WIDE

pytestmark = pytest.mark.journey


@pytest.fixture
def pages(context: BrowserContext) -> list[str]:
    """The addresses of all pages, as an administrator and a manager of the sample firm meet them."""
    call_command("demo", "--scale=small", "--until=2026-11-20", verbosity=0)
    call_command("nightly", "--rebuild", "--date=2026-11-20", verbosity=0)
    won = Opportunity.objects.filter(state="won", customer__isnull=False).latest("closed_on")
    seller = Member.objects.get(email="moritz.haas@sample.example")
    left = Member.objects.get(is_active=False)
    return [
        "/dashboard/?period=2026-11",
        "/dashboard/?period=2019",
        "/dashboard/east/?period=2026-Q4",
        "/customers/",
        "/customers/?q=nobody-is-called-like-this",
        f"/customers/{won.customer_id}/",
        f"/customers/{won.customer_id}/timeline/",
        f"/customers/{won.customer_id}/activities/new/",
        "/notifications/",
        f"/customers/{won.customer_id}/edit/",
        f"/customers/{won.customer_id}/delete/",
        f"/customers/{won.customer_id}/fields/needs/",
        f"/customers/{won.customer_id}/contacts/new/",
        f"/customers/{won.customer_id}/dates/new/",
        "/customers/?columns=tags,score,created,hold_ends&sort=-tier",
        "/customers/columns/",
        "/customers/fields/",
        "/customers/fields/new/",
        "/customers/tags/",
        f"/customers/{won.customer_id}/tags/",
        "/views/new/?page=customers&query=tier%3DA",
        "/changes/",
        f"/changes/new/?kind=assign&pk={won.customer_id}",
        f"/changes/new/?kind=edit&pk={won.customer_id}",
        "/customers/new/",
        "/customers/search/?q=a",
        "/customers/duplicates/",
        "/customers/merge/",
        "/customers/deleted/",
        "/opportunities/?as_of=2026-11-01&state=open",
        f"/opportunities/{won.pk}/",
        f"/opportunities/{Opportunity.objects.filter(customer=None)[0].pk}/",
        "/orders/",
        f"/orders/{Order.objects.latest('ordered_on').pk}/",
        "/reports/",
        "/reports/weekly/east/2026-W46/",
        "/imports/",
        "/imports/customers/",
        "/satisfaction/",
        "/satisfaction/answers/",
        "/customers/parked/",
        "/customers/screening/",
        "/customers/screening/new/",
        "/settings/personal-data/?q=an",
        f"/settings/personal-data/customer/{won.customer_id}/",
        "/overnight/",
        f"/overnight/{NightRun.objects.latest('pk').pk}/",
        "/people/",
        "/people/?active=no",
        "/people/export/nothing/",
        f"/people/{seller.pk}/",
        f"/people/{seller.pk}/edit/",
        f"/people/{seller.pk}/move/",
        f"/people/{seller.pk}/leave/",
        f"/people/{left.pk}/",
        "/people/invitations/",
        "/people/invitations/?state=expired",
        "/people/invitations/new/",
        "/people/invitations/file/",
        "/teams/",
        "/teams/new/",
        "/teams/west/",
        "/teams/key-accounts/",
        "/teams/huadong-1/edit/",
        "/teams/huadong-1/move/",
        "/teams/huadong-1/stage/",
        "/teams/huadong-1/members/add/",
        "/settings/",
        "/settings/calendar/",
        "/settings/positions/",
        "/settings/positions/new/",
        "/tiers/",
        "/tiers/pending/",
        "/tiers/by-hand/",
        "/settings/tiers/",
        f"/customers/{won.customer_id}/tier/set/",
        "/audit/",
        f"/audit/{AuditEntry.objects.latest('pk').pk}/",
        "/account/profile/",
        "/account/security/",
        "/account/security/two-step/",
        "/account/tokens/",
        "/account/2fa/totp/activate/",
        "/account/password/change/",
        "/service/",
        "/service/breaches/",
        "/service/responses/",
        "/settings/service/",
        f"/customers/{won.customer_id}/service/",
        "/lifecycle/",
        "/lifecycle/moves/",
        "/customers/at-risk/",
        f"/customers/{won.customer_id}/lifecycle/",
        f"/customers/{won.customer_id}/lifecycle/set/",
        "/my-day/",
        f"/my-day/?customer={won.customer_id}",
        "/follow-ups/",
        "/follow-ups/missing/",
        "/tasks/new/",
        "/activities/",
        "/activities/calendar/",
        "/activities/visits/",
        "/calls/",
        "/settings/outcomes/",
        "/settings/outcomes/reached/",
        "/settings/calls/",
        "/settings/phones/",
        f"/customers/{won.customer_id}/call/",
        "/nowhere/",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_and_can_be_read(page: Page, pages: list[str], theme: str) -> None:
    admin = Member.objects.get(email="admin@sample.example")
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto("/account/login/")
    assert findings(page) == []
    page.get_by_label("Email").fill(admin.email)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard/**")

    found = [
        f"{size['width']} px {address}: {problem}"
        for size in (WIDE, PHONE)
        for address in pages
        for problem in problems_of(page, address, size)
    ]

    assert found == []


def problems_of(page: Page, address: str, size: ViewportSize) -> list[str]:
    page.set_viewport_size(size)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    width = page.evaluate("document.documentElement.scrollWidth")
    too_wide = [f"{width} px wide"] if width > size["width"] else []
    return too_wide + findings(page)
