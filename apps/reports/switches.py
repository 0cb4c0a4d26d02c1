"""The dashboard's switches: other periods and other teams, each with its address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.members.models import Member, Team
from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind
from apps.metrics.periods import FIRST_YEAR, Kind, Period, period_of
from apps.metrics.results import Scope


@dataclass(frozen=True)
class PeriodLink:
    kind: Kind
    label: str
    address: str
    is_current: bool = False


@dataclass(frozen=True)
class PeriodSwitch:
    """Arrows to the neighbours and the four lengths; no arrow into a period that has not begun."""

    kinds: list[PeriodLink]
    previous: PeriodLink | None
    next: PeriodLink | None


@dataclass(frozen=True)
class TeamLink:
    """A team of the picker; `depth` counts the teams above it that the reader sees too."""

    label: str
    address: str
    element: str
    depth: int
    is_current: bool


def team_of(scope: Scope) -> Team | None:
    """The team that stands in the addresses of the scope, if it is one team's."""
    return scope.team if scope.kind == "team" else None


def is_several_teams(scope: Scope) -> bool:
    """The separate teams of one manager together."""
    return scope.kind == "team" and scope.team is None


def dashboard_address(team: Team | None, period: Period, **more: str) -> str:
    """The bookmarkable address of a team's dashboard (None: the reader's widest scope)."""
    path = reverse("dashboard_team", args=[team.slug]) if team else reverse("dashboard")
    return f"{path}?{urlencode({'period': period.key, **more})}"


def period_link(team: Team | None, period: Period) -> PeriodLink:
    return PeriodLink(period.kind, period.label, dashboard_address(team, period))


def period_switch(team: Team | None, period: Period, today: date) -> PeriodSwitch:
    """A change of length keeps the latest day in view that has come."""
    anchor = min(period.end, today) if period.start <= today else period.start
    names: dict[Kind, str] = {
        "week": _("Week"),
        "month": _("Month"),
        "quarter": _("Quarter"),
        "year": _("Year"),
    }
    kinds = [
        PeriodLink(
            kind, name, dashboard_address(team, period_of(kind, anchor)), kind == period.kind
        )
        for kind, name in names.items()
    ]
    has_previous = period.start.year > FIRST_YEAR
    has_next = period.end < today
    return PeriodSwitch(
        kinds,
        period_link(team, period.previous) if has_previous else None,
        period_link(team, period.next) if has_next else None,
    )


def team_links(user: Member, scope: Scope, teams: Iterable[Team], period: Period) -> list[TeamLink]:
    """The picker of those who see several teams, as a tree; empty where there is no choice."""
    seen = {team.pk: team for team in teams}
    if len(seen) < 2:  # noqa: PLR2004 - one team is no choice
        return []
    roots = [team for team in seen.values() if not _above(team, seen)]
    links = []
    sees_all = reads(user, RecordKind.FIGURES) is Reach.ALL
    if sees_all or len(roots) > 1:
        label = _("All teams") if sees_all else _("My teams")
        address = dashboard_address(None, period)
        links.append(TeamLink(label, address, "team--all", 0, team_of(scope) is None))
    for team in sorted(seen.values(), key=lambda team: _place(team, seen)):
        address = dashboard_address(team, period)
        is_current = team_of(scope) == team
        depth = len(_above(team, seen))
        links.append(TeamLink(team.name, address, f"team-{team.slug}", depth, is_current))
    return links


def _above(team: Team, seen: dict[int, Team]) -> list[Team]:
    return [seen[pk] for pk in team.path[:-1] if pk in seen]


def _place(team: Team, seen: dict[int, Team]) -> list[tuple[str, int]]:
    """Sorts a tree by name with every team after the one above it."""
    return [(step.name, step.pk) for step in (*_above(team, seen), team)]
