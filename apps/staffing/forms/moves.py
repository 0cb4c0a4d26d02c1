"""The form by which somebody is moved to another team."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField
from apps.core.models import Organisation
from apps.members.forms.teams import TeamChoice
from apps.members.models import Team
from apps.members.querysets import Viewer


class MoveMemberForm(forms.Form):
    """To which of the teams that one decides on, from which day on, and why."""

    to = TeamChoice(_("To the team"), None)
    on = DayField(_("First day there"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Read by everybody who sees what is handed on."),
    )

    def __init__(self, *args: Any, user: Viewer, present: Team | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].required = True
        self.fields["on"].help_text = _(
            "Today: open work comes along at once. A later day: in the night to it."
        )
        decided = Team.objects.editable_by(user)
        offered = decided.open_on(Organisation.current().today())
        if present is not None:
            offered = offered.exclude(pk=present.pk)
        to = self.fields["to"]
        assert isinstance(to, TeamChoice)  # noqa: S101 - for the type checker
        to.offer(offered, understood=decided)
        # Nobody is to be moved to the top of the tree because it stands first.
        to.widget.choices = [("", _("Choose a team")), *to.widget.choices]
