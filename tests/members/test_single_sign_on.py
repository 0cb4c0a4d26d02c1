"""Single sign-on against a real provider on a port of its own, from the button to the first page."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from apps.core.models import AuditEntry
from apps.members.invitations.services import Invitee, invitation_create
from apps.members.models import AccessRole, Invitation, Member, SignIn, SignInOutcome
from tests.factories import PASSWORD, make_member, make_team
from tests.oidc_provider import Provider, running, settings_for

pytestmark = pytest.mark.django_db
START, BACK = "/account/single-sign-on/", "/account/single-sign-on/back/"
REFUSED = "There is no sign-in for you here"
FAILED = "Signing in did not work"
UNREACHABLE = "Your company's sign-in does not answer"


@pytest.fixture
def provider(db: None, settings: Settings) -> Iterator[Provider]:
    with running() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = settings_for(provider.issuer)
        yield provider


def person(email: str, *, sub: str = "1001", **claims: Any) -> dict[str, Any]:
    return {"sub": sub, "email": email, "email_verified": True, **claims}


def leaving(client: Client, **fields: str) -> str:
    """Press the button; the address to which the page leads."""
    response = client.post(START, fields)
    assert response.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', response.content.decode())
    assert found is not None
    return unescape(found[1])


def coming_back(client: Client, address: str) -> Any:
    """Sign in at the provider and follow its answer."""
    sent_back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(sent_back)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://testserver{BACK}"
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: Client, **fields: str) -> Any:
    return coming_back(client, leaving(client, **fields))


def signed_in_member(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


class TestWhoComesIn:
    def test_a_member_with_the_verified_address_signs_in(
        self, client: Client, provider: Provider
    ) -> None:
        member = make_member(email="anna@example.com")
        provider.person = person("Anna@Example.com")

        response = sign_in(client)

        assert (response.status_code, response["Location"]) == (302, "/")
        assert signed_in_member(client) == str(member.pk)
        account = SocialAccount.objects.get()
        assert account.user == member
        assert account.extra_data["id_token"]["sub"] == "1001"
        entry = AuditEntry.objects.get(action="member.sso_connect")
        assert (entry.by, entry.object_id) == (member, member.pk)
        line = SignIn.objects.get()
        assert (line.member, line.method, line.outcome) == (member, "sso", SignInOutcome.DONE)

    def test_the_page_that_was_asked_for_comes_next(
        self, client: Client, provider: Provider
    ) -> None:
        provider.person = person(make_member().email)

        assert sign_in(client, next="/customers/")["Location"] == "/customers/"

    def test_nobody_is_sent_to_another_site(self, client: Client, provider: Provider) -> None:
        provider.person = person(make_member().email)

        assert sign_in(client, next="https://elsewhere.example/")["Location"] == "/"

    def test_a_connected_member_is_known_by_name_when_addresses_change(
        self, client: Client, provider: Provider
    ) -> None:
        member = make_member(email="anna@example.com")
        provider.person = person("anna@example.com")
        sign_in(client)
        provider.person = person("anna.new@example.com", email_verified=False)

        again = Client()
        sign_in(again)

        assert signed_in_member(again) == str(member.pk)
        assert SocialAccount.objects.count() == 1
        assert AuditEntry.objects.filter(action="member.sso_connect").count() == 1

    def test_the_same_name_at_another_provider_is_another_person(
        self, client: Client, provider: Provider, settings: Settings
    ) -> None:
        make_member(email="anna@example.com")
        provider.person = person("anna@example.com", sub="1001")
        sign_in(client)

        with running() as other:
            settings.SOCIALACCOUNT_PROVIDERS = settings_for(other.issuer)
            other.person = person("mallory@example.com", sub="1001")
            stranger = Client()
            response = sign_in(stranger)

        assert response.status_code == 403
        assert signed_in_member(stranger) is None

    def test_claims_may_come_with_the_user_info(self, client: Client, provider: Provider) -> None:
        member = make_member()
        provider.person = person(member.email)
        provider.only_in_user_info = ("email", "email_verified")

        sign_in(client)

        assert signed_in_member(client) == str(member.pk)

    def test_an_address_is_verified_by_microsofts_claim_too(
        self, client: Client, provider: Provider
    ) -> None:
        member = make_member()
        provider.person = {"sub": "1001", "email": member.email, "xms_edov": True}

        sign_in(client)

        assert signed_in_member(client) == str(member.pk)

    def test_whoever_was_signed_in_before_is_signed_out(
        self, client: Client, provider: Provider
    ) -> None:
        before, member = make_member(), make_member()
        client.force_login(before)
        key = client.session.session_key
        provider.person = person(member.email)

        sign_in(client)

        assert signed_in_member(client) == str(member.pk)
        assert client.session.session_key != key


class TestWhoStaysOutside:
    @pytest.mark.parametrize(
        "claims",
        [
            {"email": "nobody@example.com"},
            {"email": "inactive@example.com"},
            {"email": "anna@example.com", "email_verified": False},
            {"email": "anna@example.com", "email_verified": "false"},
            {"email": "anna@example.com", "email_verified": None},
            {"email": "anna@example.com", "email_verified": ["true"]},
            {"email": "", "email_verified": True},
            {"email": None, "email_verified": True},
        ],
    )
    def test_all_get_the_same_page(
        self, client: Client, provider: Provider, claims: dict[str, Any]
    ) -> None:
        make_member(email="anna@example.com")
        inactive = make_member(email="inactive@example.com")
        Member.objects.filter(pk=inactive.pk).update(is_active=False)
        provider.person = person("nobody-else@example.com")
        expected = sign_in(Client())
        people = Member.objects.count()
        provider.person = {**person(""), **claims}

        response = sign_in(client)

        assert response.status_code == 403
        assert REFUSED in response.content.decode()
        assert without_tokens(response) == without_tokens(expected)
        assert signed_in_member(client) is None
        assert not SocialAccount.objects.exists()
        assert Member.objects.count() == people

    def test_a_connected_member_who_left_gets_it_too(
        self, client: Client, provider: Provider
    ) -> None:
        member = make_member()
        provider.person = person(member.email)
        sign_in(client)
        Member.objects.filter(pk=member.pk).update(is_active=False)

        later = Client()
        response = sign_in(later)

        assert response.status_code == 403
        assert signed_in_member(later) is None
        last = SignIn.objects.latest("pk")
        assert (last.member, last.outcome, last.method) == (member, SignInOutcome.REFUSED, "sso")

    def test_the_refusal_is_in_the_log(self, client: Client, provider: Provider) -> None:
        provider.person = person("nobody@example.com")

        sign_in(client)

        line = SignIn.objects.get()
        assert (line.member, line.email) == (None, "nobody@example.com")
        assert (line.outcome, line.method) == (SignInOutcome.REFUSED, "sso")


def without_tokens(response: Any) -> str:
    """The page without what differs at each rendering."""
    text = re.sub(r'(nonce|value|hx-headers)=("[^"]*"|\'[^\']*\')', "", response.content.decode())
    return re.sub(r"state=\w+&amp;code=[\w-]+|code=[\w-]+&amp;state=\w+", "", text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "of another sign-in"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another-site"}},
        {"claims": {"aud": None}},
        {"claims": {"azp": "another-site"}},
        {"claims": {"iss": "https://another.example"}},
        {"claims": {"exp": 1_700_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"sub": None}},
        {"signed_by": "a key of somebody else"},
        {"algorithm": "HS256"},
        {"algorithm": "none"},
        {"faults": {"/keys": (200, {"keys": []})}},
        {"faults": {"/keys": (200, {"nothing": "here"})}},
        {"faults": {"/token": (400, {"error": "invalid_grant"})}},
        {"faults": {"/token": (200, {"access_token": "x"})}},
        {"faults": {"/token": (200, {"access_token": "x", "id_token": "no.token"})}},
        {"only_in_user_info": ("email",), "faults": {"/userinfo": (200, {"sub": "2002"})}},
        {"error": "server_error"},
    ],
    ids=str,
)
def test_what_cannot_be_verified_signs_nobody_in(
    client: Client, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.person = person(make_member().email)
    for name, value in wrong.items():
        setattr(provider, name, value)

    response = sign_in(client)

    assert response.status_code == 400
    assert FAILED in response.content.decode()
    assert signed_in_member(client) is None
    assert not SocialAccount.objects.exists()
    assert SignIn.objects.get().outcome == SignInOutcome.REFUSED


class TestState:
    def test_a_wrong_verifier_is_refused_by_the_provider(
        self, client: Client, provider: Provider
    ) -> None:
        provider.person = person(make_member().email)
        address = leaving(client)
        challenge = parse_qs(urlsplit(address).query)["code_challenge"][0]

        response = coming_back(client, address.replace(challenge, "x" * len(challenge)))

        assert response.status_code == 400
        assert "/token" in provider.asked
        assert signed_in_member(client) is None

    def test_an_answer_is_taken_once(self, client: Client, provider: Provider) -> None:
        provider.person = person(make_member().email)
        address = leaving(client)
        sent_back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
        assert client.get(sent_back).status_code == 302
        client.logout()

        assert client.get(sent_back).status_code == 400
        assert signed_in_member(client) is None

    def test_an_answer_belongs_to_the_browser_that_asked(
        self, client: Client, provider: Provider
    ) -> None:
        provider.person = person(make_member().email)

        other = Client()
        response = coming_back(other, leaving(client))

        assert response.status_code == 400
        assert signed_in_member(other) is None
        assert "/token" not in provider.asked

    @pytest.mark.parametrize("query", ["", "?code=1", "?state=x", "?code=1&state=x"])
    @pytest.mark.usefixtures("provider")
    def test_an_answer_that_nobody_asked_for_is_refused(self, client: Client, query: str) -> None:
        assert client.get(BACK + query).status_code == 400

    @pytest.mark.usefixtures("provider")
    def test_each_way_out_has_values_of_its_own(self, client: Client) -> None:
        first, second = (parse_qs(urlsplit(leaving(client)).query) for _ in range(2))

        for name in ("state", "nonce", "code_challenge"):
            assert first[name] != second[name]
        assert first["redirect_uri"] == [f"http://testserver{BACK}"]

    def test_only_a_form_of_ours_starts_it(self, provider: Provider) -> None:
        strict = Client(enforce_csrf_checks=True)

        assert strict.post(START).status_code == 403
        response = strict.get(START)
        assert (response.status_code, response["Location"]) == (302, "/account/login/")
        assert provider.asked == []


class TestProviderInTrouble:
    def test_cancelling_there_leads_back_to_the_choice(
        self, client: Client, provider: Provider
    ) -> None:
        provider.error = "access_denied"

        response = sign_in(client)

        assert response.status_code == 200
        assert "Signing in was cancelled" in response.content.decode()
        assert not SignIn.objects.exists()

    @pytest.mark.usefixtures("db")
    def test_a_provider_that_is_down_is_said_at_the_start(
        self, client: Client, settings: Settings
    ) -> None:
        with running() as gone:
            settings.SOCIALACCOUNT_PROVIDERS = settings_for(gone.issuer)

        response = client.post(START)

        assert response.status_code == 503
        assert UNREACHABLE in response.content.decode()

    def test_one_that_goes_down_meanwhile_is_said_on_the_way_back(
        self, client: Client, provider: Provider
    ) -> None:
        provider.person = person(make_member().email)
        address = leaving(client)
        provider.faults = {"/.well-known/openid-configuration": (502, {})}

        response = coming_back(client, address)

        assert response.status_code == 503
        assert signed_in_member(client) is None

    @pytest.mark.parametrize("path", ["/keys", "/userinfo"])
    def test_so_is_a_part_of_it_that_fails(
        self, client: Client, provider: Provider, path: str
    ) -> None:
        provider.person = person(make_member().email)
        provider.only_in_user_info = ("email",)
        provider.faults = {path: (500, {})}

        assert sign_in(client).status_code == 503
        assert signed_in_member(client) is None

    @pytest.mark.parametrize(
        "discovery",
        [
            {"issuer": "https://another.example"},
            {"token_endpoint": None},
            {"authorization_endpoint": ""},
        ],
    )
    def test_a_discovery_document_that_does_not_fit_is_refused(
        self, client: Client, provider: Provider, discovery: dict[str, Any]
    ) -> None:
        provider.discovery = discovery

        response = client.post(START)

        assert response.status_code == 400
        assert FAILED in response.content.decode()


class TestButton:
    @pytest.mark.usefixtures("provider")
    def test_the_sign_in_page_has_it_with_the_words_of_the_settings(
        self, client: Client, settings: Settings
    ) -> None:
        settings.SINGLE_SIGN_ON_NAME = "Sign in with Contoso"

        html = client.get("/account/login/?next=/orders/").content.decode()

        form = html.split(f'action="{START}"')[1].split("</form>")[0]
        assert "Sign in with Contoso" in form
        assert 'name="next" value="/orders/"' in form

    def test_without_a_provider_there_is_none_and_its_addresses_do_not_exist(
        self, client: Client
    ) -> None:
        assert START not in client.get("/account/login/").content.decode()
        assert client.post(START).status_code == 404
        assert client.get(START).status_code == 404
        assert client.get(BACK).status_code == 404

    @pytest.mark.usefixtures("provider")
    def test_pressing_it_is_throttled(self, client: Client, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}

        answers = [client.post(START).status_code for _ in range(3)]

        assert answers == [200, 200, 429]


class TestSecondStep:
    @pytest.fixture
    def member(self, provider: Provider) -> Member:
        member = make_member(AccessRole.ADMIN)
        TOTP.activate(member, generate_totp_secret())
        provider.person = person(member.email)
        return member

    @pytest.mark.usefixtures("member")
    def test_ones_own_is_asked_for_after_the_provider(self, client: Client) -> None:
        response = sign_in(client)

        assert (response.status_code, response["Location"]) == (302, "/account/2fa/authenticate/")
        assert signed_in_member(client) is None

    def test_it_is_left_out_where_the_provider_is_trusted_to_have_asked(
        self, client: Client, member: Member, settings: Settings
    ) -> None:
        settings.OIDC_IS_TWO_STEP = True

        assert sign_in(client)["Location"] == "/"
        assert signed_in_member(client) == str(member.pk)

    def test_a_password_is_never_two_steps(
        self, client: Client, member: Member, settings: Settings
    ) -> None:
        settings.OIDC_IS_TWO_STEP = True

        client.post("/account/login/", {"login": member.email, "password": PASSWORD})

        assert signed_in_member(client) is None


class TestInvitation:
    def invited(self, email: str) -> Invitation:
        team = make_team()
        return invitation_create(
            invitee=Invitee(
                email=email, name="Anna Berg", access_role=AccessRole.MANAGER, team=team
            ),
            by=make_member(AccessRole.ADMIN),
        )

    def test_an_open_one_is_accepted_by_coming_in(self, client: Client, provider: Provider) -> None:
        invitation = self.invited("anna@example.com")
        provider.person = person("Anna@example.com")

        response = sign_in(client)

        assert (response.status_code, response["Location"]) == (302, "/")
        invitation.refresh_from_db()
        member = invitation.member
        assert member is not None
        assert signed_in_member(client) == str(member.pk)
        assert (member.email, member.name, member.role) == (
            "anna@example.com",
            "Anna Berg",
            AccessRole.MANAGER,
        )
        assert not member.has_usable_password()
        assert member.memberships.get().team == invitation.team

    @pytest.mark.parametrize(
        "over",
        [
            {"revoked_at": datetime(2026, 1, 2, tzinfo=UTC)},
            {"expires_at": datetime(2026, 1, 2, tzinfo=UTC)},
        ],
        ids=str,
    )
    def test_one_that_is_over_lets_nobody_in(
        self, client: Client, provider: Provider, over: dict[str, datetime]
    ) -> None:
        invitation = self.invited("anna@example.com")
        Invitation.objects.filter(pk=invitation.pk).update(**over)
        provider.person = person("anna@example.com")

        response = sign_in(client)

        assert response.status_code == 403
        assert REFUSED in response.content.decode()
        assert not Member.objects.filter(email="anna@example.com").exists()

    def test_nor_does_an_address_that_the_provider_has_not_verified(
        self, client: Client, provider: Provider
    ) -> None:
        self.invited("anna@example.com")
        provider.person = person("anna@example.com", email_verified=False)

        assert sign_in(client).status_code == 403
        assert not Member.objects.filter(email="anna@example.com").exists()
