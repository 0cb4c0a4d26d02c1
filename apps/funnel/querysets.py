"""Which opportunities and level changes a person may see."""

from typing import Any, Self

from django.db import models

from apps.members.models import Member, Team
from apps.members.querysets import Viewer, access_role


class ScopedByTeamQuerySet(models.QuerySet[Any]):
    """Rows stamped with `owner` and `team`: own, own subtree, or all."""

    owner_field = "owner"

    def visible_to(self, user: Viewer) -> Self:
        role = access_role(user)
        if role is None:
            return self.none()
        if role.sees_all_customers:
            return self.all()
        own = models.Q(**{self.owner_field: user.pk})
        if role.leads:
            assert isinstance(user, Member)
            teams = list(Team.objects.led_by(user).values_list("pk", flat=True))
            return self.filter(own | models.Q(team__in=teams))
        if role.sees_own_customers:
            return self.filter(own)
        return self.none()


class OpportunityQuerySet(ScopedByTeamQuerySet):
    def without_customer(self) -> Self:
        """Opportunities that the import kept although no customer was named: to be completed."""
        return self.filter(customer__isnull=True)

    def open_on(self, day: Any) -> Self:
        """Opened by the end of the day and not closed by then."""
        return self.filter(opened_on__lte=day).filter(
            models.Q(closed_on__isnull=True) | models.Q(closed_on__gt=day)
        )


class PipelineQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.all() if access_role(user) is not None else self.none()
