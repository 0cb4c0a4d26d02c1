"""What a benchmark says, as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Result:
    """A measured value against its baseline; it holds while `ratio` ≤ `limit`.

    Args:
        name: unique among all benchmarks.
        measured: seconds, or whatever `unit` says.
        baseline: the same unit, above zero.
        limit: the largest ratio that is accepted.
        unit: of `measured` and `baseline`.
        notes: what exactly was compared.
    """

    name: str
    measured: float
    baseline: float
    limit: float
    unit: str = "s"
    notes: str = ""

    @property
    def ratio(self) -> float:
        return self.measured / self.baseline

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit

    def as_json(self) -> dict[str, str | float | bool]:
        return {
            "name": self.name,
            "measured": self.measured,
            "baseline": self.baseline,
            "ratio": round(self.ratio, 4),
            "limit": self.limit,
            "unit": self.unit,
            "holds": self.holds,
            "notes": self.notes,
        }


def table(results: Sequence[Result]) -> str:
    """One line a result; those over their limit are marked."""
    width = max([len("name"), *(len(result.name) for result in results)])
    lines = [f"{'name':<{width}} {'measured':>14} {'baseline':>14} {'ratio':>8} {'limit':>8}"]
    for result in results:
        measured, baseline = (
            f"{value:,.4g} {result.unit}" for value in (result.measured, result.baseline)
        )
        mark = "" if result.holds else "  OVER THE LIMIT"
        lines.append(
            f"{result.name:<{width}} {measured:>14} {baseline:>14} "
            f"{result.ratio:>8.3g} {result.limit:>8.4g}{mark}"
        )
    notes = [f"  {result.name}: {result.notes}" for result in results if result.notes]
    return "\n".join([*lines, "", *notes])


def write(results: Sequence[Result], path: Path = FILE) -> None:
    path.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")
