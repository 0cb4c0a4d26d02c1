"""`import_pipeline DIR`: bring a folder of teams, accounts, products and a pipeline in."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.exchange.mapping import choose, load
from apps.exchange.reasons import note_text
from apps.exchange.refusals import ImportRefused
from apps.exchange.services import Options, Result, import_pipeline
from apps.members.models import Member

BAD_INPUT = 2
ROWS_SHOWN = 20


class Bar:
    """A progress bar on a terminal; silent anywhere else."""

    def __init__(self, *, quiet: bool) -> None:
        # None: tqdm looks for a terminal by itself.
        self.bar: tqdm[Any] = tqdm(unit="B", unit_scale=True, disable=True if quiet else None)

    def start(self, total: int) -> None:
        self.bar.reset(total=total)
        self.step("reading")

    def advance(self, size: int) -> None:
        self.bar.update(size)

    def step(self, name: str) -> None:
        self.bar.set_description(name)


class Command(BaseCommand):
    help = "Import teams, products, customers and opportunities from a folder of CSV files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--map", metavar="FILE", type=Path, help="a map of files and columns")
        parser.add_argument("--dry-run", action="store_true", help="do everything, then undo it")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--skip-rejected", action="store_true", help="import the good rows beside bad ones"
        )
        parser.add_argument(
            "--snapshot-on", metavar="D", type=date.fromisoformat, help="the day of the files"
        )
        parser.add_argument("--by", metavar="EMAIL", help="the member who imports")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            result = self._imported(options)
        except ImportRefused as refusal:
            self._report_refusal(refusal, as_json=options["json"])
            raise CommandError(str(refusal), returncode=BAD_INPUT) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"ok": True, **result_as_json(result)}, indent=2))
        else:
            self._report(result)

    def _imported(self, options: dict[str, Any]) -> Result:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise ImportRefused("there is no such folder", file=str(folder))
        layout = load(options["map"]) if options["map"] else choose(folder)
        chosen = Options(
            dry_run=options["dry_run"],
            skip_rejected=options["skip_rejected"],
            snapshot_on=options["snapshot_on"],
            by=self._member(options["by"]),
        )
        bar = Bar(quiet=options["json"])
        try:
            return import_pipeline(folder=folder, layout=layout, options=chosen, progress=bar)
        finally:
            bar.bar.close()

    def _member(self, email: str | None) -> Member | None:
        if email is None:
            return None
        member: Member | None = Member.objects.filter(email__iexact=email, is_active=True).first()
        if member is None:
            raise ImportRefused(f"--by: no active member has the email {email}")
        return member

    def _report(self, result: Result) -> None:
        head = ("", "read", "created", "updated", "unchanged", "rejected")
        self.stdout.write("{:<15}{:>11}{:>11}{:>11}{:>11}{:>11}".format(*head))
        for kind, counts in result.summary().items():
            numbers = "".join(f"{counts[name]:>11,}" for name in head[1:])
            self.stdout.write(f"{kind.replace('_', ' '):<15}{numbers}")
        self.stdout.write(f"opportunities without customer: {result.without_customer:,}")
        for note in result.notes:
            self.stdout.write(note_text(note))
        self._report_rejected(result)
        done = "dry run: nothing was kept" if result.run.dry_run else "done"
        self.stdout.write(f"{done} (import {result.run.pk}, {seconds(result):.1f} s)")

    def _report_rejected(self, result: Result) -> None:
        for row in result.rejected[:ROWS_SHOWN]:
            place = f"{row['file']}:{row['line']}: {row['column']}".rstrip(": ")
            value = f" “{row['value']}”" if row["value"] else ""
            self.stderr.write(f"{place}{value}: {row['reason']}")
        if result.rejected_file:
            self.stderr.write(
                f"rejected rows: {result.rejected_count:,}, all in {location(result)}"
            )

    def _report_refusal(self, refusal: ImportRefused, *, as_json: bool) -> None:
        result: Result | None = refusal.result
        if as_json:
            error = {"message": refusal.problem, "file": refusal.file or None, "line": refusal.line}
            rest = result_as_json(result) if result else {}
            self.stdout.write(json.dumps({"ok": False, "error": error, **rest}, indent=2))
        elif result:
            self._report_rejected(result)


def seconds(result: Result) -> float:
    finished = result.run.finished_at or result.run.started_at
    return (finished - result.run.started_at).total_seconds()


def location(result: Result) -> str | None:
    """Where the rejected rows lie: a path, or the name in a storage that has no folders."""
    if not result.rejected_file:
        return None
    try:
        path = Path(default_storage.path(result.rejected_file))
    except NotImplementedError:
        return result.rejected_file
    return str(path) if path.is_file() else result.rejected_file


def result_as_json(result: Result) -> dict[str, Any]:
    return {
        "import": result.run.pk,
        "source": result.run.source,
        "dry_run": result.run.dry_run,
        "seconds": round(seconds(result), 3),
        "summary": result.summary(),
        "without_customer": result.without_customer,
        "notes": [note_text(note) for note in result.notes],
        "rejected": {
            "count": result.rejected_count,
            "file": location(result),
            "rows": result.rejected,
        },
    }
