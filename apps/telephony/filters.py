"""Columns and filters of the inbox of calls."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.activities.models import Direction
from apps.core.filtering import FilterForm
from apps.core.lists import Column
from apps.customers.normalising import digits_of
from apps.members.forms.picker import MemberFilter, of_colleagues
from apps.members.querysets import Viewer
from apps.telephony.models import CallProblem
from apps.telephony.querysets import PhoneCallQuerySet

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
COLUMNS = (
    Column("number", _("Number"), "number", is_text=True),
    Column("at", _("When"), "at", descends=True),
    Column("member", _("Who")),
    Column("direction", _("Direction"), "direction"),
    Column("talk", _("Talk"), "talk_seconds", is_nullable=True, is_number=True, descends=True),
    Column("problem", _("Reason"), "problem"),
    Column("deeds", ""),
)


class CallFilter(FilterForm):
    """`q` is a part of the number."""

    problem = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[("", _("Every reason")), *CallProblem.choices],
        error_messages=NO_CHOICE,
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        required=False,
        choices=[("", _("Both directions")), *Direction.choices],
        error_messages=NO_CHOICE,
    )
    member = MemberFilter(_("Who"), _("Everybody"))

    shown = ("problem", "direction", "member")

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        of_colleagues(self, "member", user)

    def apply(self, rows: PhoneCallQuerySet) -> PhoneCallQuerySet:
        given: dict[str, Any] = self.cleaned_data
        if given["q"]:
            # As typed at home, without the country: 030 … is in +4930….
            digits = digits_of(given["q"]).lstrip("0")
            rows = rows.filter(number__contains=digits) if digits else rows.none()
        for name in ("problem", "direction", "member"):
            if given[name]:
                rows = rows.filter(**{name: given[name]})
        return rows
