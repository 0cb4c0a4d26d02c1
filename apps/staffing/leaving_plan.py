"""Who takes what a leaving member holds: plain values and arithmetic."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

type How = Literal["person", "spread", "pool", "follow"]


@dataclass(frozen=True)
class Receivers:
    """How one kind of records is handed over, and to whom (ids of members).

    person: all to the one. spread: evenly among all. pool: to nobody. follow: to the owner of the
    customer; the members share what has no such owner.
    """

    how: How
    members: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """`leads` names for each team led (by id) who leads it from now on (id of a member)."""

    customers: Receivers
    opportunities: Receivers
    leads: dict[int, int] = field(default_factory=dict)

    @property
    def people(self) -> set[int]:
        """Ids of everybody who takes something over."""
        receivers = {*self.customers.members, *self.opportunities.members}
        return receivers | set(self.leads.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `as_json` made; JSON knows no tuples and no numbers as keys."""
        return cls(
            customers=_receivers(stored["customers"]),
            opportunities=_receivers(stored["opportunities"]),
            leads={int(team): lead for team, lead in stored["leads"].items()},
        )


def _receivers(stored: dict[str, Any]) -> Receivers:
    return Receivers(stored["how"], tuple(stored["members"]))


def spread[Row, Person](rows: Sequence[Row], people: Sequence[Person]) -> dict[Row, Person]:
    """Rows dealt out in turn, as cards are: shares differ by one at most, the first get more.

    Neighbours in the order given go to different people, so that each share is a cross-section.
    Five rows to two people: three and two.
    """
    return {row: people[place % len(people)] for place, row in enumerate(rows)}
