"""What was done with a customer, and what comes next."""

from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.activities.planning.series import Repeats
from apps.activities.querysets import (
    ActivityQuerySet,
    FollowUpChangeQuerySet,
    FollowUpQuerySet,
    OutcomeRuleQuerySet,
    TaskQuerySet,
)
from apps.customers.models import Channel, Contact, Customer
from apps.funnel.models import LevelChange, Opportunity
from apps.members.models import Member


class Direction(models.TextChoices):
    OUT = "out", _("From us")
    IN = "in", _("From the customer")


class Outcome(models.TextChoices):
    """What came of it; `REACHED` and those after it mean that the person was reached."""

    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    CALL_BACK = "call_back", _("Call back")
    REACHED = "reached", pgettext_lazy("outcome", "Reached")
    REFUSED = "refused", _("Refused")
    QUOTED = "quoted", _("Quoted")
    AGREED = "agreed", _("Agreed")


# The person was reached: what counts as contact.
REACHING = frozenset(
    {Outcome.CALL_BACK, Outcome.REACHED, Outcome.REFUSED, Outcome.QUOTED, Outcome.AGREED}
)


class Activity(models.Model):
    """A call, visit, email, message, fax or meeting with a customer.

    Triggers of the database keep `Customer.last_contacted_at` by the rows that are contacts.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="activities"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="activities"
    )
    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, null=True, blank=True, related_name="activities"
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, db_index=False, related_name="activities"
    )
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    direction = models.CharField(
        _("direction"), max_length=4, choices=Direction.choices, default=Direction.OUT
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    note = models.TextField(_("note"), max_length=10_000, blank=True)
    objection = models.CharField(
        _("objection met"), max_length=200, blank=True, default="", db_default=""
    )
    # The move that was logged along with it.
    level_change = models.OneToOneField(
        LevelChange,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="activity",
    )
    # Given by the device that logs: what is sent twice is written once.
    key = models.UUIDField(null=True, unique=True, editable=False)
    # Kept for speed: `outcome` is one of REACHING.
    is_contact = models.GeneratedField(
        expression=models.Case(
            models.When(outcome__in=sorted(REACHING), then=models.Value(True)),
            default=models.Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    is_sample = models.BooleanField(default=False, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at", "-id"], name="activity_timeline"),
            models.Index(fields=["member", "-at", "-id"], name="activity_by_member"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.at:%Y-%m-%d %H:%M}"


class ActivityVersion(models.Model):
    """What an activity said before it was corrected; written by `activity_correct` alone."""

    activity = models.ForeignKey(
        Activity, on_delete=models.CASCADE, db_index=False, related_name="versions"
    )
    # Field → value as it was, of those that were changed.
    before: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        encoder=DjangoJSONEncoder
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("earlier version of an activity")
        verbose_name_plural = _("earlier versions of activities")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["activity", "-at", "-id"], name="version_of_activity")
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} {self.at:%Y-%m-%d %H:%M}"


class OutcomeRule(models.Model):
    """What an outcome proposes, where the firm has changed it; see `outcomes.rules` for the rest."""

    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, unique=True)
    needs_next_step = models.BooleanField(_("needs a next step"), default=True)
    # Working days of the firm from the day of the contact.
    next_days = models.PositiveSmallIntegerField(_("next step after (working days)"), default=1)
    next_channel = models.CharField(
        _("by"), max_length=16, choices=Channel.choices, default=Channel.CALL
    )
    # Language code → words; empty: those of the product.
    purposes: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(
        _("what for"), default=dict, blank=True
    )
    # Code of the level at which an opportunity stands at least after it; empty: where it was.
    level_code = models.CharField(_("moves up to level"), max_length=4, blank=True)
    loses = models.BooleanField(_("closes the opportunity as lost"), default=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = OutcomeRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule of an outcome")
        verbose_name_plural = _("rules of outcomes")
        ordering = ["outcome"]

    def __str__(self) -> str:
        return str(self.get_outcome_display())


class FollowUp(models.Model):
    """The next step with a customer: when, by which way, what for."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="follow_ups"
    )
    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, db_index=False, related_name="follow_ups"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="follow_ups"
    )
    due_on = models.DateField(_("due on"))
    # Time of day, in the owner's zone.
    due_at = models.TimeField(_("at"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    purpose = models.CharField(_("purpose"), max_length=300)
    is_promised = models.BooleanField(_("promised"), default=False, db_default=False)
    repeats = models.CharField(
        _("repeats"),
        max_length=16,
        choices=Repeats.choices,
        default=Repeats.NONE,
        db_default=Repeats.NONE,
    )
    # From which day the series is counted; none where nothing repeats.
    first_on = models.DateField(null=True, editable=False)
    # Of a series, the step after which this one was planned: each has at most one.
    follows = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="followed_by"
    )
    # The log of a contact along with which it was planned: undone with it.
    planned_with = models.ForeignKey(
        Activity, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    # The activity that it became; none where it was dropped.
    done_by = models.ForeignKey(
        Activity, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    is_sample = models.BooleanField(default=False, editable=False)

    # The audit trail calls it by its number: the purpose may be personal.
    is_personal = True

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_on", "pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["customer", "due_on", "id"],
                condition=models.Q(done_at__isnull=True),
                name="follow_up_of_customer",
            ),
            models.Index(
                fields=["owner", "due_on", "id"],
                condition=models.Q(done_at__isnull=True),
                name="follow_up_by_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.purpose}"


class FollowUpChangeKind(models.TextChoices):
    SNOOZED = "snoozed", _("Snoozed")
    REASSIGNED = "reassigned", _("Reassigned")
    EDITED = "edited", _("Edited")


class FollowUpChange(models.Model):
    """How a planned step came to be another day's or somebody else's; only the services add."""

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, db_index=False, related_name="changes"
    )
    kind = models.CharField(max_length=16, choices=FollowUpChangeKind.choices)
    from_on = models.DateField()
    to_on = models.DateField()
    # Times of day, in the zone of the owner on that side.
    from_at = models.TimeField(null=True)
    to_at = models.TimeField(null=True)
    from_owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    to_owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # None: it went along with its customer overnight.
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = FollowUpChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a follow-up")
        verbose_name_plural = _("changes of follow-ups")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["follow_up", "-at", "-id"], name="change_of_follow_up")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.from_on} → {self.to_on}"


