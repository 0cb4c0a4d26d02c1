"""How much each person has to do: what a lead looks at before giving somebody more."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from apps.activities.models import FollowUp, Task, TaskState
from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.members.choosing import people_to_choose
from apps.members.models import Member, Membership, Team
from apps.members.querysets import writes
from apps.members.roles import AccessRole, Reach, RecordKind

# People beside whom it is said.
MOST = 30


@dataclass(frozen=True)
class Load:
    """Open follow-ups and tasks of a member: of one day, and all."""

    member: Member
    on_day: int
    in_all: int


def leads_others(user: Member) -> bool:
    """Whether the person gives work to others."""
    return writes(user, RecordKind.SALES) >= Reach.SUBTREE


def loads(people: Any, day: date) -> list[Load]:  # noqa: ANN401 - a queryset of members
    """Whoever has least to do on the day first; one query."""
    steps = FollowUp.objects.filter(owner=OuterRef("pk"), done_at__isnull=True)
    tasks = Task.objects.filter(assignee=OuterRef("pk"), state=TaskState.OPEN)
    counted = people.annotate(
        on_day=_count(steps.filter(due_on=day), "owner")
        + _count(tasks.filter(due_on=day), "assignee"),
        in_all=_count(steps, "owner") + _count(tasks, "assignee"),
    )
    rows = counted.order_by(F("on_day"), F("in_all"), "name", "pk")[:MOST]
    return [Load(one, one.on_day, one.in_all) for one in rows]


def _count(rows: Any, by: str) -> Coalesce:  # noqa: ANN401 - of either model
    found = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(found, output_field=IntegerField()), Value(0))


def people_for_customer(user: Member, customer: Customer) -> Any:  # noqa: ANN401
    """Those of the people whom one may choose who may change the customer."""
    today = Organisation.current().today()
    teams: set[int] = set()
    if customer.owner_id is not None:
        running = Membership.objects.running_on(today).filter(member=customer.owner_id)
        teams = {pk for path in running.values_list("team__path", flat=True) for pk in path}
    leads = Team.objects.filter(pk__in=teams, lead__isnull=False).values("lead")
    everywhere = [role for role in AccessRole if role.writes(RecordKind.SALES) is Reach.ALL]
    may = Q(pk=customer.owner_id) | Q(pk__in=leads) | Q(access_role__in=everywhere)
    return people_to_choose(user, "own").filter(may)
