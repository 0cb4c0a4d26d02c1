"""Two-step sign-in as this product wants it: secrets encrypted, and kept on where a role requires it."""

from typing import Any, ClassVar

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import encryption
from apps.core.models import Organisation
from apps.members.models import Member
from apps.members.signing_in import two_step

PRODUCT = "SalesTeam"


class TwoStepAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": two_step.LAST_FACTOR,
        "incorrect_code": _("This code is not right. Codes change every 30 seconds: try the next."),
        "cannot_generate_recovery_codes": _("Turn two-step sign-in on first."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return two_step.may_remove(authenticator)

    def get_totp_issuer(self) -> str:
        """What authenticator apps print above the code."""
        firm = Organisation.current().name
        return PRODUCT if firm == PRODUCT else f"{PRODUCT} ({firm})"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": PRODUCT}

    def generate_authenticator_name(self, user: Member, type: Authenticator.Type) -> str:  # noqa: A002
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey {number}").format(number=number)
