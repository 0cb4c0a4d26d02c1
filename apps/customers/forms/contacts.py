"""Forms of the people at a customer and of days to remember."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.customers.editing.contacts import contact_told
from apps.customers.editing.phones import LONGEST as LONGEST_PHONE
from apps.customers.forms.base import BasedForm
from apps.customers.forms.texts import (
    LONGEST_EMAIL,
    EmailField,
    LinesField,
    PhoneField,
    email_checked,
    phone_checked,
)
from apps.customers.models import Channel, Contact, Customer, DecisionRole, SpecialDateKind
from apps.members.models import Member

MOST_CONTACTS = 20


class ContactForm(BasedForm):
    """A person at a customer."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the name.")},
    )
    job_title = forms.CharField(
        label=_("Job title"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    decision_role = forms.ChoiceField(
        label=_("Role in the decision"),
        choices=[("", "—"), *DecisionRole.choices],
        required=False,
    )
    phone = PhoneField(label=_("Phone"))
    email = EmailField(label=_("Email"))
    other_phones = LinesField(label=_("More phones"), check=phone_checked, longest=LONGEST_PHONE)
    other_emails = LinesField(label=_("More emails"), check=email_checked, longest=LONGEST_EMAIL)
    preferred_channel = forms.ChoiceField(
        label=_("Preferred channel"), choices=[("", "—"), *Channel.choices], required=False
    )
    preferred_time = forms.CharField(
        label=_("Preferred time"),
        max_length=100,
        required=False,
        help_text=_("Such as: mornings before 10."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_former = forms.BooleanField(label=_("No longer there"), required=False)

    def __init__(self, *args: Any, contact: Contact | None = None, **kwargs: Any) -> None:
        told = contact_told(contact) if contact else {}
        initial = {**told, **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, base=told or None, initial=initial, **kwargs)


class NewContactForm(ContactForm):
    """One of the first contacts of a new customer: left empty, there is none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("base", "is_former", "other_phones", "other_emails"):
            del self.fields[name]


NewContacts = forms.formset_factory(
    NewContactForm, extra=1, max_num=MOST_CONTACTS, absolute_max=MOST_CONTACTS, validate_max=True
)


class ContactOf(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Contact) -> str:
        return obj.name


class SpecialDateForm(forms.Form):
    """A day of the year; its year only where it is known."""

    kind = forms.ChoiceField(label=_("Kind"), choices=SpecialDateKind.choices)
    contact = ContactOf(
        queryset=Contact.objects.none(),
        label=_("Whose"),
        required=False,
        empty_label=_("The customer's own"),
        error_messages={"invalid_choice": _("There is no such choice.")},
    )
    day = forms.IntegerField(
        label=_("Day"),
        min_value=1,
        max_value=31,
        error_messages={"required": _("Enter the day of the month, 1 to 31.")},
    )
    month = forms.TypedChoiceField(label=_("Month"), choices=list(MONTHS.items()), coerce=int)
    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        help_text=_("Leave it empty if you don't know it."),
    )
    label = forms.CharField(
        label=_("What it is"),
        max_length=100,
        required=False,
        help_text=_("For other days: what is remembered."),
    )

    def __init__(self, *args: Any, customer: Customer, user: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Contact.objects.visible_to(user).filter(customer=customer)
        self.fields["contact"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("kind") == SpecialDateKind.OTHER and not given.get("label"):
            raise ValidationError({"label": _t("Say what is remembered on this day.")})
        return given
