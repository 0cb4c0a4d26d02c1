"""Forms of the people pages: a member's fields as far as they are the reader's to change."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core.context_processors import LANGUAGES
from apps.core.filtering import DayField
from apps.core.models import Organisation
from apps.core.time_zones import zone_choices
from apps.members.directory import positions_now
from apps.members.forms.teams import TeamChoice
from apps.members.models import AccessRole, CareerLevel, Member, Position, Team
from apps.members.people import editable_fields
from apps.members.selectors import member_with_email

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
EXPORTS = (("role", _("as the access role says")), ("1", _("yes")), ("0", _("no")))
LANGUAGE_CHOICES = [(code, name) for code, name, _short in LANGUAGES]


class PositionChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several positions, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        options = {
            "label": _("Positions"),
            "required": False,
            "error_messages": NO_CHOICE,
        } | options
        super().__init__(queryset=None, **options)

    def label_from_instance(self, obj: Position) -> str:
        return obj.name


class MemberForm(forms.Form):
    """Fields of a member's record; those that are not the reader's to change are left out."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("Email"),
        help_text=_("They sign in with this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    access_role = forms.ChoiceField(
        label=_("Access role"), choices=AccessRole.choices, error_messages=NO_CHOICE
    )
    may_export_lists = forms.TypedChoiceField(
        label=_("May export lists"),
        choices=EXPORTS,
        coerce={"1": True, "0": False}.get,
        error_messages=NO_CHOICE,
    )
    career_level = forms.ChoiceField(
        label=_("Career level"),
        choices=[("", _("None yet")), *CareerLevel.choices],
        required=False,
        error_messages=NO_CHOICE,
    )
    joined_on = DayField(_("Joined on"))
    time_zone = forms.ChoiceField(label=_("Time zone"), error_messages=NO_CHOICE)
    language = forms.ChoiceField(
        label=_("Language"), choices=LANGUAGE_CHOICES, error_messages=NO_CHOICE
    )
    positions = PositionChoices()
    positions_on = DayField(_("Changes of positions count from"))

    def __init__(self, *args: Any, member: Member, reader: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.mine = editable_fields(reader, member)
        kept = self.mine | ({"positions_on"} if "positions" in self.mine else set())
        for name in set(self.fields) - kept:
            del self.fields[name]
        if "time_zone" in self.fields:
            self.fields["time_zone"].choices = zone_choices(known=[member.time_zone])  # type: ignore[attr-defined]
        if "positions" in self.fields:
            self.fields["positions_on"].required = True
            held = [position.pk for position in positions_now(member)]
            rows = Position.objects.visible_to(reader).offered(held)
            self.fields["positions"].queryset = rows  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(member: Member) -> dict[str, Any]:
        names = (
            "name",
            "email",
            "access_role",
            "career_level",
            "joined_on",
            "time_zone",
            "language",
        )
        exports = {True: "1", False: "0", None: "role"}[member.may_export_lists]
        return {
            **{name: getattr(member, name) for name in names},
            "may_export_lists": exports,
            "positions": [position.pk for position in positions_now(member)],
            "positions_on": Organisation.current().today(),
        }

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        other = member_with_email(email)
        if other is not None and other.pk != self.member.pk:
            raise ValidationError(_t("Another member has this email."))
        return email

    def values(self) -> dict[str, Any]:
        """The member's own fields."""
        holdings = {"positions", "positions_on"}
        return {name: self.cleaned_data[name] for name in self.fields if name not in holdings}

    def first_fields(self) -> list[forms.BoundField]:
        return [
            self[name]
            for name in ("name", "email", "joined_on", "career_level")
            if name in self.fields
        ]

    def access_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("access_role", "may_export_lists") if name in self.fields]

    def place_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("time_zone", "language") if name in self.fields]


class ReactivateForm(forms.Form):
    """Where somebody who left begins again."""

    team = TeamChoice(_("Team"), None)
    starts_on = DayField(_("From"))

    def __init__(self, *args: Any, reader: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = Organisation.current().today()
        self.fields["starts_on"].required = True
        self.fields["team"].offer(Team.objects.record_visible_to(reader).open_on(today))  # type: ignore[attr-defined]
