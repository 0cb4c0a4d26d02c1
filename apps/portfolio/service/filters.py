"""Filters, columns and rows of the lists about the service policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import F
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, FilterForm, NamedChoice
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.customers.models import Tier
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.models import Member, Team
from apps.members.querysets import Viewer
from apps.portfolio.models import BreachKind, FirstResponse, PolicyBreach

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
UNRATED = "none"
TIERS = [("", _("Every tier")), *Tier.choices, (UNRATED, _("Unrated"))]
ENDED, ALL = "ended", "all"

BREACH_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("kind", _("What was missed"), "kind"),
    Column("owner", _("Owner"), "owner__name", is_nullable=True),
    Column("since", _("Overdue since"), "since_on"),
    Column("overdue", _("Overdue"), is_number=True),
    Column("ended", _("Ended"), "ended_on", is_nullable=True, descends=True),
)
RESPONSE_COLUMNS = (
    Column("customer", _("Customer"), "customer__name"),
    Column("owner", _("Owner"), "owner__name"),
    Column("started", _("Lead since"), "started_at", descends=True),
    Column("due", _("Due"), "due_at", descends=True),
    Column("answered", _("Answered"), "answered_at", is_nullable=True, descends=True),
    Column("used", _("Business hours used"), "used_hours", is_number=True, descends=True),
    Column("state", _("State"), "state"),
)


@dataclass(frozen=True)
class BreachRow:
    """A breach as a list prints it; `days` are those overdue, until today or until it ended."""

    breach: PolicyBreach
    days: int | None

    @property
    def is_open(self) -> bool:
        return self.breach.ended_on is None


def breach_rows(found: Sequence[PolicyBreach], today: date) -> list[BreachRow]:
    """A channel that is not allowed is a day, no duration."""
    return [
        BreachRow(
            breach,
            None
            if breach.kind == BreachKind.CHANNEL
            else ((breach.ended_on or today) - breach.since_on).days + 1,
        )
        for breach in found
    ]


class OfOwnersFilter(FilterForm):
    """By customer, by whose it was, by the team that person belongs to today, by tier."""

    owner = MemberFilter(_("Owner"), _("Every owner"))
    team = NamedChoice(_("Team"), _("Every team"), by="slug")
    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=TIERS, error_messages=NO_CHOICE
    )

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        teams = Team.objects.visible_to(user).order_by("name", "pk")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        of_colleagues(self, "owner", user)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - breaches or first responses
        given = self.cleaned_data
        if given["q"]:
            rows = rows.filter(customer__name__icontains=given["q"])
        if given["owner"]:
            rows = rows.filter(owner=given["owner"])
        if given["team"]:
            today = Organisation.current().today()
            members = Member.objects.in_team(given["team"].slug, today).values("pk")
            rows = rows.filter(owner__in=members)
        if given["tier"]:
            rows = rows.filter(tier="" if given["tier"] == UNRATED else given["tier"])
        return rows


class BreachFilter(OfOwnersFilter):
    """Open breaches, unless ended ones are asked for."""

    kind = forms.ChoiceField(
        label=_("What was missed"),
        required=False,
        choices=[("", _("Anything")), *BreachKind.choices],
        error_messages=NO_CHOICE,
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Open")), (ENDED, _("Ended")), (ALL, _("Open and ended"))],
        error_messages=NO_CHOICE,
    )
    since_from = DayField(_("Overdue since, from"))
    since_to = DayField(_("Overdue since, until"))

    shown = ("owner", "team", "kind", "tier", "state")
    folded = ("since_from", "since_to")
    ranges = (("since_from", "since_to"),)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - as its base class
        given, rows = self.cleaned_data, super().apply(rows)
        if given["kind"]:
            rows = rows.filter(kind=given["kind"])
        if given["since_from"]:
            rows = rows.filter(since_on__gte=given["since_from"])
        if given["since_to"]:
            rows = rows.filter(since_on__lte=given["since_to"])
        if given["state"] == ALL:
            return rows
        if given["state"] == ENDED:
            return rows.filter(ended_on__isnull=False)
        # A forbidden channel is never open: asked for by name, its days are shown.
        if given["kind"] == BreachKind.CHANNEL:
            return rows
        return rows.standing(Organisation.current())


class ResponseFilter(OfOwnersFilter):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Every state")), *FirstResponse.State.choices, ("decided", _("Decided"))],
        error_messages=NO_CHOICE,
    )
    since_from = DayField(_("Lead since, from"))
    since_to = DayField(_("Lead since, until"))

    shown = ("owner", "team", "tier", "state")
    folded = ("since_from", "since_to")
    ranges = (("since_from", "since_to"),)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - as its base class
        given, rows = self.cleaned_data, super().apply(rows)
        if given["state"] == "decided":
            rows = rows.decided()
        elif given["state"]:
            rows = rows.filter(state=given["state"])
        if given["since_from"]:
            rows = rows.filter(started_at__gte=_begins(given["since_from"]))
        if given["since_to"]:
            rows = rows.filter(started_at__lt=_begins(given["since_to"] + timedelta(days=1)))
        return rows


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=Organisation.current().zone)


def own_first(rows: Any, user: Viewer) -> Any:  # noqa: ANN401 - a queryset of breaches
    """The reader's own open breaches, the longest overdue first."""
    own = rows.filter(owner=user.pk).standing(Organisation.current())
    return own.for_list().order_by(F("since_on").asc(), "pk")
