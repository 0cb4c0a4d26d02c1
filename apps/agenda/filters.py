"""Filters of the list of activities (its columns stand in `columns`), the calendar and planned visits."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.activities.models import Direction, Outcome
from apps.agenda.day import begins, ends, within
from apps.core.filtering import DayField, FilterForm, NamedChoice
from apps.core.models import Organisation
from apps.customers.models import Channel, Customer
from apps.funnel.models import Opportunity
from apps.members.choosing import ALSO
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.models import Member, Team
from apps.members.querysets import Viewer

ME = "me"
YES, NO = "yes", "no"
WEEK, DAY = "week", "day"
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}


def _choice(label: Any, everything: Any, choices: Any) -> forms.ChoiceField:  # noqa: ANN401 - lazy texts
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", everything), *choices],
        error_messages=NO_CHOICE,
    )


class ActivityFilter(FilterForm):
    """`from` and `to` are days in the reader's zone, both included.

    `member` had the contact, or “me”; `team` is where that person belongs today. `customer` and
    `opportunity` come by links.
    """

    member = MemberFilter(_("Member"), _("Every member"), also=(ME,))
    team = NamedChoice(_("Team"), _("Every team"), by="slug")
    channel = _choice(_("Channel"), _("Every channel"), Channel.choices)
    outcome = _choice(_("Outcome"), _("Every outcome"), Outcome.choices)
    direction = _choice(_("Direction"), _("Both directions"), Direction.choices)
    reached = _choice(
        _("Reached or not"),
        _("Reached or not"),
        [(YES, _("Was reached")), (NO, _("Was not reached"))],
    )
    customer = NamedChoice(_("Customer"), _("Every customer"))
    opportunity = NamedChoice(_("Opportunity"), _("Every opportunity"), text="")

    shown = ("member", "channel", "outcome", "from", "to")
    folded = ("team", "direction", "reached")
    ranges = (("from", "to"),)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        self.user = user
        # “from” is no name that a class body can hold.
        self.fields |= {"from": DayField(_("From")), "to": DayField(_("Until"))}
        for name, rows in {
            "team": Team.objects.visible_to(user).order_by("name", "pk"),
            "customer": Customer.objects.visible_to(user),
            "opportunity": Opportunity.objects.visible_to(user).for_list(),
        }.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        of_colleagues(self, "member", user)

    def text_of(self, name: str) -> str:
        value = self.cleaned_data[name]
        if name == "member" and value in ALSO:
            return str(ALSO[value])
        if isinstance(value, Opportunity):
            return value.title
        return super().text_of(name)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - activities
        given = self.cleaned_data
        if given["q"]:
            rows = rows.saying(given["q"])
        if given["member"]:
            rows = rows.filter(member=self.user.pk if given["member"] == ME else given["member"])
        if given["team"]:
            rows = rows.of_team(given["team"], Organisation.current().today())
        for name in ("channel", "outcome", "direction", "customer", "opportunity"):
            if given[name]:
                rows = rows.filter(**{name: given[name]})
        if given["reached"]:
            rows = rows.filter(is_contact=given["reached"] == YES)
        return self._between(rows)

    def _between(self, rows: Any) -> Any:  # noqa: ANN401 - activities
        zone, given = timezone.get_current_timezone(), self.cleaned_data
        if given["from"]:
            rows = rows.filter(at__gte=begins(given["from"], zone))
        if given["to"]:
            rows = rows.filter(at__lt=ends(given["to"], zone))
        return rows


class DayFilter(FilterForm):
    """Whose day is shown, the reader's own if nobody is named, and which; today if none is."""

    member = MemberFilter(_("Whose day"), _("My own"))
    day = DayField(_("Day"))

    shown = ("member", "day")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        told = data.copy()
        if not told.get("day"):
            told["day"] = timezone.localdate().isoformat()
        super().__init__(told)
        of_colleagues(self, "member", user)

    def chosen_day(self) -> date:
        day: date = self.cleaned_data["day"]
        return within(day)

    def chosen_member(self, reader: Member) -> Member:
        found: Member | None = self.cleaned_data.get("member")
        return found or reader


class CalendarFilter(DayFilter):
    """`span` is what the page shows: a week, or the day alone."""

    span = forms.ChoiceField(
        required=False,
        choices=[(WEEK, _("Week")), (DAY, _("Single day"))],
        error_messages=NO_CHOICE,
    )
