"""What every part of the sample firm is built from: seed, scale, days and what came before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import cast

from apps.core.models import Organisation

MONTHS_OF_HISTORY = 15


@dataclass(frozen=True)
class Scale:
    """How much is generated; counts are exact for customers and opportunities."""

    name: str
    units: int
    groups_per_unit: int
    reps: int
    staff_per_role: int
    customers: int
    opportunities: int


SCALES = {
    scale.name: scale
    for scale in (
        Scale("small", 3, 1, 6, 1, 150, 900),
        Scale("medium", 4, 2, 29, 1, 1_500, 9_000),
        Scale("large", 6, 8, 238, 2, 20_000, 120_000),
    )
}


@dataclass
class Context:
    """One generation. Parts read the results of the parts they need with `made`.

    `password` is the encoded password of every sample member. `beside` is true where real records
    exist: the organisation is left alone then and taken names get a suffix.
    """

    seed: int
    scale: Scale
    until: date
    organisation: Organisation
    password: str
    beside: bool = False
    _made: dict[type, object] = field(default_factory=dict)

    @property
    def start(self) -> date:
        """The first day of the history."""
        return months_before(self.until, MONTHS_OF_HISTORY)

    def random(self, part: str) -> Random:
        """A stream of its own per part, so that a new part leaves the others' rows as they are."""
        return Random(f"{self.seed}:{self.scale.name}:{part}")  # noqa: S311 - no secret is drawn

    def keep(self, result: object) -> None:
        self._made[type(result)] = result

    def made[T](self, kind: type[T]) -> T:
        """The result of an earlier part; KeyError where the part's NEEDS is incomplete."""
        return cast("T", self._made[kind])


def happens(rng: Random, share: float) -> bool:
    """True in so many of all cases."""
    return rng.random() < share


def drawn[T](rng: Random, odds: Sequence[tuple[T, int]]) -> T:
    """One of them, as often as its weight says."""
    return rng.choices([one for one, _weight in odds], [weight for _one, weight in odds])[0]


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, at most the 28th."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, min(day.day, 28))
