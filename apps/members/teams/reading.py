"""What the pages about teams show: the tree with its counts, and one team with its people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Prefetch, Q
from django.utils.functional import cached_property

from apps.core.paging import KeysetPage, Order, keyset_page
from apps.members.choosing import people_to_choose
from apps.members.lifecycle import LifecycleStage
from apps.members.models import (
    Member,
    Membership,
    PositionHolding,
    StandIn,
    Team,
    TeamStage,
)
from apps.members.querysets import TeamQuerySet, Viewer
from apps.members.teams.coverage import StageCover, coverage
from apps.members.teams.stage import age_in_months, next_stage, stage_by_age

MEMBERS_A_PAGE = 50
# As many people of a stage are named before the rest is a number.
NAMED = 4
DEEPEST_INDENT = 7

COUNTS = """
SELECT ancestor, count(DISTINCT m.member_id) AS total,
       count(DISTINCT m.member_id) FILTER (WHERE ancestor = t.id) AS direct
FROM members_membership m
JOIN members_member p ON p.id = m.member_id AND p.is_active
JOIN members_team t ON t.id = m.team_id
CROSS JOIN LATERAL unnest(t.path) ancestor
WHERE m.starts_on <= %(day)s AND (m.ends_on IS NULL OR m.ends_on > %(day)s)
  AND t.path && %(teams)s::bigint[]
GROUP BY ancestor
"""


@dataclass(frozen=True)
class Stage:
    """How far a team has grown together; by its age unless somebody has said otherwise.

    `key` is None where neither is known. `age` is in whole months.
    """

    key: TeamStage | None
    is_by_hand: bool
    age: int | None
    by_age: TeamStage | None
    next: tuple[TeamStage, date] | None


def stage_of(team: Team, day: date) -> Stage:
    by_age = stage_by_age(team.formed_on, day)
    following = next_stage(team.formed_on, day)
    of_age = TeamStage(by_age) if by_age else None
    return Stage(
        key=TeamStage(team.stage) if team.stage else of_age,
        is_by_hand=bool(team.stage),
        age=age_in_months(team.formed_on, day) if team.formed_on else None,
        by_age=of_age,
        next=(TeamStage(following[0]), following[1]) if following else None,
    )


@dataclass(frozen=True)
class Headcount:
    """Active members of a day: of the team itself, and with everything below it, each once."""

    direct: int = 0
    total: int = 0


def headcounts(teams: Sequence[int], day: date) -> dict[int, Headcount]:
    """By team; teams without anybody are missing. One query for all of them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"day": day, "teams": list(teams)})
        return {team: Headcount(direct, total) for team, total, direct in cursor.fetchall()}


@dataclass(frozen=True)
class Decides:
    """What the reader decides of a team: its own fields; its place, lead and end."""

    fields: bool
    place: bool


def decides_about(team: Team, user: Viewer) -> Decides:
    return Decides(
        fields=Team.objects.editable_by(user).filter(pk=team.pk).exists(),
        place=Team.objects.placed_by(user).filter(pk=team.pk).exists(),
    )


@dataclass
class TreeRow:
    """A team in the tree; `depth` counts from the highest team that the reader sees."""

    team: Team
    depth: int
    count: Headcount
    stage: Stage
    may_edit: bool
    may_place: bool
    below: list["TreeRow"] = field(default_factory=list)

    @property
    def path(self) -> str:
        return " ".join(map(str, self.team.path))

    @property
    def indent(self) -> int:
        """How far the row stands in: a very deep tree would leave no room for names."""
        return min(self.depth, DEEPEST_INDENT)


@dataclass(frozen=True)
class Tree:
    """`rows` are in the order of the page: each team before those below it, by name."""

    rows: list[TreeRow]
    closed: list[Team]
    may_place_on_top: bool

    @property
    def open_count(self) -> int:
        return len(self.rows)


def tree_of(user: Viewer, day: date, *, may_place_on_top: bool) -> Tree:
    """All teams whose record the reader opens, whatever their number in four queries."""
    seen = list(Team.objects.record_visible_to(user).select_related("lead", "parent"))
    editable = set(Team.objects.editable_by(user).values_list("pk", flat=True))
    placed = set(Team.objects.placed_by(user).values_list("pk", flat=True))
    is_open = [team for team in seen if team.closed_on is None or team.closed_on > day]
    counts = headcounts([team.pk for team in is_open], day)
    shown = {team.pk for team in is_open}
    rows = {
        team.pk: TreeRow(
            team=team,
            depth=sum(above in shown for above in team.path) - 1,
            count=counts.get(team.pk, Headcount()),
            stage=stage_of(team, day),
            may_edit=team.pk in editable,
            may_place=team.pk in placed,
        )
        for team in is_open
    }
    tops: list[TreeRow] = []
    for row in sorted(rows.values(), key=lambda row: (row.team.name, row.team.pk)):
        above = rows.get(row.team.parent_id or 0)
        (above.below if above else tops).append(row)
    closed = [team for team in seen if team.pk not in shown]
    return Tree(list(_in_order(tops)), closed, may_place_on_top)


def _in_order(rows: Sequence[TreeRow]) -> list[TreeRow]:
    ordered = []
    for row in rows:
        ordered.append(row)
        ordered += _in_order(row.below)
    return ordered


