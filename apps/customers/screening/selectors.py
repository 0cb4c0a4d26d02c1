"""Reads of the screening pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from apps.customers.models import Customer, Screening, ScreeningDimension, ScreeningRule
from apps.customers.screening.arithmetic import HIGHEST


@dataclass(frozen=True)
class GradeLine:
    """One grade of a screening in words; `description` is today's, empty where none is known."""

    name: str
    grade: int
    description: str
    is_veto: bool


@dataclass(frozen=True)
class ScreeningLine:
    """A screening as the page prints it."""

    screening: Screening
    highest: int
    grades: list[GradeLine] = field(default_factory=list)

    @property
    def vetoes(self) -> list[str]:
        return [line.name for line in self.grades if line.is_veto]


@dataclass(frozen=True)
class Rules:
    """What a screening asks today."""

    dimensions: list[ScreeningDimension]
    minimum: int

    @property
    def highest(self) -> int:
        return HIGHEST * len(self.dimensions)


def rules_in_use() -> Rules:
    dimensions = list(ScreeningDimension.objects.filter(is_active=True))
    return Rules(dimensions, ScreeningRule.current().minimum)


def all_dimensions() -> QuerySet[ScreeningDimension]:
    """Those out of use too: words of the firm, which administrators settle."""
    return ScreeningDimension.objects.all()


def screenings_of(customer: Customer) -> list[ScreeningLine]:
    """All of the customer's screenings, the latest first."""
    rows = Screening.objects.filter(customer=customer).select_related("by")
    return screening_lines(rows)


def screening_lines(rows: Iterable[Screening]) -> list[ScreeningLine]:
    """Screenings in words; one query for the dimensions, those out of use included."""
    known = {one.key: one for one in ScreeningDimension.objects.all()}
    return [_line(row, known) for row in rows]


def _line(row: Screening, known: dict[str, ScreeningDimension]) -> ScreeningLine:
    keys = sorted(row.grades, key=lambda key: (known[key].rank if key in known else 0, key))
    lines = [
        GradeLine(
            name=known[key].name if key in known else key,
            grade=row.grades[key],
            description=known[key].descriptions[row.grades[key] - 1] if key in known else "",
            is_veto=key in row.vetoes,
        )
        for key in keys
    ]
    return ScreeningLine(row, HIGHEST * len(row.grades), lines)
