"""Looking for a person, and erasing one."""

from django import forms
from django.utils.translation import gettext_lazy as _

SHORTEST = 2


class PersonSearch(forms.Form):
    q = forms.CharField(
        label=_("Name, email or phone"),
        max_length=100,
        min_length=SHORTEST,
        required=False,
        error_messages={"min_length": _("Enter at least two characters.")},
    )


class EraseForm(forms.Form):
    """Why, and once more that it can't be taken back."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("For the record of erasures: without names or numbers of the person."),
        max_length=500,
        error_messages={"required": _("Say why, such as “asked for by mail on 3 May”.")},
    )
    is_sure = forms.BooleanField(
        label=_("I know that this can't be undone."),
        error_messages={"required": _("Tick this to go on.")},
    )
