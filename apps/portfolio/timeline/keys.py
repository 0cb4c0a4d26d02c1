"""The order of a timeline over many tables. No Django here.

Newest first by (instant, rank of the kind, id). What has only a day stands at its beginning, in the
reader's zone: below what happened during that day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import Enum
from heapq import merge
from itertools import islice
from typing import NamedTuple


class Key(NamedTuple):
    """Where an entry stands; unique among all entries."""

    at: datetime
    rank: int
    pk: int


class Edge(Enum):
    """Which rows of one kind come after an entry, seen from their instant and id."""

    # Of earlier instants.
    BEFORE = "before"
    # Of earlier instants or the same.
    UP_TO = "up to"
    # Of earlier instants, or of the same and with a lower id.
    BEHIND = "behind"


@dataclass(frozen=True)
class After:
    """Rows of one kind after an entry: as `edge` says, of `at` (or `day`) and `pk`."""

    edge: Edge
    at: datetime
    pk: int


def after(key: Key, rank: int) -> After:
    """What of the kind with this rank comes after the entry.

    >>> after(Key(datetime(2026, 3, 1), 2, 7), 1).edge
    <Edge.UP_TO: 'up to'>
    """
    if rank < key.rank:
        return After(Edge.UP_TO, key.at, key.pk)
    return After(Edge.BEHIND if rank == key.rank else Edge.BEFORE, key.at, key.pk)


def after_of_days(key: Key, rank: int, zone: tzinfo) -> tuple[Edge, date]:
    """The same for a kind whose rows have only a day: the edge, and the day that it is about."""
    day = key.at.astimezone(zone).date()
    if beginning_of(day, zone) < key.at:
        return Edge.UP_TO, day
    return after(key, rank).edge, day


def beginning_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def newest[Entry](lists: Iterable[list[tuple[Key, Entry]]], size: int) -> list[tuple[Key, Entry]]:
    """The first entries of several lists, each in the order of the timeline."""
    return list(islice(merge(*lists, key=lambda one: one[0], reverse=True), size))
