"""The service policy as people write it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Tier
from apps.portfolio.models import ServiceHours
from apps.portfolio.service.policies import CHEAPER_FIRST, Promise

MOST_DAYS, MOST_HOURS = 3650, 999
CHANNELS = [(channel.value, channel.label) for channel in CHEAPER_FIRST]
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}


class TimeOfDay(forms.TimeField):
    def __init__(self, label: Any) -> None:  # noqa: ANN401 - a lazy text
        super().__init__(
            label=label,
            input_formats=["%H:%M"],
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            error_messages={"invalid": _("Enter a time such as 09:00.")},
        )


def _count(label: Any, most: int) -> forms.IntegerField:  # noqa: ANN401 - a lazy text
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=most)


class PromiseForm(forms.Form):
    """What one tier is promised; an empty field asks nothing."""

    contact_days = _count(_("A contact at least every … days"), MOST_DAYS)
    response_hours = _count(_("First response within … business hours"), MOST_HOURS)
    visit_days = _count(_("A visit or meeting every … days"), MOST_DAYS)
    channels = forms.MultipleChoiceField(
        label=_("Allowed channels, the cheapest first"),
        choices=CHANNELS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=NO_CHOICE,
        help_text=_("None ticked: every channel is allowed."),
    )

    def __init__(self, data: QueryDict | None, *, tier: Tier, initial: dict[str, Any]) -> None:
        self.tier = tier
        super().__init__(data, prefix=tier.value, initial=initial)

    def promise(self) -> Promise:
        given = self.cleaned_data
        return Promise(
            tier=self.tier.value,
            contact_days=given["contact_days"],
            response_hours=given["response_hours"],
            visit_days=given["visit_days"],
            channels=[channel for channel in CHEAPER_FIRST if channel in given["channels"]],
        )


class HoursForm(forms.Form):
    opens_at = TimeOfDay(_("Business hours from"))
    closes_at = TimeOfDay(_("Business hours until"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        opens, closes = given.get("opens_at"), given.get("closes_at")
        if opens and closes and closes <= opens:
            words = gettext("The business hours end before they begin: choose a later end.")
            self.add_error("closes_at", ValidationError(words))
        return given

    @staticmethod
    def initial_of(hours: ServiceHours) -> dict[str, Any]:
        return {"opens_at": hours.opens_at, "closes_at": hours.closes_at}


def promise_initial(promise: Promise | None) -> Mapping[str, Any]:
    if promise is None:
        return {}
    return {
        "contact_days": promise.contact_days,
        "response_hours": promise.response_hours,
        "visit_days": promise.visit_days,
        "channels": [channel.value for channel in promise.channels],
    }
