"""Filters of the follow-ups page and of customers without a next step."""

import re
from datetime import date, time
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.activities.planning.days import LATER, OVERDUE, TODAY, TOMORROW, WEEK
from apps.activities.planning.selectors import Key, Planned, people_led, planned_of
from apps.core.filtering import FilterForm
from apps.core.lists import Column
from apps.customers.models import Tier
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.models import Member
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind

STEPS, TASKS = "follow_ups", "tasks"
UNRATED, DEAL, PROSPECT = "unrated", "opportunity", "prospect"
NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
GROUPS = {
    OVERDUE: _("Overdue"),
    TODAY: _("Today"),
    TOMORROW: _("Tomorrow"),
    WEEK: _("This week"),
    LATER: _("Later"),
}


class PlannedFilter(FilterForm):
    """Whose follow-ups and tasks; one's own where nobody is named."""

    member = MemberFilter(_("Of"), _("Me"))
    everyone = forms.BooleanField(label=_("Everyone I lead"), required=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("Follow-ups and tasks")),
            (STEPS, _("Follow-ups")),
            (TASKS, _("Tasks")),
        ],
        error_messages=NO_CHOICE,
    )
    when = forms.ChoiceField(
        label=_("When"), required=False, choices=[("", ""), *GROUPS.items()],
        error_messages=NO_CHOICE,
    )  # fmt: skip

    shown: tuple[str, ...] = ("kind", "member", "everyone")

    def __init__(self, data: QueryDict, *, user: Member) -> None:
        super().__init__(data)
        self.user = user
        of_colleagues(self, "member", user)
        if reads(user, RecordKind.SALES) is Reach.ALL:
            self.fields["everyone"].label = _("Everyone")
        if reads(user, RecordKind.SALES) is Reach.OWN:
            self.shown = ("kind",)

    @property
    def people(self) -> list[int] | None:
        """Of whom (ids); None: of everybody whom the reader sees."""
        if self.cleaned_data["everyone"]:
            return people_led(self.user)
        return [(self.cleaned_data["member"] or self.user).pk]

    def planned(self) -> Planned:
        """What the (valid) filters let through."""
        kind, words = self.cleaned_data["kind"], self.cleaned_data["q"]
        found = planned_of(self.user, self.people)
        steps, tasks = found.steps, found.tasks
        if words:
            steps = steps.filter(Q(purpose__icontains=words) | Q(customer__name__icontains=words))
            tasks = tasks.filter(title__icontains=words)
        return Planned(None if kind == TASKS else steps, None if kind == STEPS else tasks)


def written(key: Key) -> str:
    """A key as the address has it."""
    day, at, kind, pk = key
    return f"{day.isoformat()}~{at.isoformat()}~{kind}~{pk}"


def read(text: str) -> Key | None:
    """The key of the address; None for what is none."""
    parts = text.split("~")
    if not re.fullmatch(r"[^~]+~[^~]+~[01]~[0-9]{1,18}", text, re.ASCII):
        return None
    try:
        day, at = date.fromisoformat(parts[0]), time.fromisoformat(parts[1])
    except ValueError:
        return None
    return day, at.replace(tzinfo=None), int(parts[2]), int(parts[3])


COLUMNS = (
    Column("name", _("Customer"), "name"),
    Column("tier", _("Tier")),
    Column("why", _("Why it is open")),
    Column("owner", _("Owner")),
    Column("contact", _("Last contact"), "last_contacted_at", is_nullable=True),
    Column("deeds", ""),
)


class MissingFilter(FilterForm):
    tier = forms.ChoiceField(
        label=_("Tier"),
        required=False,
        choices=[("", _("Every tier")), *Tier.choices, (UNRATED, _("Unrated"))],
        error_messages=NO_CHOICE,
    )
    why = forms.ChoiceField(
        label=_("Why it is open"),
        required=False,
        choices=[
            ("", _("Opportunities and prospects")),
            (DEAL, _("Open opportunity")),
            (PROSPECT, _("Never ordered")),
        ],
        error_messages=NO_CHOICE,
    )
    owner = MemberFilter(_("Owner"), _("Every owner"))

    shown = ("tier", "why", "owner")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        of_colleagues(self, "owner", user)

    def apply(self, rows: Any) -> Any:  # noqa: ANN401 - a queryset of customers
        given = self.cleaned_data
        if given["q"]:
            rows = rows.filter(name__icontains=given["q"])
        if given["tier"]:
            rows = rows.filter(tier="" if given["tier"] == UNRATED else given["tier"])
        if given["why"] == DEAL:
            rows = rows.filter(has_deal=True)
        if given["why"] == PROSPECT:
            rows = rows.filter(last_ordered_on__isnull=True)
        if given["owner"]:
            rows = rows.filter(owner=given["owner"])
        return rows
