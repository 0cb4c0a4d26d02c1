"""Single sign-on by OpenID Connect: who comes from the provider, and whom we let in.

django-allauth goes the way of the code flow with PKCE and keeps its state; checked here is what the
provider says: signature, issuer, audience, time and nonce of the ID token. Nobody is created by it.
A member is known by the provider's name for them; the first time by an address that the provider
has verified. All others get the same page, whatever the reason: it is in the sign-in log.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import jwt
import structlog
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from requests import RequestException

from apps.members.invitations.services import InvitationGone, invitation_accept
from apps.members.models import Invitation, Member
from apps.members.selectors import member_with_email
from apps.members.signing_in.sign_in_log import single_sign_on_refused

PROVIDER = "single-sign-on"
CONNECTED = "socialaccount/email/account_connected"
# Clocks of two machines may differ by this much.
LEEWAY_SECONDS = 60
# Signed with a key that only the provider has; a shared secret or no signature is not accepted.
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

log = structlog.get_logger(__name__)


def is_set_up() -> bool:
    return bool(settings.SOCIALACCOUNT_PROVIDERS)


class CheckedOpenIDConnect(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The provider's answers, believed only after they are checked."""

    nonce = ""

    def __init__(self, request: HttpRequest, provider_id: str = PROVIDER) -> None:
        super().__init__(request, provider_id)

    @property
    def openid_config(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = super().openid_config
        except ValueError as error:
            raise OAuth2Error("the discovery document is no JSON") from error
        server = self.get_provider().app.settings["server_url"]
        if not isinstance(found, dict) or any(not found.get(name) for name in ENDPOINTS):
            raise OAuth2Error("the discovery document names no addresses")
        if str(found.get("issuer", "")).rstrip("/") != server:
            raise OAuth2Error(f"the issuer is {found.get('issuer')}, not {server}")
        return found

    def get_callback_url(self, request: HttpRequest, app: object) -> str:  # noqa: ARG002
        return request.build_absolute_uri(reverse("single_sign_on_back"))

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = super().get_access_token_data(*args, **kwargs)
        except (KeyError, ValueError) as error:
            raise OAuth2Error("the token answer is no JSON") from error
        return found

    def parse_token(self, data: Mapping[str, Any]) -> SocialToken:
        """Tokens are not kept: nothing is asked of the provider after the sign-in."""
        return SocialToken(token=data["access_token"])

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **answer: Any
    ) -> SocialLogin:
        claims = self._claims(app.client_id, answer["response"].get("id_token"))
        if "email" not in claims and self.openid_config.get("userinfo_endpoint"):
            claims = {**self._user_info(token.token, claims["sub"]), **claims}
        kept = {
            "uid": uid(claims["iss"], claims["sub"]),
            "iss": claims["iss"],
            "sub": claims["sub"],
            "email": str(claims.get("email") or ""),
            "email_verified": has_verified_email(claims),
        }
        return self.get_provider().sociallogin_from_response(request, {"id_token": kept})

    def _claims(self, client_id: str, id_token: object) -> dict[str, Any]:
        try:
            key = self._key(jwt.get_unverified_header(str(id_token)).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                str(id_token),
                key,
                algorithms=ALGORITHMS,
                audience=client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"ID token: {error}") from error
        if not self.nonce or claims["nonce"] != self.nonce:
            raise OAuth2Error("ID token: made for another sign-in")
        if claims.get("azp", client_id) != client_id:
            raise OAuth2Error("ID token: made for another site")
        return claims

    def _key(self, kid: str | None) -> jwt.PyJWK:
        """The provider's key of that name, or its only one."""
        with get_social_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        fitting = keys if kid is None else [key for key in keys if key.key_id == kid]
        if len(fitting) != 1:
            raise OAuth2Error("ID token: signed with a key that the provider does not publish")
        return fitting[0]

    def _user_info(self, access_token: str, sub: str) -> dict[str, Any]:
        """Claims that some providers leave out of the ID token; about the same person only."""
        found = self._fetch_user_info(access_token)
        if not isinstance(found, dict) or found.get("sub") != sub:
            raise OAuth2Error("the user info is about somebody else")
        return found


