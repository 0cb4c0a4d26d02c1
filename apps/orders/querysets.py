"""Which orders a person may see."""

from apps.funnel.querysets import ScopedByTeamQuerySet


class OrderQuerySet(ScopedByTeamQuerySet):
    owner_field = "member"
