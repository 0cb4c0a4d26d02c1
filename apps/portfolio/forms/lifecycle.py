"""A stage set by hand."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.members.lifecycle import LifecycleStage


class LifecycleOverrideForm(forms.Form):
    stage = forms.ChoiceField(
        label=_("Stage"),
        choices=LifecycleStage.choices,
        error_messages={"invalid_choice": _("There is no such choice.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Read by everybody who sees the customer."),
        error_messages={"required": _("Say why: others will read the stage and understand it.")},
    )