class FirmProvider(OpenIDConnectProvider):  # type: ignore[misc]
    oauth2_adapter_class = CheckedOpenIDConnect


class MembersOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in members, and whoever an administrator has invited."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Runs when the provider's word is checked and before anybody is signed in."""
        is_known = sociallogin.is_existing
        member = sociallogin.user if is_known else self._by_verified_email(sociallogin)
        if member is None or not member.is_active:
            claimed = sociallogin.account.extra_data["id_token"]["email"]
            single_sign_on_refused(request=request, email=claimed, member=member)
            raise ImmediateHttpResponse(ended(request, "refused", status=403))
        if not is_known:
            account_connect(sociallogin=sociallogin, member=member, request=request)

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> FirmProvider:
        return FirmProvider(request, self.get_app(request, provider, client_id))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: object,  # noqa: ARG002
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: object = None,  # noqa: ARG002
    ) -> None:
        raise ImmediateHttpResponse(failed(request, error, exception))

    @staticmethod
    def _by_verified_email(sociallogin: SocialLogin) -> Member | None:
        claims = sociallogin.account.extra_data["id_token"]
        if not claims["email_verified"]:
            return None
        return member_with_email(claims["email"]) or invited(claims["email"])


class SecondStep(AuthenticateStage):  # type: ignore[misc]
    """The second step, left out where the provider has asked for one already."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if settings.OIDC_IS_TWO_STEP and came_by_it(self.request, self.login.user):
            return None, True
        handled: tuple[HttpResponse | None, bool] = super().handle()
        return handled


def came_by_it(request: HttpRequest, member: Member) -> bool:
    records = get_authentication_records(request, member)
    return any(record["method"] == "socialaccount" for record in records)


def invited(email: str) -> Member | None:
    """The member who comes of an open invitation to this address: the provider proves it is theirs."""
    open_ones = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    found = open_ones.alias(lower_email=Lower("email")).filter(lower_email=email.lower()).first()
    if found is None:
        return None
    try:
        return invitation_accept(
            invitation=found,
            name=found.name,
            password=None,
            language=found.language,
            time_zone=found.time_zone,
        )
    except InvitationGone:
        return None


@transaction.atomic
def account_connect(*, sociallogin: SocialLogin, member: Member, request: HttpRequest) -> None:
    """Let the provider's account sign the member in from now on; a mail and the audit trail say so."""
    account, is_new = SocialAccount.objects.get_or_create(
        provider=sociallogin.account.provider,
        uid=sociallogin.account.uid,
        defaults={"user": member, "extra_data": sociallogin.account.extra_data},
    )
    sociallogin.account, sociallogin.user = account, account.user
    if is_new:
        social_account_added.send(sender=SocialLogin, request=request, sociallogin=sociallogin)
        context = {"account": account, "provider": sociallogin.provider}
        get_account_adapter(request).send_notification_mail(CONNECTED, member, context=context)


def failed(request: HttpRequest, error: str | None, exception: Exception | None) -> HttpResponse:
    """The page for a sign-in that did not come to its end, with what to do about it."""
    if error == AuthError.CANCELLED:
        return ended(request, "cancelled", status=200)
    log.warning("single sign-on failed", reason=str(exception or error))
    if isinstance(exception, RequestException):
        return ended(request, "unreachable", status=503)
    single_sign_on_refused(request=request)
    return ended(request, "failed", status=400)


def ended(request: HttpRequest, reason: str, *, status: int) -> HttpResponse:
    return render(request, "socialaccount/ended.html", {"reason": reason}, status=status)


def uid(issuer: str, sub: str) -> str:
    """One name for a person of a provider: another provider may use the same `sub` for another."""
    return hashlib.sha256(f"{issuer}\n{sub}".encode()).hexdigest()


def has_verified_email(claims: Mapping[str, Any]) -> bool:
    """Does the provider vouch for the address? Microsoft says so by the claim `xms_edov`."""
    said = (claims.get("email_verified"), claims.get("xms_edov"))
    return bool(claims.get("email")) and any(value in (True, "true", "1") for value in said)
