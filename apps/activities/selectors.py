"""Reads of activities and next steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from apps.activities.models import Activity, FollowUp
from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.querysets import Viewer

# As long a person may correct or delete what they wrote down themselves.
CORRECTABLE = timedelta(hours=24)


def may_correct(activity: Activity, by: Viewer) -> bool:
    """Their own, written down less than 24 hours ago."""
    return activity.member_id == by.pk and timezone.now() - activity.recorded_at < CORRECTABLE


@dataclass(frozen=True)
class ActivityLine:
    """An activity as the reader sees it; `opportunity` only if they see that too."""

    activity: Activity
    opportunity: Opportunity | None
    may_correct: bool


def activity_lines(
    activities: Iterable[Activity], user: Viewer, *, may_change: bool
) -> list[ActivityLine]:
    """Activities (with `member` and `contact` loaded) of one customer, for a reader.

    One query for the opportunities of all of them.
    """
    rows = list(activities)
    named = {row.opportunity_id for row in rows if row.opportunity_id is not None}
    seen = Opportunity.objects.visible_to(user).for_list().in_bulk(named) if named else {}
    return [
        ActivityLine(
            activity=row,
            opportunity=seen.get(row.opportunity_id),
            may_correct=may_change and may_correct(row, user),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class NextStepLine:
    """A planned step; `days` until it is due, negative where it is overdue."""

    follow_up: FollowUp
    days: int

    @property
    def is_overdue(self) -> bool:
        return self.days < 0

    @property
    def days_late(self) -> int:
        return -self.days


def next_steps(customer: Customer, today: date) -> list[NextStepLine]:
    """What is planned with the customer, the nearest first."""
    rows = FollowUp.objects.filter(customer=customer, done_at__isnull=True)
    found = rows.select_related("owner", "customer").order_by("due_on", "pk")
    return [NextStepLine(row, (row.due_on - today).days) for row in found]
