"""What the pages call the kinds of rows and the state of an import."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.exchange.counts import KINDS
from apps.exchange.models import ImportRun
from apps.exchange.reasons import note_text, sentence

LABELS: dict[str, Promise] = {
    "teams": _("Teams"),
    "members": _("Members"),
    "products": _("Products"),
    "customers": _("Customers"),
    "opportunities": _("Opportunities"),
    "level_changes": _("Level changes"),
    "orders": _("Orders"),
}


@dataclass(frozen=True)
class KindRow:
    """The counts of one kind, as the page prints them."""

    label: Promise
    counts: dict[str, int]


@dataclass(frozen=True)
class RejectedRow:
    """A row that was not taken, with its reason in the reader's language."""

    file: str
    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class ImportView:
    """An import as the pages show it."""

    run: ImportRun

    @property
    def folder(self) -> str:
        """The folder's own name: where it lies on the server is nobody's business."""
        return PurePath(self.run.source).name or self.run.source

    @property
    def state(self) -> str:
        """running, failed, tried (a dry run) or done."""
        if self.run.finished_at is None:
            return "running"
        if self.run.error:
            return "failed"
        return "tried" if self.run.dry_run else "done"

    @property
    def created(self) -> int | None:
        """New opportunities, or customers of a file of these; `None` while nobody has counted."""
        return self._of_main_kind("created")

    @property
    def updated(self) -> int | None:
        return self._of_main_kind("updated")

    @property
    def has_opportunities(self) -> bool:
        return "opportunities" in self.run.summary

    def _of_main_kind(self, name: str) -> int | None:
        kind = "opportunities" if self.has_opportunities else "customers"
        counts: dict[str, int] = self.run.summary.get(kind, {})
        return counts.get(name)

    @property
    def is_cut(self) -> bool:
        """Only the first rejected rows are shown."""
        return len(self.run.rejected) < self.run.rejected_count

    @property
    def is_rejected(self) -> bool:
        """Refused for its rows, not for a file that can't be read."""
        return bool(self.run.error and self.run.rejected_count)

    def kinds(self) -> Iterator[KindRow]:
        for kind in KINDS:
            if kind in self.run.summary:
                yield KindRow(LABELS[kind], self.run.summary[kind])

    def rejected(self) -> Iterator[RejectedRow]:
        for row in self.run.rejected:
            reason = sentence(row["code"], row["detail"])
            yield RejectedRow(row["file"], row["line"], row["column"], row["value"], reason)

    def notes(self) -> list[str]:
        notes: list[dict[str, Any]] = self.run.notes
        return [note_text(note) for note in notes]
