"""The form of a merge: which customer stays, which value of each field, and who has the result."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.customers.merging.values import BOTH, FieldRow
from apps.customers.models import Customer
from apps.members.models import Member

POOL = "pool"
FIELD = "field-"
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}


class MergeForm(forms.Form):
    """`rows` are the fields with each customer's value; the page draws the choices itself."""

    survivor = forms.ChoiceField(label=_("Which one stays"), error_messages=NO_CHOICE)
    owner = forms.ChoiceField(label=_("Owner afterwards"), error_messages=NO_CHOICE)
    joins_contacts = forms.BooleanField(
        label=_("Join contacts that are the same person"),
        required=False,
        help_text=_("Same name, job, phones and emails. What is linked to one is linked to both."),
    )

    def __init__(
        self, data: QueryDict | None, *, customers: Sequence[Customer], rows: Sequence[FieldRow]
    ) -> None:
        super().__init__(data)
        self.rows = rows
        self.owners = {str(one.owner_id or POOL): one.owner for one in customers}
        ids = [(str(one.pk), one.name) for one in customers]
        self.fields["survivor"].choices = ids  # type: ignore[attr-defined]
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (key, owner.name if owner else _("Pool")) for key, owner in self.owners.items()
        ]
        for row in rows:
            more = [(BOTH, "")] if row.is_joinable else []
            self.fields[FIELD + row.name] = forms.ChoiceField(
                label=row.label, required=False, choices=[*ids, *more], error_messages=NO_CHOICE
            )

    def chosen(self) -> dict[str, Any]:
        """Field → the customer whose value stays."""
        given = self.cleaned_data
        named = {row.name: given[FIELD + row.name] for row in self.rows}
        return {name: value for name, value in named.items() if value}

    def chosen_owner(self) -> Member | None:
        return self.owners[self.cleaned_data["owner"]]
