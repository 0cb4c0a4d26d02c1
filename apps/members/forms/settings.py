"""Forms of the organisation's settings, its calendar and its positions."""

from typing import Any

from babel import Locale
from babel.core import get_global
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core.calendars import countries, subdivisions
from apps.core.context_processors import LANGUAGES
from apps.core.filtering import DayField
from apps.core.formats import words
from apps.core.models import FEWEST_AUDIT_MONTHS
from apps.core.time_zones import zone_choices
from apps.members.lifecycle import LifecycleStage
from apps.members.models import AccessRole, Position

WEEKDAYS = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)
MOST_AUDIT_MONTHS = 240
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
LANGUAGE_CHOICES = [(code, name) for code, name, _short in LANGUAGES]


def currencies(known: str = "") -> list[tuple[str, str]]:
    """Codes of the currencies that some country pays with today, with their names, by code."""
    today = {
        code
        for tenders in get_global("territory_currencies").values()
        for code, _start, end, is_tender in tenders
        if end is None and is_tender
    }
    names = Locale.parse(words().locale).currencies
    return [(code, f"{code} – {names.get(code, code)}") for code in sorted(today | {known} - {""})]


class Ticks(forms.TypedMultipleChoiceField):
    """Several of a few choices, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple


class FirmForm(forms.Form):
    """What the first set-up asks for; `subdivision` offers the regions of the country given."""

    name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Decides to which day what happens belongs, and when the night begins."),
        error_messages=NO_CHOICE,
    )
    currency = forms.ChoiceField(
        label=_("Reporting currency"),
        help_text=_("All amounts are in this one. It can't change once there are any."),
        error_messages=NO_CHOICE,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=LANGUAGE_CHOICES,
        help_text=_("Of reports, and what new members begin with."),
        error_messages=NO_CHOICE,
    )
    country = forms.ChoiceField(
        label=_("Country of the holidays"), required=False, error_messages=NO_CHOICE
    )
    subdivision = forms.ChoiceField(
        label=_("Region"),
        required=False,
        error_messages={"invalid_choice": _("Choose a region of this country.")},
    )
    working_days = Ticks(
        label=_("Working days of the week"),
        choices=WEEKDAYS,
        coerce=int,
        error_messages={
            "required": _("Tick at least one day on which the firm works."),
            **NO_CHOICE,
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("time_zone", zone_choices(known=[str(self.initial.get("time_zone", ""))]))
        self._offer("currency", currencies(str(self.initial.get("currency", ""))))
        self._offer("country", [("", _("No holidays")), *countries()])
        regions = subdivisions(self.chosen_country)
        self._offer("subdivision", [("", _("Those of the whole country")), *regions])
        self.has_regions = bool(regions)

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    @cached_property
    def chosen_country(self) -> str:
        """The country chosen, if it is one."""
        asked = str(self["country"].value() or "")
        return asked if asked in dict(countries()) else ""

    @cached_property
    def chosen_weekdays(self) -> list[int]:
        """The working days chosen, as far as they are such."""
        asked = {str(value) for value in self["working_days"].value() or ()}
        return [number for number, _name in WEEKDAYS if str(number) in asked]

    @cached_property
    def chosen_region(self) -> str:
        asked = str(self["subdivision"].value() or "")
        return asked if asked in dict(subdivisions(self.chosen_country)) else ""


class SettingsForm(FirmForm):
    two_step_roles = Ticks(
        label=_("Two-step sign-in is required of"),
        choices=AccessRole.choices,
        required=False,
        help_text=_("Whoever has no second step yet sets it up at the next page they open."),
        error_messages=NO_CHOICE,
    )
    export_roles = Ticks(
        label=_("Lists may be exported by"),
        choices=[(role.value, role.label) for role in AccessRole if role is not AccessRole.HR],
        required=False,
        help_text=_("A member's page can say otherwise of one person."),
        error_messages=NO_CHOICE,
    )
    audit_months = forms.IntegerField(
        label=_("Months that the audit log is kept"),
        min_value=FEWEST_AUDIT_MONTHS,
        max_value=MOST_AUDIT_MONTHS,
        help_text=_("At least 24."),
    )


class CalendarDayForm(forms.Form):
    """A day off, or a day worked although it would be free."""

    day = DayField(_("Day"))
    name = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_working = forms.ChoiceField(
        label=_("On this day the firm"),
        choices=[("0", _("rests")), ("1", _("works"))],
        error_messages=NO_CHOICE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].required = True

    def clean_is_working(self) -> bool:
        return bool(self.cleaned_data["is_working"] == "1")


class PositionForm(forms.Form):
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    name_hans = forms.CharField(
        label=_("Name in simplified Chinese"), max_length=80, required=False
    )
    name_hant = forms.CharField(
        label=_("Name in traditional Chinese"), max_length=80, required=False
    )
    stages = Ticks(
        label=_("Stages of a customer's life that it covers"),
        choices=LifecycleStage.choices,
        required=False,
        error_messages=NO_CHOICE,
    )
    rank = forms.IntegerField(
        label=_("Rank"), min_value=0, max_value=32767, help_text=_("Lower numbers stand first.")
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Who holds a retired position keeps it; nobody is given it any more."),
    )

    def __init__(self, *args: Any, position: Position, **kwargs: Any) -> None:
        self.position = position
        super().__init__(*args, **kwargs)

    @staticmethod
    def initial_of(position: Position) -> dict[str, Any]:
        return {
            "name_en": position.names.get("en", ""),
            "name_hans": position.names.get("zh-hans", ""),
            "name_hant": position.names.get("zh-hant", ""),
            "stages": position.stages,
            "rank": position.rank,
            "is_active": position.is_active,
        }

    def clean_name_en(self) -> str:
        name: str = self.cleaned_data["name_en"]
        if not self.position.pk and not slugify(name):
            raise ValidationError(
                _t("Use Latin letters: the position's code follows from this name.")
            )
        return name

    def values(self) -> dict[str, Any]:
        """The position's fields; its code follows from its first English name and then stays."""
        given = self.cleaned_data
        names = {
            "en": given["name_en"],
            "zh-hans": given["name_hans"],
            "zh-hant": given["name_hant"],
        }
        code = self.position.code or slugify(given["name_en"])[:40]
        return {
            "code": code,
            "names": {language: name for language, name in names.items() if name},
            "stages": given["stages"],
            "rank": given["rank"],
            "is_active": given["is_active"],
        }
