"""Writing down a contact with a customer, and planning the next step."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.activities.models import Direction, FollowUp, Outcome
from apps.activities.services import MOST_CHARACTERS, MOST_MINUTES, NextStep
from apps.core.filtering import DayField
from apps.customers.models import Channel, Contact, Customer
from apps.funnel.models import Opportunity
from apps.funnel.models import State as OpportunityState
from apps.members.querysets import Viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet

LOCAL = "%Y-%m-%dT%H:%M"
LONGEST_PURPOSE = 300


class OpportunityChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Opportunity) -> str:
        return f"{obj.short_title} · {obj.level.name}"


class ContactForm(forms.Form):
    """What happened: by which way, with whom, what came of it."""

    channel = forms.ChoiceField(
        label=_("Channel"), choices=Channel.choices, widget=forms.RadioSelect
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of it.")},
    )
    note = forms.CharField(
        label=_("What was said"),
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    direction = forms.ChoiceField(
        label=_("Direction"), choices=Direction.choices, initial=Direction.OUT
    )
    at = forms.DateTimeField(
        label=_("When"),
        required=False,
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
        help_text=_("Empty: now."),
        error_messages={"invalid": _("Enter day and time such as 2026-11-19 14:30.")},
    )
    minutes = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=0, max_value=MOST_MINUTES
    )
    contact = forms.ModelChoiceField(
        label=_("Contact"), required=False, queryset=Contact.objects.none()
    )
    opportunity = OpportunityChoice(
        label=_("Opportunity"), required=False, queryset=Opportunity.objects.none()
    )

    def __init__(self, *args: Any, customer: Customer, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("contact", Contact.objects.visible_to(user).filter(customer=customer))
        rows = Opportunity.objects.visible_to(user).filter(customer=customer)
        is_open = rows.filter(state=OpportunityState.OPEN)
        self._offer("opportunity", is_open.select_related("product", "line", "level"))
        self.fields["note"].widget.attrs.pop("maxlength", None)

    def _offer(self, name: str, rows: "QuerySet[Any]") -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = rows

    def contact_fields(self) -> dict[str, Any]:
        """The activity's fields; the instant is now where none was given."""
        names = ("channel", "outcome", "note", "direction", "minutes", "contact", "opportunity")
        given = {name: self.cleaned_data[name] for name in names}
        return given | {"at": self.cleaned_data["at"] or timezone.now()}


class ActivityForm(ContactForm):
    """The same, with the next step and the planned one that it settles. All of it optional."""

    finishes = forms.ModelChoiceField(
        label=_("Settles the planned step"), required=False, queryset=FollowUp.objects.none()
    )
    next_on = DayField(_("Next step on"))
    next_channel = forms.ChoiceField(label=_("By"), choices=Channel.choices, required=False)
    next_purpose = forms.CharField(label=_("What for"), required=False, max_length=LONGEST_PURPOSE)

    def __init__(self, *args: Any, customer: Customer, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, customer=customer, user=user, **kwargs)
        planned = FollowUp.objects.visible_to(user).filter(customer=customer, done_at__isnull=True)
        self._offer("finishes", planned.order_by("due_on", "pk"))
        self.fields["channel"].initial = Channel.CALL
        self.fields["next_channel"].initial = Channel.CALL

    @property
    def has_planned(self) -> bool:
        """Whether there is anything to settle."""
        field = self.fields["finishes"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        return bool(len(field.choices) > 1)  # type: ignore[arg-type]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        on, purpose = given.get("next_on"), given.get("next_purpose")
        if purpose and not on and "next_on" not in self.errors:
            self.add_error("next_on", _("Say when: without a day nobody takes the next step."))
        if on and not purpose and "next_purpose" not in self.errors:
            self.add_error("next_purpose", _("Say what the next step is for."))
        return given

    def next_step(self) -> NextStep | None:
        given = self.cleaned_data
        if not given["next_on"]:
            return None
        return NextStep(
            given["next_on"], given["next_channel"] or Channel.CALL, given["next_purpose"]
        )
