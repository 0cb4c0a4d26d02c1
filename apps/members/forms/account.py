"""Forms of one's own account."""

from datetime import date
from typing import Any

from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from allauth.core import context
from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.context_processors import LANGUAGES
from apps.core.kept_text import kept_initial
from apps.core.time_zones import zone_choices
from apps.members.models import ApiToken, Member
from apps.members.signing_in.own_account import address_settle, email_is_taken


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[(code, name) for code, name, _short in LANGUAGES],
        help_text=_("Of the pages and of the mails to you."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Dates and times on every page are those of this zone.")
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101 - for the type checker
        zone.choices = zone_choices(known=[member.time_zone])


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=ApiToken._meta.get_field("name").max_length,
        help_text=_("Says what uses it, such as “Warehouse import”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expires_on = forms.DateField(
        label=_("Works until"),
        required=False,
        help_text=_("Its last day. Empty: until you revoke it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(gettext("Choose today or a later day."))
        return day


class ChangeEmailForm(AddEmailForm):
    """The address that the member wants from now on; it counts once its mailbox has confirmed it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = (kwargs.get("initial") or {}) | kept_initial(context.request)
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New email")
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def save(self, request: HttpRequest) -> EmailAddress:
        address_settle(self.user)
        return super().save(request)

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if email_is_taken(email, by=self.user):
            raise forms.ValidationError(gettext("Another member has this email."))
        return email
