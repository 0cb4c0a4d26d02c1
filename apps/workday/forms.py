"""The quick log of a call."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.activities.forms import ActivityForm
from apps.activities.models import Outcome
from apps.activities.outcomes.selectors import proposals, rule_now
from apps.activities.planning.forms import ClockField
from apps.activities.services import NextStep
from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.customers.models import Channel
from apps.funnel.models import Level
from apps.members.querysets import Viewer


class QuickLogForm(ActivityForm):
    """A call in as few keys as possible: its outcome, and the next step that the rules propose.

    `moves` applies the proposed move of the opportunity; `key` makes a log that is sent twice one.
    """

    key = forms.CharField(widget=forms.HiddenInput, required=False)
    next_at = ClockField()
    moves = forms.BooleanField(label=_("Apply the move"), required=False)

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.user = user
        self.fields["channel"].required = False
        self.fields["channel"].widget = forms.HiddenInput()
        self.initial.setdefault("key", uuid4())

    def clean_key(self) -> UUID:
        """What is no key only can't be told apart when it is sent twice: it counts as a new one."""
        try:
            return UUID(self.cleaned_data["key"])
        except ValueError:
            return uuid4()

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        outcome = given.get("outcome")
        if not outcome:
            return given
        rule = rule_now(outcome)
        loses = given.get("moves") and rule.loses and given.get("opportunity")
        if rule.needs_next_step and not loses and not self._plans(given):
            self.add_error(
                "next_on",
                _(
                    "Every call ends with a next step: say when and what for, or somebody forgets it."
                ),
            )
        return given

    def _plans(self, given: dict[str, Any]) -> bool:
        # A day that makes no sense has its own error already.
        return bool(given.get("next_on")) or bool(self.errors)

    def move(self) -> dict[str, Any]:
        """What `activity_log` is told of the opportunity: the move or the loss that was confirmed."""
        given = self.cleaned_data
        opportunity = given["opportunity"]
        if not given["moves"] or opportunity is None:
            return {}
        proposal = proposals(opportunity, Organisation.current().today())[given["outcome"]]
        if proposal.loses:
            return {"loses": given["note"][:200] or str(Outcome(given["outcome"]).label)}
        if not proposal.level:
            return {}
        levels = Level.objects.visible_to(self.user)
        level = levels.filter(pipeline=opportunity.level.pipeline_id, code=proposal.level).first()
        if level is None:
            raise DomainError(_("The levels of the funnel have changed: open the customer again."))
        return {"moves_to": level}

    def next_step(self) -> NextStep | None:
        step = super().next_step()
        return replace(step, due_at=self.cleaned_data["next_at"]) if step else None

    def contact_fields(self) -> dict[str, Any]:
        return super().contact_fields() | {"channel": Channel.CALL, "key": self.cleaned_data["key"]}
