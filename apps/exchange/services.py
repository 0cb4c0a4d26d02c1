"""The import of a pipeline folder: all of it or nothing, one at a time, with a record of the run."""

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import override

from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.exchange.catalogue import write_customers, write_products
from apps.exchange.counts import Counts, nothing
from apps.exchange.deal_writing import update_known, write_deals
from apps.exchange.deals import Deals, Tally
from apps.exchange.mapping import PipelineMap
from apps.exchange.models import ImportRun
from apps.exchange.people import People
from apps.exchange.reading import DelimitedFile
from apps.exchange.reasons import sentence
from apps.exchange.references import CHANGED_MEANWHILE
from apps.exchange.refusals import ImportRefused, RowsRejected
from apps.exchange.staging import DROP_TABLES, stage
from apps.funnel.models import Opportunity
from apps.members.models import Member
from apps.orders.models import Order

# Any number that nothing else locks: one import at a time in this database.
LOCK = 7_201_501
ROWS_KEPT = 500
REJECTS = """
SELECT kind, line, field, value, code, detail FROM import_reject
ORDER BY array_position(ARRAY['teams', 'products', 'customers', 'opportunities'], kind), line
"""
REJECTED_ROWS = "SELECT kind, count(DISTINCT line) FROM import_reject GROUP BY kind"
DAYS = """
SELECT least(min(entered_on), min(closed_on)), greatest(max(entered_on), max(closed_on))
FROM import_row
"""


class Progress(Protocol):
    """What a progress bar must understand: the size of the files, bytes read, the step at hand."""

    def start(self, total: int) -> None: ...
    def advance(self, size: int) -> None: ...
    def step(self, name: str) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def start(self, total: int) -> None: ...
    def advance(self, size: int) -> None: ...
    def step(self, name: str) -> None: ...


