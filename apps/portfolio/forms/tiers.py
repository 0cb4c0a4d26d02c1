"""Forms of tiers: one set by hand, and the rule."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField
from apps.customers.models import Tier
from apps.portfolio.models import TierMode, TierRule

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
BOX = {"class": "form-check-input"}
MOST_MONTHS, MOST_RUNS = 60, 30
# Shares are stored with four decimals.
AS_STORED = Decimal("0.0001")
SHARES = ("count_a", "count_b", "value_a", "value_b")


class TierOverrideForm(forms.Form):
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices, error_messages=NO_CHOICE)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Read by everybody who sees the customer."),
    )
    ends_on = DayField(_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].required = True
        self.fields["ends_on"].help_text = _("Its last day, a year from now at the latest.")


def _share(label: Any, *, help_text: Any = "") -> forms.DecimalField:  # noqa: ANN401 - a lazy text
    return forms.DecimalField(
        label=label,
        min_value=Decimal("0.01"),
        max_value=Decimal("99.99"),
        max_digits=4,
        decimal_places=2,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )


class TierRuleForm(forms.Form):
    """The rule as people write it: shares in percent. Those of the other mode are kept as they are."""

    mode = forms.ChoiceField(
        label=_("How customers are divided"),
        choices=TierMode.choices,
        widget=forms.RadioSelect(attrs=BOX),
        error_messages=NO_CHOICE,
    )
    count_a = _share(_("Tier A: the best … percent of the customers"))
    count_b = _share(_("Tier B: the next … percent of the customers"))
    value_a = _share(_("Tier A: up to … percent of the profit"))
    value_b = _share(
        _("Tier B: up to … percent of the profit"), help_text=_("Those of Tier A included.")
    )
    months = forms.IntegerField(
        label=_("Months looked back on"), min_value=1, max_value=MOST_MONTHS
    )
    runs_to_change = forms.IntegerField(
        label=_("Runs in a row before a tier changes"),
        min_value=1,
        max_value=MOST_RUNS,
        help_text=_("There is one run a night. With 1, every change applies at once."),
    )

    @staticmethod
    def initial_of(rule: TierRule) -> dict[str, Any]:
        shares = {name: (getattr(rule, name) * 100).normalize() for name in SHARES}
        rest = ("mode", "months", "runs_to_change")
        return {name: f"{share:f}" for name, share in shares.items()} | {
            name: getattr(rule, name) for name in rest
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        first, second = given.get("count_a"), given.get("count_b")
        if first and second and first + second >= 100:  # noqa: PLR2004 - percent
            message = gettext(
                "Tier A and Tier B together leave nothing to Tier C: stay below 100 %."
            )
            self.add_error("count_b", ValidationError(message))
        first, second = given.get("value_a"), given.get("value_b")
        if first and second and second <= first:
            message = gettext("Tier B ends after Tier A: enter more than for Tier A.")
            self.add_error("value_b", ValidationError(message))
        return given

    def values(self) -> dict[str, Any]:
        """The fields of the rule; of a valid form."""
        given = dict(self.cleaned_data)
        return given | {name: (given[name] / 100).quantize(AS_STORED) for name in SHARES}

    def rule(self) -> TierRule:
        """The rule that the form describes, saved nowhere."""
        return TierRule(**self.values())
