"""The rules of calling, as an administrator changes them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.calling.models import LONGEST_WAIT, MOST_CALLS, CallRules
from apps.calling.services import RULES


def _time(label: Any) -> forms.TimeField:  # noqa: ANN401 - a lazy text
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Enter a time such as 09:00.")},
    )


class CallRulesForm(forms.Form):
    first = _time(_("Calls and texts from"))
    until = _time(_("Until"))
    are_weekends_allowed = forms.BooleanField(
        label=_("At weekends too"),
        required=False,
        help_text=_("Holidays of the customer's country stay free of calls."),
    )
    most_a_day = forms.IntegerField(label=_("Most calls a day"), min_value=1, max_value=MOST_CALLS)
    minutes_apart = forms.IntegerField(
        label=_("Minutes between two calls"),
        min_value=0,
        max_value=LONGEST_WAIT,
        help_text=_("0: one may follow the other at once."),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first, until = given.get("first"), given.get("until")
        if first is not None and until is not None and first >= until:
            words = gettext("This has to be later than the first hour.")
            self.add_error("until", ValidationError(words))
        return given

    def changed(self) -> CallRules:
        """The rules as the (valid) form says, not saved."""
        return CallRules(**{name: self.cleaned_data[name] for name in RULES})


def initial_values() -> dict[str, Any]:
    rules = CallRules.current()
    return {name: getattr(rules, name) for name in RULES}
