"""From the button over the company's own sign-in to the first page, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from apps.members.models import AccessRole
from tests.factories import make_member
from tests.journeys.axe import findings
from tests.oidc_provider import Provider, running, settings_for

pytestmark = pytest.mark.journey


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with running() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = settings_for(provider.issuer)
        settings.SINGLE_SIGN_ON_NAME = "Sign in with Contoso"
        yield provider


def test_a_member_signs_in_with_the_companys_account(page: Page, provider: Provider) -> None:
    stranger = {"sub": "2002", "email": "stranger@example.com", "email_verified": True}
    member = make_member(AccessRole.ADMIN, name="Marta Weber")
    provider.person = stranger

    page.goto("/customers/")
    page.get_by_role("button", name="Sign in with Contoso").click()
    expect(page.get_by_role("heading", name="There is no sign-in for you here")).to_be_visible()
    assert findings(page) == []

    provider.error = "access_denied"
    page.get_by_role("link", name="Back to sign in").click()
    page.get_by_role("button", name="Sign in with Contoso").click()
    expect(page.get_by_role("heading", name="Signing in was cancelled")).to_be_visible()

    provider.error, provider.person = "", {**stranger, "sub": "1001", "email": member.email}
    page.goto("/customers/")
    page.get_by_role("button", name="Sign in with Contoso").click()
    page.wait_for_url("**/customers/")
    expect(page.get_by_text("Marta Weber").first).to_be_attached()
