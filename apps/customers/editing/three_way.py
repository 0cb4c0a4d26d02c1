"""Two people who edit the same record: what each of them wanted, compared with what was there before.

Plain Python. `base` is what a person's form was drawn with, `now` what the record holds by the time
they save, `wanted` what they typed; each maps a field's name to a plain value.

    base    now     wanted   result
    A       A       B        written: B
    A       B       A        stays B: this person did not touch the field
    A       B       B        stays B: both wanted the same
    A       B       C        a clash: a person chooses

Source: the three-way merge of version control, by whole values. Example: base {"name": "A"}, now
{"name": "B"}, wanted {"name": "C"} is a clash of B and C.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Clash:
    """A field that two people changed: what it was, what it is now, what this person wants."""

    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True)
class Settled:
    """Names of the fields to write, and those that somebody has to choose for."""

    writes: frozenset[str] = frozenset()
    clashes: Mapping[str, Clash] = field(default_factory=dict)


def settle(
    *, base: Mapping[str, Any] | None, now: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Settled:
    """What of `wanted` is to be written. Without `base`, or for fields it lacks, the writer wins.

    Every name of `wanted` must be in `now`; else KeyError.
    """
    writes, clashes = set(), {}
    for name, mine in wanted.items():
        theirs = now[name]
        before = theirs if base is None else base.get(name, theirs)
        if mine in (theirs, before):
            continue
        if theirs != before:
            clashes[name] = Clash(before, theirs, mine)
        else:
            writes.add(name)
    return Settled(frozenset(writes), clashes)
