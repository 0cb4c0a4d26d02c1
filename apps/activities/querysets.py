"""Which activities and follow-ups a person may see."""

from typing import Any, Self

from django.db import models

from apps.customers.querysets import ChangedOfCustomerQuerySet
from apps.members.querysets import Viewer, access_role, writes
from apps.members.roles import Reach, RecordKind


class ActivityQuerySet(ChangedOfCustomerQuerySet):
    """Seen by those who see the customer; corrected by those who may change it."""


class FollowUpQuerySet(ChangedOfCustomerQuerySet):
    """Seen by those who see the customer; changed by those who may change it."""


class OutcomeRuleQuerySet(models.QuerySet[Any]):
    """Rules of the firm: every member works by them, who settles the settings changes them."""

    def visible_to(self, user: Viewer) -> Self:
        return self.none() if access_role(user) is None else self.all()

    def editable_by(self, user: Viewer) -> Self:
        return self.all() if writes(user, RecordKind.SETTINGS) is Reach.ALL else self.none()
