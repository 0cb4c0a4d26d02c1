"""Which stages of a customer's life the positions of a team cover, and who covers them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class StageCover[Person]:
    """A stage and those who cover it, each once, in the order in which they were given."""

    stage: str
    people: tuple[Person, ...]

    @property
    def is_covered(self) -> bool:
        return bool(self.people)


def coverage[Person](
    stages: Sequence[str], holdings: Iterable[tuple[Person, Collection[str]]]
) -> list[StageCover[Person]]:
    """Every stage with its people; a holding is a person and the stages that one position covers.

    A stage without people is covered by nobody; stages that are not among `stages` count for
    nothing. Example: stages a, b and the holdings (Mia, {a}), (Jonas, {a}) give a: Mia and Jonas,
    b: nobody.
    """
    found: dict[str, dict[Person, None]] = {stage: {} for stage in stages}
    for person, covered in holdings:
        for stage in covered:
            if stage in found:
                found[stage][person] = None
    return [StageCover(stage, tuple(people)) for stage, people in found.items()]
