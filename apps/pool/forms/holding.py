"""Giving a customer back, and handing it to somebody else."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.members.forms.picker import MemberField
from apps.members.querysets import Viewer

MOST_CHARACTERS = 500


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the customer's history."),
        error_messages={"required": _("Say why.")},
    )


class ReleaseForm(forms.Form):
    reason = _reason()


class HandOverForm(forms.Form):
    to = MemberField(label=_("New owner"), chosen_for="own")
    reason = _reason()
    takes_opportunities = forms.BooleanField(
        label=_("Open opportunities of the present owner go along"), required=False
    )

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].offer(user)  # type: ignore[attr-defined]
