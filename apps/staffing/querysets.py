"""Whose departures a person may see."""

from typing import Any, Self

from django.db import models

from apps.members.models import Member
from apps.members.querysets import Viewer, own_role


class DepartureQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Of people whose record one opens; one's own is told by a person, not by a page."""
        return self.filter(member__in=Member.objects.record_visible_to(user).values("pk")).exclude(
            member=user.pk
        )

    def editable_by(self, user: Viewer) -> Self:
        """Administrators let people in and go."""
        role = own_role(user)
        return self.visible_to(user) if role is not None and role.administers else self.none()
