"""Filters, columns and rows of the lists about stages and customers at risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm, NamedChoice
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.customers.models import Tier
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.lifecycle import LifecycleStage
from apps.members.models import Member, Team
from apps.members.querysets import Viewer
from apps.portfolio.models import LifecycleFigure

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
UNRATED, POOL = "none", "pool"
RISK, LAPSED = "risk", "lapsed"

RISK_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("lapses", _("State"), "lapses_on"),
    Column("owner", _("Owner"), "customer__owner__name", is_nullable=True),
    Column("gap", _("Usual gap"), "gap_days", is_nullable=True, is_number=True),
    Column("last", _("Last order"), "last_ordered_on", descends=True),
    Column("since", _("Days since"), is_number=True),
    Column("revenue", _("Revenue, 12 months"), "revenue", is_nullable=True, is_number=True,
           descends=True),
)  # fmt: skip
MOVE_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("on", _("When"), "on", descends=True),
    Column("move", _("Move")),
    Column("why", _("Why")),
    Column("owner", _("Owner"), "customer__owner__name", is_nullable=True),
)


@dataclass(frozen=True)
class RiskRow:
    """A customer that should have ordered by now, as a list prints it."""

    figure: LifecycleFigure
    days_since: int
    is_lapsed: bool
    days_left: int


def risk_rows(found: Sequence[LifecycleFigure], today: date) -> list[RiskRow]:
    rows = []
    for figure in found:
        assert figure.lapses_on is not None, "at risk means ordered"  # noqa: S101 - by the query
        assert figure.last_ordered_on is not None, "at risk means ordered"  # noqa: S101 - as above
        rows.append(
            RiskRow(
                figure,
                days_since=(today - figure.last_ordered_on).days,
                is_lapsed=figure.lapses_on <= today,
                days_left=(figure.lapses_on - today).days,
            )
        )
    return rows


class OfCustomersFilter(FilterForm):
    """By the customer's name, its owner, and the team that the owner belongs to today."""

    owner = MemberFilter(_("Owner"), _("Every owner"))
    team = NamedChoice(_("Team"), _("Every team"), by="slug")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        teams = Team.objects.visible_to(user).order_by("name", "pk")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        of_colleagues(self, "owner", user)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - figures or changes
        given = self.cleaned_data
        if given["q"]:
            rows = rows.filter(customer__name__icontains=given["q"])
        if given["owner"]:
            rows = rows.filter(customer__owner=given["owner"])
        if given["team"]:
            today = Organisation.current().today()
            members = Member.objects.in_team(given["team"].slug, today).values("pk")
            rows = rows.filter(customer__owner__in=members)
        return rows


class RiskFilter(OfCustomersFilter):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("At risk and lapsed")), (RISK, _("At risk")), (LAPSED, _("Lapsed"))],
        error_messages=NO_CHOICE,
    )
    tier = forms.ChoiceField(
        label=_("Tier"),
        required=False,
        choices=[("", _("Every tier")), *Tier.choices, (UNRATED, _("Unrated"))],
        error_messages=NO_CHOICE,
    )
    stage = forms.ChoiceField(
        label=_("Stage"),
        required=False,
        choices=[("", _("Every stage")), *LifecycleStage.choices],
        error_messages=NO_CHOICE,
    )

    shown = ("state", "owner", "team", "tier")
    folded = ("stage",)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - as its base class
        given, rows = self.cleaned_data, super().apply(rows)
        today = Organisation.current().today()
        if given["state"] == RISK:
            rows = rows.filter(lapses_on__gt=today)
        if given["state"] == LAPSED:
            rows = rows.filter(lapses_on__lte=today)
        if given["tier"]:
            rows = rows.filter(customer__tier="" if given["tier"] == UNRATED else given["tier"])
        if given["stage"]:
            rows = rows.filter(customer__lifecycle=given["stage"])
        return rows


class MoveFilter(OfCustomersFilter):
    """Moves between stages; `from` and `to` are stages."""

    since = DayField(_("From the day"))
    until = DayField(_("Until the day"))

    shown = ("from", "to", "owner", "team")
    folded = ("since", "until")
    ranges = (("since", "until"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data, user=user)
        # “from” is no name that a class body can hold.
        for name, label in (("from", _("From the stage")), ("to", _("To the stage"))):
            self.fields[name] = forms.ChoiceField(
                label=label,
                required=False,
                choices=[("", label), *LifecycleStage.choices],
                error_messages=NO_CHOICE,
            )

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - as its base class
        given, rows = self.cleaned_data, super().apply(rows)
        exact = {"from": "from_stage", "to": "to_stage", "since": "on__gte", "until": "on__lte"}
        for name, column in exact.items():
            if given[name]:
                rows = rows.filter(**{column: given[name]})
        return rows
