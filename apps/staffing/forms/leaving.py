"""The form by which somebody leaves: who takes what they hold."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.filtering import DayField
from apps.members.forms.picker import MemberField
from apps.members.models import Member, Team
from apps.members.querysets import Viewer
from apps.staffing.leaving_plan import How, Plan, Receivers
from apps.staffing.leaving_reading import colleagues

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

NO_CHOICE = {"invalid_choice": _("There is no such choice.")}
BOX = {"class": "form-check-input"}
CUSTOMERS = (
    ("person", _("All to one person")),
    ("spread", _("Spread evenly over several")),
    ("pool", _("To the pool: nobody owns them")),
)
OPPORTUNITIES = (
    ("follow", _("To whoever gets the customer")),
    ("person", _("All to one person")),
    ("spread", _("Spread evenly over several")),
)


def _how(label: "_StrPromise", choices: tuple[tuple[str, Any], ...]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, widget=forms.RadioSelect(attrs=BOX), error_messages=NO_CHOICE
    )


class LeaveForm(forms.Form):
    """The last day, the receivers of customers and open opportunities, and a lead for each team."""

    last_on = DayField(_("Last day"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Read by everybody who sees what is handed on."),
    )
    customers_how = _how(_("Customers"), CUSTOMERS)
    customers_to = MemberField(
        label=_("Who gets the customers"),
        chosen_for="own",
        required=False,
        help_text=_("If all go to one person."),
    )
    opportunities_how = _how(_("Open opportunities"), OPPORTUNITIES)
    opportunities_to = MemberField(
        label=_("Who gets the opportunities"),
        chosen_for="own",
        required=False,
        help_text=_(
            "If all go to one person; else those without a customer, or whose customer goes to the pool."
        ),
    )
    among: "forms.ModelMultipleChoiceField[Member]" = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("Spread over"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=NO_CHOICE,
    )

    def __init__(
        self, *args: Any, user: Viewer, member: Member, teams: list[Team], **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self.teams = teams
        self.fields["last_on"].required = True
        self.fields["last_on"].help_text = _(
            "Today: carried out and signed out at once. A later day: in the night after it."
        )
        among = self.fields["among"]
        among.queryset = colleagues(member, user)  # type: ignore[attr-defined]
        for team in teams:
            self.fields[f"lead_{team.pk}"] = MemberField(
                label=_("New lead of %(team)s") % {"team": team.name}, chosen_for="lead"
            )
        for field in self.fields.values():
            if isinstance(field, MemberField):
                field.offer(user, without=member)

    @property
    def lead_fields(self) -> list[forms.BoundField]:
        return [self[f"lead_{team.pk}"] for team in self.teams]

    def clean(self) -> dict[str, Any]:
        given = cast("dict[str, Any]", super().clean())
        for kind in ("customers", "opportunities"):
            how = given.get(f"{kind}_how")
            if how == "person" and not given.get(f"{kind}_to") and f"{kind}_to" not in self.errors:
                self.add_error(f"{kind}_to", gettext("Choose who takes over."))
        wanted = {given.get("customers_how"), given.get("opportunities_how")}
        if "spread" in wanted and not given.get("among") and "among" not in self.errors:
            self.add_error("among", gettext("Choose at least one person to spread over."))
        return given

    def plan(self) -> Plan:
        """What was chosen, of a valid form."""
        given = self.cleaned_data
        return Plan(
            customers=self._receivers("customers"),
            opportunities=self._receivers("opportunities"),
            leads={team.pk: given[f"lead_{team.pk}"].pk for team in self.teams},
        )

    def _receivers(self, kind: str) -> Receivers:
        given = self.cleaned_data
        how = cast("How", given[f"{kind}_how"])
        if how == "spread":
            return Receivers(how, tuple(sorted(one.pk for one in given["among"])))
        to = given[f"{kind}_to"]
        return Receivers(how, (to.pk,) if to and how != "pool" else ())

    def answers(self) -> list[tuple[str, str]]:
        """Name and value of all that was chosen, for the page that asks once more."""
        given = self.cleaned_data
        found = []
        for name in self.fields:
            value = given.get(name)
            if isinstance(value, Member):
                found.append((name, str(value.pk)))
            elif name == "among":
                found += [(name, str(one.pk)) for one in value or ()]
            elif value not in (None, ""):
                found.append((name, str(value)))
        return found
