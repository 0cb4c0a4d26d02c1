"""Filters of the opportunity list: each figure of the dashboard is an address made of these.

`as_of` asks for what stood open at the end of a day, whatever happened later; then `level`,
`owner` and `team` mean those of that day. `entered` asks for the entries of a level in a period,
by the owner and team stamped on the entry.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm, NamedChoice
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.funnel.models import Level, State
from apps.funnel.querysets import OpportunityQuerySet
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.models import Team
from apps.members.querysets import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = (
    Column("name", _("Opportunity")),
    Column("customer", _("Customer"), "customer__name", is_nullable=True),
    Column("level", _("Level"), "level__rank", descends=True),
    Column("value", _("Value"), "value", is_nullable=True, is_number=True, descends=True),
    Column("owner", _("Owner"), "owner__name"),
    Column("opened", _("Opened"), "opened_on", descends=True),
    Column("since", _("At level"), "level_since_on", is_number=True),
    Column("expected", _("Expected close"), "expected_close_on", is_nullable=True),
    Column("closed", _("Closed"), "closed_on", is_nullable=True, descends=True),
)


class OpportunityFilter(FilterForm):
    team = NamedChoice(_("Team"), _("Every team"), by="slug")
    owner = MemberFilter(_("Owner"), _("Every owner"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Open and closed")), *State.choices],
        error_messages={"invalid_choice": _("There is no such choice.")},
    )
    level = NamedChoice(_("Level"), _("Every level"), by="code", text="")
    as_of = DayField(_("Open at the end of"))
    opened_from = DayField(_("Opened from"))
    opened_to = DayField(_("Opened until"))
    closed_from = DayField(_("Closed from"))
    closed_to = DayField(_("Closed until"))
    expected_from = DayField(_("Expected from"))
    expected_to = DayField(_("Expected until"))
    no_customer = forms.BooleanField(label=_("Customer missing"), required=False)
    entered = NamedChoice(_("Entered level"), _("Any level"), by="code", text="")
    entered_from = DayField(_("Entered from"))
    entered_to = DayField(_("Entered until"))
    stuck = forms.BooleanField(label=_("Stuck: longer at the level than its limit"), required=False)
    customer = NamedChoice(_("Customer"), _("Every customer"))

    shown = ("team", "owner", "level", "state")
    folded = (
        "opened_from",
        "opened_to",
        "closed_from",
        "closed_to",
        "expected_from",
        "expected_to",
        "as_of",
        "no_customer",
    )
    ranges = (
        ("opened_from", "opened_to"),
        ("closed_from", "closed_to"),
        ("expected_from", "expected_to"),
        ("entered_from", "entered_to"),
    )

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        levels = Level.objects.visible_to(user).filter(pipeline__is_default=True).order_by("rank")
        for name, rows in {
            "team": Team.objects.visible_to(user).order_by("name", "pk"),
            "level": levels,
            "entered": levels,
            "customer": Customer.objects.visible_to(user),
        }.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        of_colleagues(self, "owner", user)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if (given.get("entered_from") or given.get("entered_to")) and not given.get("entered"):
            self.add_error("entered", ValidationError(gettext("Say which level was entered.")))
        if given.get("as_of") and given.get("state") in {State.WON, State.LOST}:
            words = gettext("What stood open on a day was neither won nor lost then.")
            self.add_error("state", ValidationError(words))
        if given.get("stuck") and not given.get("as_of"):
            given["as_of"] = Organisation.current().today()
        if given.get("as_of"):
            self.sorts_by = {
                "value": "value_on",
                "since": "since_on",
                "level": "rank_on",
                "owner": "owner_on_name",
            }
        return given

    def apply(self, rows: OpportunityQuerySet) -> OpportunityQuerySet:
        given = self.cleaned_data
        teams = self._team_ids()
        if given["as_of"]:
            rows = self._standing(rows, given["as_of"])
        elif given["level"]:
            rows = rows.filter(level=given["level"])
        if given["entered"]:
            rows = rows.entered(
                given["entered"],
                given["entered_from"] or date.min,
                given["entered_to"] or date.max,
                owner=given["owner"],
                teams=teams,
            )
        elif given["as_of"]:
            rows = rows.held_on(given["as_of"], owner=given["owner"], teams=teams)
        else:
            rows = rows.filter(owner=given["owner"]) if given["owner"] else rows
            rows = rows.filter(team__in=teams) if teams is not None else rows
        return self._plain(rows)

    def _team_ids(self) -> list[int] | None:
        """The chosen team with everything below it; None for every team."""
        team = self.cleaned_data["team"]
        if team is None:
            return None
        return list(Team.objects.subtree_of(team).values_list("pk", flat=True))

    def _standing(self, rows: OpportunityQuerySet, day: date) -> OpportunityQuerySet:
        rows = rows.at_level_on(day, self.cleaned_data["level"]).with_holders_on().with_rank_on()
        if self.cleaned_data["stuck"]:
            # The rule is of the metrics, which this app knows nothing of.
            rule: Callable[[date], Any] = import_string(settings.STUCK_RULE)
            rows = rows.filter(pk__in=rule(day).order_by().values("pk"))
        return rows

    def _plain(self, rows: OpportunityQuerySet) -> OpportunityQuerySet:
        given = self.cleaned_data
        if given["q"]:
            rows = rows.named_like(given["q"])
        if given["no_customer"]:
            rows = rows.without_customer()
        if given["customer"]:
            rows = rows.filter(customer=given["customer"])
        if given["state"] and not given["as_of"]:
            rows = rows.filter(state=given["state"])
        for field in ("opened", "closed", "expected"):
            column = "expected_close_on" if field == "expected" else f"{field}_on"
            if given[f"{field}_from"]:
                rows = rows.filter(**{f"{column}__gte": given[f"{field}_from"]})
            if given[f"{field}_to"]:
                rows = rows.filter(**{f"{column}__lte": given[f"{field}_to"]})
        return rows
