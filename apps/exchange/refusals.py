"""Why an import is refused as a whole; one row's faults are in `reasons`."""

from typing import Any

from apps.core.errors import DomainError


class ImportRefused(DomainError):  # noqa: N818 - named for what it says
    """The import can't be carried out; nothing was written.

    Args:
        problem: what is wrong and what to do, in one sentence.
        file: name of the file at fault, if one is.
        line: its line, counted from 1.
    """

    def __init__(self, problem: str, *, file: str = "", line: int | None = None) -> None:
        self.problem, self.file, self.line = problem, file, line
        # What the import had found out until then, for the report: `services.Result`.
        self.result: Any = None
        place = ":".join(str(part) for part in (file, line) if part)
        super().__init__(f"{place}: {problem}" if place else problem)


class RowsRejected(ImportRefused):
    """Rows were rejected and skipping them was not asked for."""
