"""Filters of the directory and of the list of invitations."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import FilterForm
from apps.core.lists import Column
from apps.core.models import Organisation
from apps.members.forms.teams import INDENT
from apps.members.models import AccessRole, InvitationState, Position, Team
from apps.members.querysets import InvitationQuerySet, MemberQuerySet, Viewer
from apps.members.teams.reading import in_tree_order

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
ACTIVE, LEFT = "active", "left"

COLUMNS = (
    Column("name", _("Name"), "name"),
    Column("role", _("Access role"), "access_role"),
    Column("positions", _("Positions")),
    Column("team", _("Team")),
    Column("level", _("Career level")),
    Column("seen", _("Last signed in"), "last_login", is_nullable=True, descends=True),
    Column("state", _("State")),
)
INVITATION_COLUMNS = (
    Column("name", _("Name"), "name"),
    Column("role", _("Access role"), "access_role"),
    Column("team", _("Team")),
    Column("invited", _("Invited"), "created_at", descends=True),
    Column("state", _("State")),
    Column("mail", _("Mail")),
    Column("deeds", ""),
)


def choice(label: Any) -> forms.ChoiceField:  # noqa: ANN401 - text or its promise
    return forms.ChoiceField(label=label, required=False, error_messages=NO_CHOICE)


class PeopleFilter(FilterForm):
    """`team` takes everybody in it and below it today."""

    team = choice(_("Team"))
    role = choice(_("Access role"))
    position = choice(_("Position"))
    state = choice(_("State"))

    shown = ("team", "role", "state")
    folded = ("position",)

    def __init__(self, data: QueryDict, *, user: Viewer) -> None:
        super().__init__(data)
        teams = in_tree_order(Team.objects.record_visible_to(user))
        positions = Position.objects.visible_to(user)
        states = [(ACTIVE, _("Active")), (LEFT, _("Deactivated"))]
        self._offer("team", _("Every team"), [(t.slug, INDENT * n + t.name) for t, n in teams])
        self._offer("role", _("Every access role"), AccessRole.choices)
        self._offer("position", _("Every position"), [(p.code, p.name) for p in positions])
        self._offer("state", _("Active or not"), states)

    def _offer(self, name: str, everything: Any, choices: list[Any]) -> None:  # noqa: ANN401
        self.fields[name].choices = [("", everything), *choices]  # type: ignore[attr-defined]

    def text_of(self, name: str) -> str:
        return super().text_of(name).strip()

    def apply(self, rows: MemberQuerySet) -> MemberQuerySet:
        given = self.cleaned_data
        today = Organisation.current().today()
        if given["q"]:
            rows = rows.filter(Q(name__icontains=given["q"]) | Q(email__icontains=given["q"]))
        if given["role"]:
            rows = rows.filter(access_role=given["role"])
        if given["team"]:
            rows = rows.in_team(given["team"], today)
        if given["position"]:
            rows = rows.holding(given["position"], today)
        if given["state"]:
            rows = rows.filter(is_active=given["state"] == ACTIVE)
        return rows


class InvitationFilter(FilterForm):
    state = choice(_("State"))

    shown = ("state",)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["state"].choices = [("", _("Every state")), *InvitationState.choices]  # type: ignore[attr-defined]

    def apply(self, rows: InvitationQuerySet) -> InvitationQuerySet:
        given = self.cleaned_data
        if given["q"]:
            rows = rows.filter(Q(name__icontains=given["q"]) | Q(email__icontains=given["q"]))
        return rows.in_state(given["state"]) if given["state"] else rows
