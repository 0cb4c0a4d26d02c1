"""Which activities and follow-ups a person may see."""

from typing import Any, Self

from django.db import models

from apps.customers.querysets import ChangedOfCustomerQuerySet
from apps.members.querysets import Viewer, access_role, reads, writes
from apps.members.roles import Reach, RecordKind


class ActivityQuerySet(ChangedOfCustomerQuerySet):
    """Seen by those who see the customer; corrected by those who may change it."""


class FollowUpQuerySet(ChangedOfCustomerQuerySet):
    """Seen by those who see the customer; changed by those who may change it."""


class FollowUpChangeQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Seen by those who see the follow-up."""
        from apps.activities.models import FollowUp

        return self.filter(follow_up__in=FollowUp.objects.visible_to(user).values("pk"))


class TaskQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """One's own, those one gave to others, those of one's subtree, and those of one's customers."""
        from apps.customers.models import Customer

        reach = reads(user, RecordKind.SALES)
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.NONE:
            return self.none()
        customers = Customer.objects.visible_to(user).values("pk")
        return self.filter(self._concerns(user, reach) | models.Q(customer__in=customers))

    def editable_by(self, user: Viewer) -> Self:
        """The same without those that one sees by their customer alone."""
        reach = writes(user, RecordKind.SALES)
        if reach is Reach.ALL:
            return self.all()
        return self.none() if reach is Reach.NONE else self.filter(self._concerns(user, reach))

    @staticmethod
    def _concerns(user: Viewer, reach: Reach) -> models.Q:
        from apps.members.models import Member

        assignees = [user.pk]
        if reach is Reach.SUBTREE:
            assignees = list(Member.objects.visible_to(user).values_list("pk", flat=True))
        return models.Q(assignee__in=assignees) | models.Q(created_by=user.pk)


class OutcomeRuleQuerySet(models.QuerySet[Any]):
    """Rules of the firm: every member works by them, who settles the settings changes them."""

    def visible_to(self, user: Viewer) -> Self:
        return self.none() if access_role(user) is None else self.all()

    def editable_by(self, user: Viewer) -> Self:
        return self.all() if writes(user, RecordKind.SETTINGS) is Reach.ALL else self.none()
