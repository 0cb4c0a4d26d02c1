"""Who in a team carries how much: open opportunities, customers, value, what is stuck.

Everything counts the rows that the reader may open, so that each figure opens exactly its rows.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from apps.customers.models import Customer
from apps.funnel.models import Opportunity, State
from apps.members.models import Member, Membership, Team
from apps.members.querysets import Viewer
from apps.members.roles import AccessRole
from apps.metrics.selectors import stuck_everywhere
from apps.staffing.team_panels_figures import middle

SHOWN = 15


@dataclass(frozen=True)
class LoadRow:
    """One member; `value` sums the `valued` of the open opportunities that have one."""

    member: Member
    open: int
    value: Decimal | None
    valued: int
    customers: int
    stuck: int


@dataclass(frozen=True)
class Load:
    """The members by open opportunities; the medians are of all `total`, shown or not."""

    rows: list[LoadRow]
    total: int
    open: Decimal | None
    value: Decimal | None
    customers: Decimal | None
    stuck: Decimal | None

    @property
    def digits(self) -> int:
        """Decimals of the medians of counts: between two members a half is possible."""
        counts = (self.open, self.customers, self.stuck)
        return int(any(count is not None and count % 1 for count in counts))

    @property
    def is_cut(self) -> bool:
        return len(self.rows) < self.total


def team_load(team: Team, user: Viewer, day: date, *, show_all: bool) -> Load:
    """Reps who belong to the team or a team below it on the day, and others there who carry work."""
    members = {member.pk: member for member in people_of(team, day)}
    rows = _rows(members, user, day)
    rows.sort(key=lambda row: (-row.open, -row.customers, row.member.name, row.member.pk))
    return Load(
        rows=rows if show_all else rows[:SHOWN],
        total=len(rows),
        open=middle([row.open for row in rows]),
        value=middle([row.value for row in rows]),
        customers=middle([row.customers for row in rows]),
        stuck=middle([row.stuck for row in rows]),
    )


def people_of(team: Team, day: date) -> QuerySet[Member]:
    """Active members of the team and the teams below it, each once."""
    running = Membership.objects.running_on(day)
    below = running.filter(team__in=Team.objects.subtree_of(team).values("pk"))
    rows: QuerySet[Member] = Member.objects.filter(pk__in=below.values("member"), is_active=True)
    return rows


def _rows(members: dict[int, Member], user: Viewer, day: date) -> list[LoadRow]:
    ids = list(members)
    seen = Opportunity.objects.visible_to(user).filter(owner__in=ids, state=State.OPEN)
    opened = _by_owner(seen, n=Count("pk"), worth=Sum("value"), valued=Count("value"))
    owned = _by_owner(Customer.objects.visible_to(user).filter(owner__in=ids), n=Count("pk"))
    still = stuck_everywhere(day).filter(pk__in=seen.order_by().values("pk"))
    stood = _by_owner(still, n=Count("pk"))
    nothing: dict[str, Any] = {}
    rows = []
    for pk, member in members.items():
        of_member = opened.get(pk, nothing)
        row = LoadRow(
            member=member,
            open=of_member.get("n", 0),
            value=of_member.get("worth"),
            valued=of_member.get("valued", 0),
            customers=owned.get(pk, nothing).get("n", 0),
            stuck=stood.get(pk, nothing).get("n", 0),
        )
        if member.role is AccessRole.REP or row.open or row.customers:
            rows.append(row)
    return rows


def _by_owner(rows: QuerySet[Any], **sums: Any) -> dict[int, dict[str, Any]]:
    found = rows.order_by().values("owner").annotate(**sums)
    return {row["owner"]: row for row in found}


def open_work(team: Team, user: Viewer) -> int:
    """Open opportunities that count for the team or a team below it."""
    teams = list(Team.objects.subtree_of(team).values_list("pk", flat=True))
    rows = Opportunity.objects.visible_to(user).filter(team__in=teams, state=State.OPEN)
    return rows.count()
