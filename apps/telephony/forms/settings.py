"""Forms of the phone systems."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.members.forms.picker import MemberField
from apps.members.querysets import Viewer
from apps.telephony.models import LONGEST_EXTENSION


class PhoneSystemForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Letters a–z, digits, dots and dashes: it is sent with every event."),
    )


class ExtensionForm(forms.Form):
    number = forms.CharField(
        label=_("Extension"),
        max_length=LONGEST_EXTENSION,
        help_text=_("As the phone system sends it."),
    )
    member = MemberField(label=_("Member"))

    def __init__(self, data: object, *, user: Viewer, **kwargs: object) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        self.fields["member"].offer(user)  # type: ignore[attr-defined]
