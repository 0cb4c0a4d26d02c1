"""Two-step sign-in as somebody does it: an app, recovery codes, a passkey; and a form after a time-out."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from apps.core.models import Organisation
from apps.members.models import AccessRole, Member
from tests.factories import PASSWORD, make_member, make_team
from tests.journeys.axe import findings
from tests.journeys.conftest import PHONE, WIDE
from tests.members.totp import code_of

pytestmark = pytest.mark.journey


@pytest.fixture
def ana(context: BrowserContext) -> Member:
    return make_member(team=make_team(name="North"), name="Ana Ruiz", email="ana@example.com")


def type_password(page: Page, member: Member) -> None:
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page, member: Member) -> None:
    page.locator("summary", has_text=member.name).click()
    page.get_by_role("button", name="Sign out", exact=True).last.click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def type_code(page: Page, code: str) -> None:
    expect(page.get_by_role("heading", level=1, name="Second step")).to_be_visible()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_app_and_recovery_codes_from_being_made_to_being_used(page: Page, ana: Member) -> None:
    Organisation.objects.update_or_create(
        singleton=True, defaults={"two_step_roles": [AccessRole.REP.value]}
    )
    page.goto("/account/tokens/")
    type_password(page, ana)

    expect(page.get_by_role("heading", level=1, name="Set up two-step sign-in")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="Set up Authenticator app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert findings(page) == []
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()

    expect(page.get_by_role("heading", level=1, name="Recovery codes")).to_be_visible()
    codes = page.locator("#codes code").all_inner_texts()
    assert len(set(codes)) == 10
    assert findings(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().split() == codes
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("heading", level=1, name="API tokens")).to_be_visible()

    sign_out(page, ana)
    type_password(page, ana)
    assert findings(page) == []
    type_code(page, code_of(secret, steps=1))
    expect(page.locator("summary", has_text=ana.name)).to_be_visible()

    sign_out(page, ana)
    type_password(page, ana)
    type_code(page, codes[0])
    page.goto("/account/security/")
    expect(page.get_by_text("9 unused codes")).to_be_visible()


def test_a_passkey_signs_in_alone(page: Page, ana: Member) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto("/account/security/")
    type_password(page, ana)

    page.get_by_role("link", name="Add a passkey").click()
    assert findings(page) == []
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", level=1, name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_text("signs in alone")).to_be_visible()
    page.get_by_role("link", name="Rename Laptop").click()
    page.get_by_label("Name").fill("Office laptop")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Office laptop")).to_be_visible()

    sign_out(page, ana)
    page.goto("/account/login/?next=/account/tokens/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1, name="API tokens")).to_be_visible()

    sign_out(page, ana)
    type_password(page, ana)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("summary", has_text=ana.name)).to_be_visible()

    page.goto("/account/security/")
    page.get_by_role("link", name="Remove Office laptop").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(page.get_by_text("Office laptop")).to_have_count(0)


def test_a_passkey_that_is_not_there_is_said_so(page: Page, ana: Member) -> None:
    page.goto("/account/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('none')) }")

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_text("No passkey signed you in.")).to_be_visible()
    expect(page.get_by_label("Email")).to_be_visible()


def test_what_was_typed_is_there_again_after_a_time_out(page: Page, ana: Member) -> None:
    page.goto("/account/tokens/")
    type_password(page, ana)
    page.get_by_label("Name").fill("Nightly feed")
    Session.objects.all().delete()

    page.get_by_role("button", name="Make token").click()
    type_password(page, ana)

    expect(page.get_by_role("heading", level=1, name="API tokens")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Nightly feed")
    expect(page.get_by_text("what you typed is here again")).to_be_visible()
    page.get_by_role("button", name="Make token").click()
    expect(page.locator("#token")).to_have_text(re.compile("^st_"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_the_account_fit_and_can_be_read(page: Page, ana: Member, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto("/account/security/")
    type_password(page, ana)
    found = []
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        for name in (
            "profile",
            "security",
            "tokens",
            "email",
            "2fa/app",
            "2fa/passkeys/add",
            "2fa/recovery-codes/new",
            "password/change",
            "reauthenticate",
        ):
            page.goto(f"/account/{name}/")
            width = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{name}: {width} px wide"] if width > size["width"] else []
            found += [f"{name}: {problem}" for problem in findings(page)]

    assert found == []