def places_for(team: Team, user: Viewer, day: date) -> TeamQuerySet:
    """Where the reader may put a team: open teams that they decide about, outside its own."""
    rows = Team.objects.editable_by(user).open_on(day).exclude(path__contains=[team.pk])
    return rows if team.parent_id is None else rows.exclude(pk=team.parent_id)


def in_tree_order(teams: TeamQuerySet) -> list[tuple[Team, int]]:
    """Each team after the one above it, those side by side by name, with its depth among them."""
    found = {team.pk: team for team in teams}
    names = {pk: (team.name, pk) for pk, team in found.items()}
    ways = [([names[pk] for pk in team.path if pk in names], team) for team in found.values()]
    return [(team, len(way) - 1) for way, team in sorted(ways, key=lambda pair: pair[0])]


@dataclass(frozen=True)
class StageLine:
    """A stage of the customer's life on the team page; `more` counts those not named."""

    stage: LifecycleStage
    names: tuple[str, ...]
    more: int

    @property
    def is_covered(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True)
class TeamBelow:
    """A team just below the one on the page."""

    team: Team
    count: Headcount
    stage: Stage


class TeamPage:
    """A team as the reader sees it; each part is read when the page first asks for it."""

    def __init__(self, team: Team, user: Viewer, day: date, *, cursor: str | None = None) -> None:
        self.team, self.user, self.day, self.cursor = team, user, day, cursor

    @cached_property
    def above(self) -> list[Team]:
        """The way down to the team, as far as the reader sees it."""
        seen = Team.objects.record_visible_to(self.user).filter(pk__in=self.team.path[:-1])
        return sorted(seen, key=lambda team: len(team.path))

    @cached_property
    def below(self) -> list[Team]:
        rows = Team.objects.filter(parent=self.team, closed_on__isnull=True)
        return list(rows.select_related("lead").order_by("name", "pk"))

    @cached_property
    def counts(self) -> dict[int, Headcount]:
        return headcounts([self.team.pk, *(team.pk for team in self.below)], self.day)

    @property
    def count(self) -> Headcount:
        return self.counts.get(self.team.pk, Headcount())

    @cached_property
    def below_rows(self) -> list[TeamBelow]:
        return [
            TeamBelow(team, self.counts.get(team.pk, Headcount()), stage_of(team, self.day))
            for team in self.below
        ]

    @cached_property
    def stage(self) -> Stage:
        return stage_of(self.team, self.day)

    @cached_property
    def members(self) -> KeysetPage[Membership]:
        """Memberships of the team itself that run, or will; primary or not, by name.

        Raises BadCursor.
        """
        rows = Membership.objects.filter(team=self.team).exclude(ends_on__lte=self.day)
        holdings = PositionHolding.objects.running_on(self.day).select_related("position")
        held = Prefetch(
            "member__holdings", holdings.order_by("position__rank"), to_attr="holdings_today"
        )
        away = Prefetch(
            "member__absences",
            StandIn.objects.in_force_on(self.day).select_related("stand_in"),
            to_attr="absences_today",
        )
        others = Prefetch(
            "member__memberships",
            Membership.objects.running_on(self.day)
            .filter(team__in=Team.objects.record_visible_to(self.user).values("pk"))
            .exclude(team=self.team)
            .select_related("team"),
            to_attr="elsewhere",
        )
        rows = rows.select_related("member").prefetch_related(held, away, others)
        order = [Order("member__name")]
        return keyset_page(rows, order=order, cursor=self.cursor, size=MEMBERS_A_PAGE)

    @cached_property
    def former(self) -> list[Membership]:
        """Memberships of the team itself that are over, the latest first."""
        rows = Membership.objects.filter(team=self.team, ends_on__lte=self.day)
        return list(rows.select_related("member").order_by("-ends_on", "-pk")[:MEMBERS_A_PAGE])

    @cached_property
    def coverage(self) -> list[StageLine]:
        """Who covers each stage, among the active members of the team with everything below it."""
        holdings = _positions_below(self.team, self.day)
        return [_line(cover) for cover in coverage(LifecycleStage.values, holdings)]

    @property
    def uncovered(self) -> list[str]:
        return [str(line.stage.label) for line in self.coverage if not line.is_covered]


def _positions_below(team: Team, day: date) -> list[tuple[tuple[int, str], list[str]]]:
    """(key and name, stages) of each position held today in the subtree."""
    running = Membership.objects.running_on(day)
    members = running.filter(team__in=Team.objects.subtree_of(team).values("pk")).values("member")
    rows = PositionHolding.objects.running_on(day).filter(
        Q(member__in=members), member__is_active=True
    )
    found = rows.order_by("member__name", "member").values_list(
        "member", "member__name", "position__stages"
    )
    return [((pk, name), stages) for pk, name, stages in found]


def _line(cover: StageCover[tuple[int, str]]) -> StageLine:
    names = tuple(name for _pk, name in cover.people)
    return StageLine(LifecycleStage(cover.stage), names[:NAMED], max(0, len(names) - NAMED))


def lead_choices(user: Viewer, team: Team | None) -> Any:  # noqa: ANN401 - a queryset of members
    """Whom the reader may name as lead, and whoever leads the team already."""
    seen = Q(pk__in=people_to_choose(user, "lead").values("pk"))
    if team is not None and team.lead_id:
        seen |= Q(pk=team.lead_id)
    return Member.objects.filter(seen)
