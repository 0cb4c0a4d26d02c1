"""Reads of the list of activities and of an activity's history."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.activities.models import Activity
from apps.agenda.querysets import ListedActivityQuerySet
from apps.funnel.models import Opportunity
from apps.members.querysets import Viewer


@dataclass(frozen=True)
class ListedActivity:
    """An activity as a list prints it; `opportunity` only if the reader sees that too."""

    activity: Activity
    opportunity: Opportunity | None


def activities_seen(user: Viewer) -> ListedActivityQuerySet:
    """Activities of the customers that the reader sees."""
    return ListedActivityQuerySet(Activity).visible_to(user)


def listed_activities(activities: Iterable[Activity], user: Viewer) -> list[ListedActivity]:
    """With their opportunities, which take one query for all of them."""
    rows = list(activities)
    named = {row.opportunity_id for row in rows if row.opportunity_id is not None}
    seen = Opportunity.objects.visible_to(user).for_list().in_bulk(named) if named else {}
    return [ListedActivity(row, seen.get(row.opportunity_id)) for row in rows]
