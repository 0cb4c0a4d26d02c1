"""Whose calls a person works off, and who settles the phone systems."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from apps.core.paging import list_fetch_mode
from apps.members.models import Member
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind


class PhoneSystemQuerySet(models.QuerySet[Any]):
    """For those who settle the settings, and for nobody else."""

    def visible_to(self, user: Viewer) -> Self:
        return self.all() if writes(user, RecordKind.SETTINGS) is Reach.ALL else self.none()

    def editable_by(self, user: Viewer) -> Self:
        return self.visible_to(user)


class PhoneCallQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """One's own calls; a lead's subtree; all, also of nobody's extension, for who changes all.

        By what a person changes, not reads: the list is work, and shows numbers in full.
        """
        reach = writes(user, RecordKind.SALES)
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.SUBTREE:
            led = Member.objects.visible_to(user).values("pk")
            return self.filter(Q(member=user.pk) | Q(member__in=led))
        return self.none() if reach is Reach.NONE else self.filter(member=user.pk)

    def editable_by(self, user: Viewer) -> Self:
        return self.visible_to(user)

    def in_inbox(self) -> Self:
        """Calls that are over and have no customer yet."""
        return self.filter(customer__isnull=True, dismissed_at__isnull=True).exclude(problem="")

    def for_list(self) -> Self:
        """What a row of a list prints."""
        return self.select_related("member", "system").fetch_mode(list_fetch_mode())
