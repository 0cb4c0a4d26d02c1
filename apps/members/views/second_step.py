"""Pages of django-allauth on which a second step is set up or taken off, as this product needs them."""

from typing import Any

from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.forms import BaseForm
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy

from apps.members.signing_in import two_step

SECURITY = reverse_lazy("security")


class ActivateApp(ActivateTOTPView):
    def get_success_url(self) -> str:
        return reverse(
            "mfa_view_recovery_codes" if self.did_generate_recovery_codes else "security"
        )


class DeactivateApp(DeactivateTOTPView):
    success_url = SECURITY


class AddPasskey(AddWebAuthnView):
    """A passkey signs in by itself unless its owner says otherwise."""

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "passwordless": True}

    def get_success_url(self) -> str:
        return reverse(
            "mfa_view_recovery_codes" if self.did_generate_recovery_codes else "security"
        )

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        # allauth builds a new form here, without the errors of the one that was refused.
        context = super().get_context_data(**given)
        return {**context, **given}


class RenamePasskey(EditWebAuthnView):
    success_url = SECURITY


class RemovePasskey(RemoveWebAuthnView):
    success_url = SECURITY

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        may_remove = two_step.may_remove(self.object)
        return {**super().get_context_data(**given), "may_remove": may_remove}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        if not two_step.may_remove(self.get_object()):
            raise two_step.LastFactor(two_step.LAST_FACTOR)
        response: HttpResponse = super().form_valid(form)
        return response
