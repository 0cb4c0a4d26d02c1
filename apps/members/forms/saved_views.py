"""The form of a saved view: its name, and who sees it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.members.models import Member, SavedView, Sharing
from apps.members.saved_views.selectors import sharings_of, teams_to_share_with


class SavedViewForm(forms.Form):
    """`team` is asked only of those who have more than one to share with."""

    name = forms.CharField(label=_("Name"), max_length=80)
    sharing = forms.ChoiceField(label=_("For whom"), widget=forms.RadioSelect)
    team = forms.TypedChoiceField(
        label=_("Which team"), required=False, coerce=int, empty_value=None
    )

    def __init__(
        self,
        *args: Any,
        member: Member,
        view: SavedView | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {team.pk: team for team in teams_to_share_with(member)}
        sharings = set(sharings_of(member, list(self.teams.values())))
        if view is not None:
            sharings.add(Sharing(view.sharing))
            if view.team is not None:
                self.teams[view.team.pk] = view.team
        self.fields["sharing"].choices = [(s, s.label) for s in Sharing if s in sharings]  # type: ignore[attr-defined]
        self.fields["sharing"].initial = Sharing.OWN
        if Sharing.TEAM in sharings:
            self.fields["team"].choices = [(pk, team.name) for pk, team in self.teams.items()]  # type: ignore[attr-defined]
        else:
            del self.fields["team"]

    def values(self) -> dict[str, Any]:
        """What the services take."""
        given = self.cleaned_data
        is_team = given["sharing"] == Sharing.TEAM
        team = self.teams.get(given.get("team") or 0) if is_team else None
        return {"name": given["name"], "sharing": given["sharing"], "team": team}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("sharing") == Sharing.TEAM and not given.get("team"):
            if len(self.teams) == 1:
                given["team"] = next(iter(self.teams))
            elif "team" not in self.errors:
                self.add_error("team", forms.ValidationError(_("Choose a team.")))
        return given
