"""Forms by which a call is worked off."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.customers.models import Contact, Customer
from apps.members.querysets import Viewer
from apps.telephony.inbox import LONGEST_REASON

NOWHERE, NEW = "", "new"


class AssignForm(forms.Form):
    """With whom the number is kept at the customer that was chosen."""

    keep = forms.ChoiceField(
        label=gettext_lazy("Keep the number"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no such choice.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the new contact"), required=False, max_length=150
    )

    def __init__(self, data: Any, *, customer: Customer, user: Viewer, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(data, **kwargs)
        rows = Contact.objects.editable_by(user).filter(customer=customer).order_by("name", "pk")
        self._contacts = {str(one.pk): one for one in rows}
        self.fields["keep"].choices = [  # type: ignore[attr-defined]
            (NOWHERE, _("No")),
            *((pk, _("With %(name)s") % {"name": one.name}) for pk, one in self._contacts.items()),
            (NEW, _("With a new contact")),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("keep") == NEW and not cleaned.get("name"):
            self.add_error("name", ValidationError(_("Give the new contact a name.")))
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What `call_assign` wants to know."""
        keep = self.cleaned_data["keep"]
        return {
            "contact": self._contacts.get(keep),
            "new_contact": self.cleaned_data["name"] if keep == NEW else "",
        }


class DismissForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("For example: a wrong number, private, advertising."),
    )