@dataclass
class Result:
    """What came of an import; `rejected` holds the first ROWS_KEPT, `rejected_file` all of them."""

    run: ImportRun
    counts: dict[str, Counts] = field(default_factory=nothing)
    without_customer: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_count: int = 0
    rejected_file: str = ""
    notes: list[dict[str, str]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        return {kind: counts.as_json() for kind, counts in self.counts.items()}


class DryRun(Exception):  # noqa: N818 - ends the transaction of a dry run
    """Everything went well and is rolled back as asked."""


@dataclass(frozen=True)
class Options:
    """How an import is carried out."""

    dry_run: bool = False
    skip_rejected: bool = False
    snapshot_on: date | None = None
    by: Member | None = None


def import_pipeline(
    *, folder: Path, layout: PipelineMap, options: Options, progress: Progress | None = None
) -> Result:
    """Import a folder of files by a map; a second time changes nothing.

    Raises:
        RowsRejected: rows can't be used and `skip_rejected` is off; nothing was written.
        ImportRefused: a file can't be used; nothing was written.
    """
    with connection.cursor() as cursor, one_at_a_time(cursor):
        _close_interrupted()
        run = ImportRun.objects.create(
            source=str(folder)[:255], by=options.by, dry_run=options.dry_run
        )
        result = Result(run)
        try:
            _in_one_transaction(cursor, result, folder, layout, options, progress or Silent())
        except ImportRefused as refusal:
            refusal.result = result
            run.error = str(refusal)
            result.notes.clear()
            if not result.rejected_count:
                result.counts.clear()
            raise
        except BaseException as error:
            run.error = f"{type(error).__name__}: {error}"[:2000]
            result.counts.clear()
            raise
        finally:
            _finish(result)
    return result


@contextmanager
def one_at_a_time(cursor: CursorWrapper) -> Iterator[None]:
    """Wait for an import that runs elsewhere; the lock goes with the connection if this one dies."""
    cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _close_interrupted() -> None:
    """Runs without an end, seen by the only import that runs, were killed."""
    ImportRun.objects.filter(finished_at=None).update(
        finished_at=timezone.now(), error="interrupted: nothing was written"
    )


def _in_one_transaction(
    cursor: CursorWrapper,
    result: Result,
    folder: Path,
    layout: PipelineMap,
    options: Options,
    progress: Progress,
) -> None:
    try:
        with transaction.atomic():
            _carry_out(cursor, result, folder, layout, options, progress)
            if options.dry_run:
                raise DryRun
    except DryRun:
        pass
    except IntegrityError as error:
        raise ImportRefused(f"{CHANGED_MEANWHILE} ({str(error).splitlines()[0]})") from error


def _carry_out(
    cursor: CursorWrapper,
    result: Result,
    folder: Path,
    layout: PipelineMap,
    options: Options,
    progress: Progress,
) -> None:
    files = {kind: DelimitedFile(folder, table) for kind, table in layout.tables().items()}
    progress.start(sum(file.size for file in files.values()))
    cursor.execute("SET LOCAL work_mem = '64MB'")
    read = stage(cursor, layout, files, progress.advance)
    since, until, snapshot = _days(cursor, layout, options)

    progress.step("teams, products, customers")
    _note_currency(result, layout)
    prefix = f"{layout.source}:"
    People(cursor, layout, since=since, until=until, counts=result.counts).write()
    write_products(cursor, result.counts["products"])
    write_customers(cursor, prefix, result.counts["customers"])

    progress.step("opportunities")
    tally = Deals(cursor, layout, snapshot=snapshot, as_of=until).resolve()
    _collect_rejected(cursor, result, layout, read)
    if result.rejected_count and not options.skip_rejected:
        result.counts = _only_read(result.counts, read)
        raise RowsRejected(_too_many(result))
    changed = update_known(cursor, by=options.by) if tally.known else (0, 0)
    progress.step("history and orders")
    write_deals(cursor, prefix=prefix, by=options.by)
    cursor.execute(DROP_TABLES)
    _count(result, tally, changed)
    audit_record(by=options.by, action="import.pipeline", record=result.run, **result.summary())


def _days(cursor: CursorWrapper, layout: PipelineMap, options: Options) -> tuple[date, date, date]:
    """First and last day of the data, and the day of the file itself."""
    cursor.execute(DAYS)
    first, last = cursor.fetchone()
    today = Organisation.current().today()
    snapshot = options.snapshot_on or layout.snapshot_on or last or today
    return min(first or snapshot, snapshot), max(last or snapshot, snapshot), snapshot


def _note_currency(result: Result, layout: PipelineMap) -> None:
    """The first data decide the currency; later amounts in another one are pointed out."""
    organisation = Organisation.current()
    if layout.currency in (None, organisation.currency):
        return
    if Opportunity.objects.exists() or Order.objects.exists():  # scoped: none, the whole database
        result.notes.append(
            {
                "code": "currency_differs",
                "file": str(layout.currency),
                "organisation": organisation.currency,
            }
        )
        return
    organisation.currency = str(layout.currency)
    organisation.save(update_fields=["currency"])
    result.notes.append({"code": "currency_set", "file": organisation.currency})


def _only_read(counts: dict[str, Counts], read: dict[str, int]) -> dict[str, Counts]:
    """Nothing was written: what remains is how many rows the files had, and the bad ones."""
    return {
        ("members" if kind == "teams" else kind): Counts(
            read=number, rejected=counts["members" if kind == "teams" else kind].rejected
        )
        for kind, number in read.items()
    }


def _too_many(result: Result) -> str:
    rows = "1 row" if result.rejected_count == 1 else f"{result.rejected_count:,} rows"
    return f"{rows} can't be used; nothing was written"


def _collect_rejected(
    cursor: CursorWrapper, result: Result, layout: PipelineMap, read: dict[str, int]
) -> None:
    """Count the rejected rows, keep the first and write all of them to a file."""
    cursor.execute(REJECTED_ROWS)
    rejected = dict(cursor.fetchall())
    for kind, counter in (("teams", "members"), *((k, k) for k in read if k != "teams")):
        number = rejected.get(kind, 0)
        result.counts[counter].rejected += number
        result.counts[counter].read += number
    result.rejected_count = sum(rejected.values())
    if result.rejected_count:
        _write_rejected(cursor, result, layout)


def _write_rejected(cursor: CursorWrapper, result: Result, layout: PipelineMap) -> None:
    tables = layout.tables()
    names = {kind: table.columns() for kind, table in tables.items()}
    cursor.execute(REJECTS)
    with tempfile.NamedTemporaryFile("w+", suffix=".csv", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "line", "column", "value", "reason"])
        with override("en"):
            for kind, line, name, value, code, detail in cursor:
                row = {
                    "file": tables[kind].file,
                    "line": line,
                    "column": names[kind].get(name, ""),
                    "value": value or "",
                    "reason": sentence(code, detail),
                }
                writer.writerow([as_text(str(cell)) for cell in row.values()])
                if len(result.rejected) < ROWS_KEPT:
                    result.rejected.append({**row, "code": code, "detail": detail or ""})
        file.flush()
        with Path(file.name).open("rb") as content:
            name = f"imports/{result.run.pk}-rejected.csv"
            result.rejected_file = default_storage.save(name, File(content))


def as_text(value: str) -> str:
    """A cell that a spreadsheet won't take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _count(result: Result, tally: Tally, changed: tuple[int, int]) -> None:
    opportunities, orders = changed
    result.counts["opportunities"].add(
        read=tally.new + tally.known,
        created=tally.new,
        updated=opportunities,
        unchanged=tally.known - opportunities,
    )
    result.counts["level_changes"].add(
        read=tally.steps, created=tally.new_steps, unchanged=tally.steps - tally.new_steps
    )
    result.counts["orders"].add(
        read=tally.orders,
        created=tally.new_orders,
        updated=orders,
        unchanged=tally.orders - tally.new_orders - orders,
    )
    result.without_customer = tally.without_customer


def _finish(result: Result) -> None:
    """Write the record of the run; it stays when the import itself was rolled back."""
    run = result.run
    run.finished_at = timezone.now()
    run.summary = result.summary()
    run.without_customer = result.without_customer
    run.rejected, run.rejected_count = result.rejected, result.rejected_count
    run.rejected_file, run.notes = result.rejected_file, result.notes
    run.save()
