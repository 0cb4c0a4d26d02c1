"""Forms of the team pages: what people type, and which teams and people they may choose."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField, Text
from apps.core.models import Organisation
from apps.members.forms.picker import MemberField
from apps.members.models import Team, TeamKind, TeamStage
from apps.members.querysets import TeamQuerySet, Viewer
from apps.members.teams.reading import in_tree_order, lead_choices, places_for

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
INDENT = "\u2003"


def _day(label: Text, *, required: bool = True) -> DayField:
    field = DayField(label)
    field.required = required
    return field


class TeamChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among teams in the order of the tree, indented as they stand in it."""

    def __init__(self, label: Text, top: Text | None) -> None:
        super().__init__(
            queryset=None,
            label=label,
            required=top is None,
            empty_label=top,
            to_field_name="slug",
            error_messages=NO_CHOICE,
        )

    def offer(self, teams: TeamQuerySet, understood: TeamQuerySet | None = None) -> None:
        """Offer these teams; others that are `understood` are told why they are refused."""
        self.queryset = teams if understood is None else understood
        lines = [(team.slug, INDENT * depth + team.name) for team, depth in in_tree_order(teams)]
        first = [] if self.required else [("", self.empty_label)]
        self.widget.choices = [*first, *lines]


class TeamForm(forms.Form):
    """A team's own fields; `lead` only for those who may name one."""

    name = forms.CharField(label=_("Name"), max_length=150)
    kind = forms.ChoiceField(
        label=_("Organised by"), choices=TeamKind.choices, error_messages=NO_CHOICE
    )
    lead = MemberField(
        chosen_for="lead",
        label=_("Lead"),
        required=False,
        help_text=_("Nobody: the lead of the team above leads this one too."),
    )
    formed_on = _day(_("First day in its present form"), required=False)

    def __init__(
        self, *args: Any, user: Viewer, team: Team | None, may_place: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["formed_on"].help_text = _(
            "From this day the team's age counts, and with it the stage of its development."
        )
        if may_place:
            lead = self.fields["lead"]
            assert isinstance(lead, MemberField)  # noqa: S101 - for the type checker
            lead.people = lead_choices(user, team)
        else:
            del self.fields["lead"]


class NewTeamForm(TeamForm):
    """A team and its place; at the top of the tree only for those who decide everything."""

    parent = TeamChoice(_("Below"), _("At the top of the tree"))

    field_order = ("name", "parent", "kind", "lead", "formed_on")

    def __init__(self, *args: Any, user: Viewer, may_place_on_top: bool, **kwargs: Any) -> None:
        super().__init__(*args, user=user, team=None, may_place=True, **kwargs)
        parent = self.fields["parent"]
        assert isinstance(parent, TeamChoice)  # noqa: S101 - for the type checker
        parent.required = not may_place_on_top
        today = Organisation.current().today()
        parent.offer(Team.objects.editable_by(user).open_on(today))


class MoveForm(forms.Form):
    """Where a team goes."""

    to = TeamChoice(_("Below"), _("At the top of the tree"))

    def __init__(
        self, *args: Any, team: Team, user: Viewer, may_place_on_top: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        assert isinstance(to, TeamChoice)  # noqa: S101 - for the type checker
        to.required = not may_place_on_top or team.parent_id is None
        places = places_for(team, user, Organisation.current().today())
        to.offer(places, understood=Team.objects.editable_by(user))


class StageForm(forms.Form):
    """A stage said by hand, with why."""

    stage = forms.ChoiceField(label=_("Stage"), choices=TeamStage.choices, error_messages=NO_CHOICE)
    reason = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as: two groups merged, a new lead, half of the people changed."),
    )


class AddMemberForm(forms.Form):
    """Somebody of another team, and from when to when; both days are included."""

    member = MemberField(label=_("Member"))
    starts_on = _day(_("First day"))
    last_on = _day(_("Last day"), required=False)

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        member = self.fields["member"]
        assert isinstance(member, MemberField)  # noqa: S101 - for the type checker
        member.offer(user)
        self.fields["last_on"].help_text = _("Empty: until somebody ends it.")


class EndForm(forms.Form):
    """The last day of a membership."""

    last_on = _day(_("Last day"))
