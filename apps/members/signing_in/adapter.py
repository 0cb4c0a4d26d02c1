"""Sign-in rules of django-allauth."""

from typing import Any
from urllib.parse import quote

from allauth.account.models import EmailAddress, EmailConfirmation
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from apps.core.models import OutgoingMail
from apps.core.outbox import mail_queue
from apps.members.models import Member
from apps.members.signing_in.account_mails import PASSWORD_RESET, UNKNOWN_ACCOUNT, compose
from apps.members.signing_in.own_account import email_is_taken
from apps.members.signing_in.signed_in import signed_in_just_now
from apps.members.signing_in.throttling import ThrottledSignIn


class ClosedSignup(ThrottledSignIn):
    """Members are invited; nobody signs up by themselves."""

    def get_login_stages(self) -> list[str]:
        asked = "allauth.mfa.stages.AuthenticateStage"
        ours = "apps.members.signing_in.single_sign_on.SecondStep"
        return [ours if stage == asked else stage for stage in super().get_login_stages()]

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def is_reauthentication_required(self, *, app: str, **given: Any) -> bool:
        """Whoever signed in a moment ago need not prove it again, except to change the address."""
        if app == "allauth.mfa" and signed_in_just_now(self.request):
            return False
        required: bool = super().is_reauthentication_required(app=app, **given)
        return required

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Refused where another member has got the address since it was asked for."""
        if email_is_taken(email_address.email, by=email_address.user):
            failed = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, failed, {"email": email_address.email})
            return False
        confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail into the outbox, in its reader's language; the worker sends it.

        Nobody gets a mail who has no account. Yet the page must not answer faster for an address
        that is unknown: the mail is composed, written and deleted again in one transaction.
        """
        if template_prefix == UNKNOWN_ACCOUNT:
            with transaction.atomic():
                token = default_token_generator.make_token(Member(pk=0, email=email))
                address = self.get_reset_password_from_key_url(f"0-{token}")
                made = _queue(email, PASSWORD_RESET, {"password_reset_url": address}, None)
                # Nothing refers to it yet: asking every relation would tell it from a real one.
                rows = OutgoingMail.objects.filter(pk=made.pk)
                rows._raw_delete(rows.db)
            return
        member = context.get("user") or Member.objects.filter(email__iexact=email).first()
        if member is None and self.request is not None and self.request.user.is_authenticated:
            member = self.request.user  # a notice to the address that was theirs until now
        _queue(email, template_prefix, context, member)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the installation's own address: what the request calls the host proves nothing."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))

    def get_email_confirmation_url(
        self,
        request: HttpRequest,  # noqa: ARG002
        emailconfirmation: EmailConfirmation,
    ) -> str:
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])


def _queue(email: str, name: str, context: dict[str, Any], reader: Member | None) -> OutgoingMail:
    mail = compose(name, email=email, reader=reader, given=context)
    return mail_queue(
        to=email,
        purpose=name.rsplit("/", 1)[-1][:32],
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        language=mail.language,
        is_secret=mail.is_secret,
        is_sample=reader is not None and reader.is_sample,
    )
