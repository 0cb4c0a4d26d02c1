"""Forms of next steps and tasks: when, what for, for whom, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.activities.forms import OpportunityChoice
from apps.activities.models import FollowUp, Task
from apps.activities.planning.load import leads_others
from apps.activities.planning.series import Repeats
from apps.activities.planning.services import LONGEST_REASON
from apps.core.filtering import DayField
from apps.customers.models import Channel, Contact, Customer
from apps.funnel.models import Opportunity
from apps.funnel.models import State as OpportunityState
from apps.members.forms.picker import MemberField
from apps.members.models import Member

LONGEST_PURPOSE, LONGEST_TITLE, LONGEST_NOTE = 300, 200, 10_000


class ClockField(forms.TimeField):
    """A time of day; the browser's own control."""

    def __init__(self) -> None:
        super().__init__(
            label=_("At"),
            required=False,
            input_formats=["%H:%M", "%H:%M:%S"],
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            error_messages={"invalid": _("Enter a time such as 14:30.")},
        )


class WhenForm(forms.Form):
    due_on = DayField(_("On"))
    due_at = ClockField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].required = True
        self.fields["due_on"].error_messages["required"] = _("Choose a day.")


class FollowUpPlanForm(WhenForm):
    """A new step: when, by which way, what for, and whether it repeats."""

    channel = forms.ChoiceField(label=_("By"), choices=Channel.choices, initial=Channel.CALL)
    repeats = forms.ChoiceField(
        label=_("Repeats"), choices=Repeats.choices, initial=Repeats.NONE, required=False
    )
    purpose = forms.CharField(
        label=_("What for"),
        max_length=LONGEST_PURPOSE,
        error_messages={"required": _("Say what the next step is for.")},
    )

    def clean_repeats(self) -> str:
        return str(self.cleaned_data["repeats"] or Repeats.NONE)


class SnoozeForm(WhenForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Say why.")},
    )


class ReassignForm(forms.Form):
    """To whom; the reason is asked of follow-ups alone, whose history shows it."""

    to = MemberField(label=_("To"), chosen_for="own")
    reason = forms.CharField(label=_("Reason"), required=False, max_length=LONGEST_REASON)

    def __init__(self, *args: Any, user: Member, has_reason: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].offer(user)  # type: ignore[attr-defined]
        if not has_reason:
            del self.fields["reason"]


class FollowUpEditForm(WhenForm):
    """Everything of a planned step but its customer and its owner."""

    channel = forms.ChoiceField(label=_("By"), choices=Channel.choices)
    repeats = forms.ChoiceField(label=_("Repeats"), choices=Repeats.choices)
    purpose = forms.CharField(
        label=_("What for"),
        max_length=LONGEST_PURPOSE,
        error_messages={"required": _("Say what the next step is for.")},
    )
    contact = forms.ModelChoiceField(
        label=_("Contact"), required=False, queryset=Contact.objects.none()
    )
    opportunity = OpportunityChoice(
        label=_("Opportunity"), required=False, queryset=Opportunity.objects.none()
    )
    is_promised = forms.BooleanField(label=_("Promised to the customer"), required=False)

    def __init__(
        self, *args: Any, user: Member, follow_up: FollowUp, customer: Customer, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.visible_to(user).filter(customer=customer)
        deals = Opportunity.objects.visible_to(user).filter(customer=customer)
        is_open = deals.filter(state=OpportunityState.OPEN)
        if follow_up.opportunity_id:
            # What it is about stays a choice, closed or not.
            is_open = is_open | deals.filter(pk=follow_up.opportunity_id)
        self.fields["contact"].queryset = contacts  # type: ignore[attr-defined]
        self.fields["opportunity"].queryset = is_open.select_related(  # type: ignore[attr-defined]
            "product", "line", "level"
        )

    @staticmethod
    def given(follow_up: FollowUp) -> dict[str, Any]:
        names = ("due_on", "due_at", "channel", "repeats", "purpose", "is_promised")
        relations = {"contact": follow_up.contact_id, "opportunity": follow_up.opportunity_id}
        return {name: getattr(follow_up, name) for name in names} | relations

    def changed(self, follow_up: FollowUp) -> dict[str, Any]:
        """The fields; an opportunity that the reader does not see stays."""
        found = dict(self.cleaned_data)
        if follow_up.opportunity_id and "opportunity" not in self.changed_data:
            del found["opportunity"]
        return found


class TaskForm(WhenForm):
    """`customer` comes with the page that the task was added from."""

    title = forms.CharField(
        label=_("What"),
        max_length=LONGEST_TITLE,
        error_messages={"required": _("Say what there is to do.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    assignee = MemberField(label=_("For"), chosen_for="own", required=False)
    customer = forms.ModelChoiceField(
        label=_("Customer"),
        required=False,
        queryset=Customer.objects.none(),
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("There is no such choice.")},
    )

    def __init__(self, *args: Any, user: Member, task: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.visible_to(user)  # type: ignore[attr-defined]
        if task is not None or not leads_others(user):
            del self.fields["assignee"]
        else:
            self.fields["assignee"].offer(user)  # type: ignore[attr-defined]
        if task is not None:
            del self.fields["customer"]
