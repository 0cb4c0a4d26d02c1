"""Forms of a customer: all fields, one field in place, a new one with its owner."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core.models import Organisation
from apps.customers.custom_fields.values import fields_in_use, form_field
from apps.customers.editing.values import TAGS, custom_name, values_told
from apps.customers.forms.base import BasedForm
from apps.customers.forms.picker import CustomerField
from apps.customers.forms.texts import TagsField, WebsiteField, number_widget
from apps.customers.models import Customer
from apps.members.forms.picker import MemberField
from apps.members.models import Member

EARLIEST_YEAR = 1000
LARGEST_NUMBER = 2_147_483_647
WHOLE = _("Enter a whole number such as 240.")
AMOUNT = _("Enter an amount such as 1250000.50: digits and at most one point.")
YEAR = _("Enter a past year such as 1998.")
FIRST = ("name", "industry", "region", "source", "website")
SIZE = ("employees", "annual_revenue", "founded_year")
PLACE = ("parent", TAGS)
WORDS = ("needs", "preferences")


def _text(label: Any, longest: int, **options: Any) -> forms.CharField:  # noqa: ANN401
    widget = options.pop("widget", forms.TextInput(attrs={"autocomplete": "off"}))
    return forms.CharField(
        label=label, max_length=longest, widget=widget, **{"required": False, **options}
    )


def _number(label: Any, message: Any, least: int, most: int) -> forms.IntegerField:  # noqa: ANN401
    """One message for whatever is wrong: it says what a right one looks like."""
    errors = {"invalid": message, "min_value": message, "max_value": message}
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=least,
        max_value=most,
        widget=number_widget("numeric"),
        error_messages=errors,
    )


class CustomerForm(BasedForm):
    """The fields of a customer that the person fills in; `only` leaves all others out."""

    name = _text(_("Name"), 200, required=True, error_messages={"required": _("Enter the name.")})
    industry = _text(_("Industry"), 100)
    region = _text(_("Region"), 100)
    source = _text(_("Source"), 100, help_text=_("How the customer came to us."))
    website = WebsiteField(
        label=_("Website"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    employees = _number(_("Employees"), WHOLE, 0, LARGEST_NUMBER)
    annual_revenue = forms.DecimalField(
        label=_("Annual revenue"),
        required=False,
        min_value=Decimal(0),
        max_digits=18,
        decimal_places=2,
        widget=number_widget("decimal"),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_digits", "max_decimal_places", "max_whole_digits"), AMOUNT
        ),
    )
    founded_year = _number(_("Founded in"), YEAR, EARLIEST_YEAR, 9999)
    parent = CustomerField(label=_("Belongs to"), required=False)
    tags = TagsField(
        label=_("Tags"),
        required=False,
        max_length=2000,
        help_text=_("Words of your own, with commas between them."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    needs = _text(_("Needs"), 4000, widget=forms.Textarea(attrs={"rows": 3}))
    preferences = _text(_("Preferences"), 4000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self,
        *args: Any,
        user: Member,
        customer: Customer | None = None,
        only: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        self.custom = fields_in_use()
        self.customer = customer
        told = _initial(customer, only or self.names(), user) if customer else {}
        initial = {**told, **kwargs.pop("initial", {})}
        super().__init__(*args, base=told or None, initial=initial, **kwargs)
        for field in self.custom:
            self.fields[custom_name(field)] = form_field(field)
        for name in set(self.fields) - {"base", *only} if only else ():
            del self.fields[name]
        if "parent" in self.fields:
            self.fields["parent"].offer(user, without=customer)  # type: ignore[attr-defined]

    def names(self) -> list[str]:
        """Names of all the fields that a customer has today."""
        return [*FIRST, *SIZE, *PLACE, *WORDS, *map(custom_name, self.custom)]

    def clean_founded_year(self) -> int | None:
        year: int | None = self.cleaned_data["founded_year"]
        if year is not None and year > Organisation.current().today().year:
            raise ValidationError(YEAR)
        return year

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings; those of the firm's own last, where there are any."""
        parts = [
            (_t("Customer"), FIRST),
            (_t("Size"), SIZE),
            (_t("Place"), PLACE),
            (_t("Needs and preferences"), WORDS),
            (_t("More"), tuple(map(custom_name, self.custom))),
        ]
        return [(title, [self[name] for name in names]) for title, names in parts if names]


def _initial(customer: Customer, names: Collection[str], user: Member) -> dict[str, Any]:
    """What the form is drawn with; a parent that the person doesn't see is none to them."""
    told = values_told(customer, names)
    if told.get("parent") is not None:
        seen = Customer.objects.visible_to(user).filter(pk=told["parent"])
        told["parent"] = told["parent"] if seen.exists() else None
    return told


def field_names() -> list[str]:
    """Fields that are edited in place."""
    return [*FIRST, *SIZE, *PLACE, *WORDS, *map(custom_name, fields_in_use())]


class HolderForm(forms.Form):
    """Who gets a new customer: for leads, who may give it to somebody else or to the pool."""

    MINE, MEMBER, POOL = "mine", "member", "pool"

    holder = forms.ChoiceField(
        label=_("Owner"),
        choices=((MINE, _("Me")), (MEMBER, _("Somebody else")), (POOL, _("Nobody: the pool"))),
        widget=forms.RadioSelect,
        required=False,
    )
    owner = MemberField(label=_("Who"), chosen_for="own", required=False)

    def __init__(self, *args: Any, user: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["owner"].offer(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("holder") == self.MEMBER and not given.get("owner") and not self.errors:
            self.add_error("owner", _t("Choose who gets the customer."))
        return given

    def chosen(self) -> Member | None:
        """The owner; None for the pool."""
        match self.cleaned_data["holder"] or self.MINE:
            case self.MEMBER:
                owner: Member = self.cleaned_data["owner"]
                return owner
            case self.POOL:
                return None
        return self.user


class DeleteForm(forms.Form):
    """Why a customer is deleted; it stands in the audit trail."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": _("Say why: whoever looks for the customer will want to know.")
        },
    )
