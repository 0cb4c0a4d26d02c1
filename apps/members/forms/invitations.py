"""Forms of inviting: one person, a file of many, and saying yes."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core.models import Organisation
from apps.core.time_zones import zone_choices
from apps.members.forms.people import LANGUAGE_CHOICES, NO_CHOICE, PositionChoices
from apps.members.forms.teams import TeamChoice
from apps.members.invitations.file import MOST_BYTES
from apps.members.invitations.services import Invitee
from apps.members.models import AccessRole, CareerLevel, Invitation, Member, Position, Team

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"),
        help_text=_("They get the link there, and sign in with this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    access_role = forms.ChoiceField(
        label=_("Access role"),
        choices=AccessRole.choices,
        initial=AccessRole.REP,
        error_messages=NO_CHOICE,
    )
    team = TeamChoice(_("Team"), None)
    career_level = forms.ChoiceField(
        label=_("Career level"),
        choices=[("", _("None yet")), *CareerLevel.choices],
        required=False,
        error_messages=NO_CHOICE,
    )
    positions = PositionChoices()
    time_zone = forms.ChoiceField(label=_("Time zone"), error_messages=NO_CHOICE)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=LANGUAGE_CHOICES,
        help_text=_("Of the mail, and of the pages at first."),
        error_messages=NO_CHOICE,
    )

    def __init__(self, *args: Any, reader: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = Organisation.current().today()
        self.fields["team"].offer(Team.objects.record_visible_to(reader).open_on(today))  # type: ignore[attr-defined]
        self.fields["positions"].queryset = Position.objects.visible_to(reader).offered()  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = zone_choices(known=[Organisation.current().time_zone])  # type: ignore[attr-defined]

    def invitee(self) -> Invitee:
        given = self.cleaned_data
        return Invitee(
            email=given["email"],
            name=given["name"],
            access_role=AccessRole(given["access_role"]),
            team=given["team"],
            career_level=given["career_level"],
            positions=tuple(given["positions"]),
            time_zone=given["time_zone"],
            language=given["language"],
        )


class InvitationFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
            "max_length": _("The file's name is longer than 200 characters."),
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            message = _t("The file has more than %(megabytes)s MB: invite in several files.")
            raise forms.ValidationError(message % {"megabytes": MOST_BYTES // 1024**2})
        return file


class AcceptForm(forms.Form):
    """Who was invited says yes: their name as they write it, and a password of their own."""

    name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=LANGUAGE_CHOICES, error_messages=NO_CHOICE
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), error_messages=NO_CHOICE)

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        self.fields["time_zone"].choices = zone_choices(known=[invitation.time_zone])  # type: ignore[attr-defined]

    @property
    def rules(self) -> list[str]:
        return password_validators_help_texts()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        password, again = given.get("password"), given.get("again")
        if password and again and password != again:
            self.add_error("again", _t("The two passwords differ."))
        elif password:
            person = Member(email=self.invitation.email, name=given.get("name", ""))
            try:
                validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given