class TaskOrigin(models.TextChoices):
    """Where a task comes from."""

    OWN = "own", _("Own")
    COLLEAGUE = "colleague", _("From a colleague")


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    DROPPED = "dropped", pgettext_lazy("task", "Dropped")


class Task(models.Model):
    """Anything to do besides the next steps with customers."""

    assignee = models.ForeignKey(
        Member, on_delete=models.PROTECT, db_index=False, related_name="tasks"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, db_index=False,
        related_name="tasks",
    )  # fmt: skip
    title = models.CharField(_("what"), max_length=200)
    note = models.TextField(_("note"), max_length=10_000, blank=True)
    due_on = models.DateField(_("due on"))
    # Time of day, in the assignee's zone.
    due_at = models.TimeField(_("at"), null=True, blank=True)
    origin = models.CharField(max_length=16, choices=TaskOrigin.choices, default=TaskOrigin.OWN)
    state = models.CharField(max_length=16, choices=TaskState.choices, default=TaskState.OPEN)
    created_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, editable=False, related_name="tasks_made"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    dropped_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    # The audit trail calls it by its number: the title may be personal.
    is_personal = True

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state="done", done_at__isnull=False, dropped_at__isnull=True)
                | models.Q(state="dropped", done_at__isnull=True, dropped_at__isnull=False)
                | models.Q(state="open", done_at__isnull=True, dropped_at__isnull=True),
                name="task_state_has_its_instant",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["assignee", "due_on", "id"],
                condition=models.Q(state="open"),
                name="task_by_assignee",
            ),
            models.Index(fields=["customer", "due_on", "id"], name="task_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.title}"
