"""The list of pairs that look like one: its columns and filters; what a form types so far."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import FilterForm
from apps.core.lists import Column
from apps.customers.duplicates.likeness import EMAIL, NAME, PHONE
from apps.customers.duplicates.selectors import Typed
from apps.customers.models import Customer, PairState
from apps.customers.querysets import DuplicatePairQuerySet
from apps.customers.search.selectors import found_by
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.querysets import Viewer, reads_contact_data

EVERY = "all"
COLUMNS = (
    Column("pair", _("Customers")),
    Column("reason", _("What is the same")),
    Column("similarity", _("Likeness"), "similarity", is_number=True, descends=True),
    Column("found", _("Found"), "found_at", descends=True),
    Column("deeds", ""),
)
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
# Contacts of one form.
MOST_CONTACTS = 20
LONGEST = 254
# Digits of the largest id.
LONGEST_ID = 18


class DuplicateFilter(FilterForm):
    """Open pairs unless another state is asked for; `owner` has one of the two."""

    reason = forms.ChoiceField(
        label=_("What is the same"),
        required=False,
        choices=[
            ("", _("Whatever is the same")),
            (PHONE, _("Same phone")),
            (EMAIL, _("Same email")),
            (NAME, _("Same or similar name")),
        ],
        error_messages=NO_CHOICE,
    )
    owner = MemberFilter(_("Owner"), _("Every owner"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("To review")),
            (PairState.DISMISSED, PairState.DISMISSED.label),
            (EVERY, _("To review and decided")),
        ],
        error_messages=NO_CHOICE,
    )

    shown = ("reason", "owner", "state")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        self.user = user
        of_colleagues(self, "owner", user)
        if not reads_contact_data(user):
            self.fields["reason"].choices = [("", ""), (NAME, _("Same or similar name"))]  # type: ignore[attr-defined]

    def apply(self, rows: DuplicatePairQuerySet) -> DuplicatePairQuerySet:
        given: dict[str, Any] = self.cleaned_data
        if given["state"] == EVERY:
            rows = rows.exclude(state=PairState.MERGED)
        else:
            rows = rows.filter(state=given["state"] or PairState.OPEN)
        if given["reason"]:
            rows = rows.filter(reasons__contains=[given["reason"]])
        if owner := given["owner"]:
            rows = rows.filter(Q(first__owner=owner) | Q(second__owner=owner))
        if given["q"]:
            seen = Customer.objects.visible_to(self.user)
            found = found_by(given["q"], seen, self.user).order_by().values("pk")
            rows = rows.filter(Q(first__in=found) | Q(second__in=found))
        return rows


def typed_of(data: QueryDict) -> tuple[Typed, int | None]:
    """What a form says so far, and which customer it changes; nonsense reads as nothing."""

    def told(name: str) -> list[str]:
        return [one.replace("\x00", "")[:LONGEST] for one in data.getlist(name)[:MOST_CONTACTS]]

    name, region = ((told(key) or [""])[0] for key in ("name", "region"))
    customer = (told("customer") or [""])[0]
    pk = int(customer) if customer.isdecimal() and len(customer) <= LONGEST_ID else None
    return Typed(name, region, tuple(told("phone")), tuple(told("email"))), pk
