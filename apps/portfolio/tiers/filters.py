"""Filters and columns of the lists about tiers."""

from typing import Any

from django import forms
from django.db.models import F, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.filtering import DayField, FilterForm, NamedChoice
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.members.models import Member, Team
from apps.members.querysets import Viewer
from apps.portfolio.models import TierChangeKind

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
UP, DOWN, FIRST, LOST = "up", "down", "first", "lost"
RATED = ~Q(from_tier="") & ~Q(to_tier="")
# Tier A is the best one: the smaller letter.
DIRECTIONS = {
    UP: RATED & Q(to_tier__lt=F("from_tier")),
    DOWN: RATED & Q(to_tier__gt=F("from_tier")),
    FIRST: Q(from_tier=""),
    LOST: Q(to_tier=""),
}

CHANGE_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("on", _("When"), "on", descends=True),
    Column("move", pgettext_lazy("of a tier", "Change")),
    Column("why", _("Why")),
    Column("worth", _("Worth then"), "worth", is_nullable=True, is_number=True, descends=True),
    Column("owner", _("Owner"), "customer__owner__name", is_nullable=True),
)
PENDING_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("move", pgettext_lazy("of a tier", "Change")),
    Column("runs", _("Runs in a row"), "pending_runs", is_number=True, descends=True),
    Column("worth", _("Worth"), "worth", is_nullable=True, is_number=True, descends=True),
    Column("owner", _("Owner"), "customer__owner__name", is_nullable=True),
)
OVERRIDE_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("tier", _("Tier"), "tier"),
    Column("reason", _("Reason")),
    Column("by", _("Set by"), "by__name"),
    Column("ends", _("Until"), "ends_on"),
    Column("owner", _("Owner"), "customer__owner__name", is_nullable=True),
)


class OfTeamFilter(FilterForm):
    """By the customer's name, and by the team that its owner belongs to today."""

    team = NamedChoice(_("Team"), _("Every team"), by="slug")

    shown: tuple[str, ...] = ("team",)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        self._offer("team", Team.objects.visible_to(user).order_by("name", "pk"))

    def _offer(self, name: str, rows: Any) -> None:  # noqa: ANN401 - a queryset of any record
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = rows

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - of any record about a customer
        given = self.cleaned_data
        if given["q"]:
            rows = rows.filter(customer__name__icontains=given["q"])
        if given["team"]:
            today = Organisation.current().today()
            members = Member.objects.in_team(given["team"].slug, today).values("pk")
            rows = rows.filter(customer__owner__in=members)
        return rows


class TierChangeFilter(OfTeamFilter):
    """`from` and `to` are days, both included."""

    direction = forms.ChoiceField(
        label=_("Direction"),
        required=False,
        choices=[
            ("", _("Every direction")),
            (UP, _("To a higher tier")),
            (DOWN, _("To a lower tier")),
            (FIRST, _("First rating")),
            (LOST, _("No longer rated")),
        ],
        error_messages=NO_CHOICE,
    )
    kind = forms.ChoiceField(
        label=_("Why"),
        required=False,
        choices=[("", _("Every reason")), *TierChangeKind.choices],
        error_messages=NO_CHOICE,
    )
    customer = NamedChoice(_("Customer"), _("Every customer"))

    shown = ("direction", "team", "from", "to")
    folded = ("kind",)
    ranges = (("from", "to"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data, user=user)
        # “from” is no name that a class body can hold.
        self.fields |= {"from": DayField(_("From")), "to": DayField(_("Until"))}
        self._offer("customer", Customer.objects.visible_to(user))

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - as its base class
        given, rows = self.cleaned_data, super().apply(rows)
        if given["direction"]:
            rows = rows.filter(DIRECTIONS[given["direction"]])
        exact = {"kind": "kind", "customer": "customer", "from": "on__gte", "to": "on__lte"}
        for name, field in exact.items():
            if given[name]:
                rows = rows.filter(**{field: given[name]})
        return rows
