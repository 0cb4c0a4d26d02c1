"""Why a contact must not be called, or may be again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calling.services import LONGEST_REASON


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands with the contact."),
        error_messages={"required": _("Say why.")},
    )
