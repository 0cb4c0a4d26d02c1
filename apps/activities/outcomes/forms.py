"""What an outcome proposes, as an administrator changes it."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.activities.outcomes.rules import Rule
from apps.activities.outcomes.services import LONGEST_PURPOSE, MOST_DAYS
from apps.customers.models import Channel
from apps.funnel.models import Level

PURPOSE = "purpose_"


class OutcomeRuleForm(forms.Form):
    """The purpose in each language is a field of its own; empty is the product's."""

    needs_next_step = forms.BooleanField(label=_("A next step has to be planned"), required=False)
    next_days = forms.IntegerField(
        label=_("Proposed after (working days)"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_("0: the same day, or the next working day."),
    )
    next_channel = forms.ChoiceField(label=_("By"), choices=Channel.choices)
    level_code = forms.ChoiceField(
        label=_("Proposes to move the opportunity up to"),
        required=False,
        error_messages={"invalid_choice": _("There is no such level: choose one of the list.")},
    )
    loses = forms.BooleanField(label=_("Proposes to close it as lost"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in settings.LANGUAGES:
            self.fields[f"{PURPOSE}{code}"] = forms.CharField(
                label=name, required=False, max_length=LONGEST_PURPOSE
            )
        levels = Level.objects.filter(pipeline__is_default=True).order_by("rank")
        choices = [("", _("It stays where it is")), *((one.code, str(one)) for one in levels)]
        field = self.fields["level_code"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    def purposes(self) -> "list[forms.BoundField]":
        return [self[name] for name in self.fields if name.startswith(PURPOSE)]

    def told(self) -> dict[str, Any]:
        """The fields of `outcome_rule_change`."""
        given = self.cleaned_data
        names = ("needs_next_step", "next_days", "next_channel", "level_code", "loses")
        words = {code: given[f"{PURPOSE}{code}"] for code, _name in settings.LANGUAGES}
        return {name: given[name] for name in names} | {"purposes": words}


def initial_of(rule: Rule) -> dict[str, Any]:
    words = {f"{PURPOSE}{code}": text for code, text in rule.words.items()}
    return {
        "needs_next_step": rule.needs_next_step,
        "next_days": rule.days,
        "next_channel": str(rule.channel),
        "level_code": rule.level,
        "loses": rule.loses,
    } | words
