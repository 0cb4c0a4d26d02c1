"""The arithmetic of a 341 screening: grades are added up and held against one minimum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOWEST, HIGHEST = 1, 4


@dataclass(frozen=True)
class Dimension:
    """What is graded; a grade up to `veto_up_to` parks the customer whatever the total."""

    key: str
    veto_up_to: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a screening comes to: `total` of at most `highest`, against `minimum`."""

    total: int
    highest: int
    minimum: int
    vetoes: tuple[str, ...]

    @property
    def is_qualified(self) -> bool:
        return self.total >= self.minimum and not self.vetoes


def screened(
    grades: Mapping[str, int], *, dimensions: Sequence[Dimension], minimum: int
) -> Verdict:
    """Whether a customer qualifies.

    total = sum of the grades; qualified where total ≥ minimum and no dimension vetoes. The grade of
    a dimension vetoes where it is not above `veto_up_to`. Source: the handbook's section 2.

    Args:
        grades: key of each dimension → grade, 1–4.
        dimensions: those in use, in their order; at least one.
        minimum: the least total that qualifies, within `minimum_range(len(dimensions))`.

    Raises ValueError where a grade is missing, is none of 1–4, or belongs to no dimension.

    Worked: 3 + 2 + 3 of three dimensions is 8 of 12, qualified at a minimum of 8; with a veto up to
    grade 2 on the second dimension the same grades are parked.
    """
    keys = [dimension.key for dimension in dimensions]
    if not keys or set(grades) != set(keys):
        message = f"grades of {sorted(grades)} for the dimensions {keys}"
        raise ValueError(message)
    if any(not LOWEST <= grade <= HIGHEST for grade in grades.values()):
        message = f"grades lie within {LOWEST}–{HIGHEST}: {dict(grades)}"
        raise ValueError(message)
    vetoes = tuple(
        dimension.key
        for dimension in dimensions
        if dimension.veto_up_to is not None and grades[dimension.key] <= dimension.veto_up_to
    )
    return Verdict(sum(grades.values()), HIGHEST * len(keys), minimum, vetoes)


def minimum_range(count: int) -> tuple[int, int]:
    """The least and the largest minimum that mean something with so many dimensions.

    From 1 × count, which every customer reaches, to 4 × count, which only the best do.
    Worked: three dimensions allow 3 to 12.
    """
    return LOWEST * count, HIGHEST * count
