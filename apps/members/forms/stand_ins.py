"""The form by which somebody is named to lead in a lead's place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField
from apps.members.forms.picker import MemberField
from apps.members.models import Member
from apps.members.querysets import Viewer


class StandInForm(forms.Form):
    """Who leads while somebody is away, and from when to when; both days are included."""

    stand_in = MemberField(chosen_for="stand_in", label=_("Stand-in"))
    starts_on = DayField(_("First day away"))
    last_on = DayField(_("Last day away"))

    def __init__(self, *args: Any, absent: Member, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].required = self.fields["last_on"].required = True
        stand_in = self.fields["stand_in"]
        assert isinstance(stand_in, MemberField)  # noqa: S101 - for the type checker
        stand_in.offer(user, without=absent)
