"""Random histories of opportunities, and what they mean counted step by step in plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from apps.funnel.models import (
    Level,
    LevelChange,
    Opportunity,
    OwnerChange,
    OwnerChangeKind,
    State,
)
from apps.members.models import Member
from apps.members.selectors import primary_team_on
from tests.factories import make_line

FIRST = date(2017, 10, 1)


@dataclass(frozen=True)
class Change:
    """A step by rank: from 0 for a start, to 0 for an end."""

    from_rank: int
    to_rank: int
    outcome: str
    on: date
    is_dated: bool
    owner: int


@dataclass(frozen=True)
class Entry:
    """A level entered: by whom, when, what became of it, and the days until it moved up."""

    rank: int
    owner: int
    on: date
    fate: str
    days: int | None


@st.composite
def histories(draw: st.DrawFn, owners: int = 2) -> list[Change]:
    """Starts, moves up, jumps, moves back, wins, losses and new starts, on days that may repeat."""
    day = FIRST + timedelta(days=draw(st.integers(0, 60)))
    owner = draw(st.integers(0, owners - 1))
    rank, changes = 0, []
    for _ in range(draw(st.integers(1, 7))):
        dated = draw(st.booleans()) or draw(st.booleans())
        if rank == 0:
            rank = draw(st.integers(1, 5))
            changes.append(Change(0, rank, "", day, dated, owner))
        elif (end := draw(st.sampled_from(["", "", "", "won", "lost"]))) != "":
            changes.append(Change(rank, 0, end, day, dated, owner))
            rank = 0
            if end == "won":
                break
        else:
            to = (rank + draw(st.integers(0, 3))) % 5 + 1
            changes.append(Change(rank, to, "", day, dated, owner))
            rank = to
        day += timedelta(days=draw(st.integers(0, 40)))
        owner = draw(st.integers(0, owners - 1))
    return changes


def record(changes: list[Change], members: list[Member], value: int | None = None) -> None:
    """Write an opportunity with this history, as an import does."""
    levels = {level.rank: level for level in Level.objects.filter(pipeline__is_default=True)}
    last = changes[-1]
    standing = next(c for c in reversed(changes) if c.to_rank)
    owner = members[last.owner]
    team = primary_team_on(owner, last.on)
    assert team is not None
    opportunity = Opportunity.objects.create(
        owner=owner,
        team=team,
        held_since_on=max(
            [changes[0].on] + [now.on for was, now in pairwise(changes) if was.owner != now.owner]
        ),
        line=make_line(),
        level=levels[last.to_rank or last.from_rank],
        level_since_on=standing.on,
        state=State(last.outcome or "open"),
        opened_on=changes[0].on,
        closed_on=last.on if last.outcome else None,
        value=value,
    )
    for position, change in enumerate(changes):
        by = members[change.owner]
        by_team = primary_team_on(by, change.on)
        assert by_team is not None
        LevelChange.objects.create(
            opportunity=opportunity,
            from_level=levels.get(change.from_rank),
            to_level=levels.get(change.to_rank),
            outcome=change.outcome,
            at=datetime.combine(change.on, time(12, position), tzinfo=UTC),
            on=change.on,
            is_dated=change.is_dated,
            owner=by,
            team=by_team,
            value=value,
        )
    for position, (was, now) in enumerate(pairwise(changes), start=1):
        if was.owner != now.owner:
            OwnerChange.objects.create(
                opportunity=opportunity,
                on=now.on,
                at=datetime.combine(now.on, time(12, position), tzinfo=UTC),
                from_owner=members[was.owner],
                from_team_id=_team_id(members[was.owner], now.on),
                to_owner=members[now.owner],
                to_team_id=_team_id(members[now.owner], now.on),
                kind=OwnerChangeKind.IMPORT,
            )


def _team_id(member: Member, on: date) -> int:
    team = primary_team_on(member, on)
    assert team is not None
    return team.pk


def entries(changes: list[Change], as_of: date) -> Iterator[Entry]:
    """The definition of docs/metrics.md, word by word, for one opportunity as known on a day."""
    known = [change for change in changes if change.on <= as_of]
    entered: set[int] = set()
    for index, change in enumerate(known):
        if change.from_rank == 0:
            entered = set()
        for rank in sorted(_reached(change) - entered):
            entered.add(rank)
            yield _entry(rank, change, known[index:])


def _reached(change: Change) -> set[int]:
    if change.outcome == "won":
        return set(range(change.from_rank + 1, 6))
    if change.outcome == "lost":
        return set()
    if change.from_rank and change.to_rank > change.from_rank:
        return set(range(change.from_rank + 1, change.to_rank + 1))
    return {change.to_rank}


def _entry(rank: int, change: Change, known: list[Change]) -> Entry:
    is_passed = change.to_rank != rank
    for later in known if is_passed else known[1:]:
        if later.from_rank == 0:
            break
        if later.outcome == "won" or later.to_rank > rank:
            has_dwell = not is_passed and change.is_dated and later.is_dated
            days = (later.on - change.on).days if has_dwell else None
            return Entry(rank, change.owner, change.on, "up", days)
        if later.outcome == "lost":
            return Entry(rank, change.owner, change.on, "lost", None)
    return Entry(rank, change.owner, change.on, "", None)


def stock(changes: list[Change], as_of: date) -> int:
    """The rank at which the opportunity stands on a day; 0 where it is not open."""
    known = [change for change in changes if change.on <= as_of]
    return known[-1].to_rank if known else 0
