"""The way of a file of customers: uploaded, matched, checked, worked off, and what came of it.

Check and work are done by the worker. Work goes in batches, each one transaction that also moves
`done` on: whoever takes an import up after a crash goes on behind the last whole batch.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

import structlog
from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as QueueAway

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.custom_fields.values import fields_in_use
from apps.customers.models import Customer
from apps.exchange.counts import Counts
from apps.exchange.customers.columns import SEVERAL, columns_guessed, targets
from apps.exchange.customers.known import Known
from apps.exchange.customers.reading import Sheet, sheet_read
from apps.exchange.customers.rows import Draft, RowReader
from apps.exchange.customers.writing import customer_fill, customers_make
from apps.exchange.models import (
    CustomerImport,
    CustomerImportRow,
    CustomerImportState,
    ImportRun,
    KnownCustomers,
)
from apps.exchange.refusals import ImportRefused
from apps.exchange.services import ROWS_KEPT, as_text
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

FOLDER = "imports/customers"
BATCH = 250
# An upload that nobody carried out is forgotten.
FORGOTTEN_AFTER = timedelta(days=1)
# As long as this untouched, an import has lost its worker.
LOST_AFTER = timedelta(minutes=2)
EXAMPLES = 50
NEW, FILLED, SKIPPED, REFUSED = "new", "filled", "skipped", "refused"
NAMES = {"name", "contact_name", "contact_first", "contact_last", "contact_email"}
WORKING = (CustomerImportState.CHECKING, CustomerImportState.APPLYING)

log = structlog.get_logger(__name__)


class NotNow(DomainError):  # noqa: N818 - named for what is the case
    """The import is at another step by now."""


@transaction.atomic
def import_upload(*, content: bytes, file_name: str, by: Member) -> CustomerImport:
    """Keep a file and match its columns by their headings.

    Raises NotPermitted, and ImportRefused where it can't be read.
    """
    _may_import(by)
    sheet = sheet_read(content)
    _forget_old()
    stored = default_storage.save(f"{FOLDER}/upload", ContentFile(content))
    made = CustomerImport.objects.create(
        by=by,
        file_name=file_name[-200:],
        file=stored,
        rows=len(sheet.rows),
        columns=columns_guessed(sheet.header, fields_in_use()),
    )
    audit_record(by=by, action="customerimport.upload", record=made, count=made.rows)
    return made


@transaction.atomic
def import_match(
    *, found: CustomerImport, columns: Sequence[str], is_mine: bool, by: Member
) -> CustomerImport:
    """Say what each column is; the check follows in the background.

    Raises NotNow, and ImportRefused where the columns say no name or one thing twice.
    """
    held = _held(found, by, (CustomerImportState.UPLOADED, CustomerImportState.CHECKED))
    _refuse_columns(held, columns)
    held.columns, held.is_mine = list(columns), is_mine
    return _begin(held, CustomerImportState.CHECKING)


@transaction.atomic
def import_start(*, found: CustomerImport, known: str, by: Member) -> CustomerImport:
    """Carry a checked import out, in the background."""
    held = _held(found, by, (CustomerImportState.CHECKED,))
    held.known = KnownCustomers(known)
    return _begin(held, CustomerImportState.APPLYING)


@transaction.atomic
def import_drop(*, found: CustomerImport, by: Member) -> None:
    """Forget an upload that was not carried out."""
    held = _held(found, by, (CustomerImportState.UPLOADED, CustomerImportState.CHECKED))
    _drop_file(held)
    held.delete()


def import_sheet(found: CustomerImport) -> Sheet:
    with default_storage.open(found.file, "rb") as file:
        return sheet_read(file.read())


def imports_take_up() -> list[int]:
    """Imports whose worker died: put in line again."""
    old = timezone.now() - LOST_AFTER
    rows = CustomerImport.objects.filter(state__in=WORKING, touched_at__lt=old)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        _start_working(pk)
    return ids


def import_work_off(*, pk: int) -> None:
    """Check an import, or carry it out to its end; nothing where another worker has it in hand."""
    found = CustomerImport.objects.select_related("by").filter(pk=pk, state__in=WORKING).first()
    if found is None:
        return
    with translation.override(found.by.language):
        try:
            _may_import(found.by)
            sheet = import_sheet(found)
            reader = RowReader(sheet.header, found.columns, by=found.by, is_mine=found.is_mine)
            if found.state == CustomerImportState.CHECKING:
                _check(found, sheet, reader)
            else:
                while _batch(pk, sheet, reader):
                    pass
        except OperationalError:
            # The database was away or broke a tie: the next tick takes the import up where it is.
            raise
        except Exception as error:
            log.exception("import.customers_failed", pk=pk)
            words = str(error.message) if isinstance(error, DomainError) else type(error).__name__
            _fail(pk, words)


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────


def _may_import(by: Member) -> None:
    if not by.is_active or writes(by, RecordKind.IMPORTS) is Reach.NONE:
        raise NotPermitted(_("You may not import customers."))


def _held(
    found: CustomerImport, by: Member, states: Sequence[CustomerImportState]
) -> CustomerImport:
    rows = CustomerImport.objects.select_for_update().filter(pk=found.pk)
    held = rows.filter(pk__in=CustomerImport.objects.editable_by(by).values("pk")).first()
    if held is None:
        raise NotPermitted(_("You may not import customers."))
    if held.state not in states:
        raise NotNow(_("This import has gone on meanwhile: look at it again."))
    checked: CustomerImport = held
    return checked


def _begin(held: CustomerImport, state: CustomerImportState) -> CustomerImport:
    held.state, held.done, held.touched_at = state, 0, timezone.now()
    held.save()
    transaction.on_commit(partial(_start_working, held.pk))
    return held


def _start_working(pk: int) -> None:
    """By the task's name: tasks stand above this module. A tick finds what is not queued."""
    try:
        current_app.send_task("exchange.import_customers", args=[pk])
    except QueueAway as error:
        log.warning("import.queue_unreachable", error=str(error))


def _refuse_columns(held: CustomerImport, columns: Sequence[str]) -> None:
    known = {one.key for one in targets(fields_in_use())}
    if len(columns) != len(held.columns) or not {one for one in columns if one} <= known:
        raise ImportRefused(_("There is no such choice."))
    twice = [key for key, times in Counter(columns).items() if key and times > 1]
    names = {one.key: one.label for one in targets(fields_in_use())}
    for key in twice:
        if key not in SEVERAL:
            message = _("Two columns are to be “%(target)s”: leave one of them out.")
            raise ImportRefused(message % {"target": names[key]})
    if not NAMES & set(columns):
        raise ImportRefused(_("Say which column holds the customer's name."))


def _check(found: CustomerImport, sheet: Sheet, reader: RowReader) -> None:
    """What the import would do as of now: counts, and the first rows of each kind."""
    drafts = [reader.read(line, cells) for line, cells in sheet.rows]
    known = Known(drafts, by=found.by)
    counts: Counter[str] = Counter()
    refused: list[list[object]] = []
    here: list[list[object]] = []
    for draft in drafts:
        place = None if draft.reasons else known.customer_of(draft)
        kind = "refused" if draft.reasons else "new" if place is None else "here"
        counts[kind] += 1
        if kind == "new":
            known.add(draft)
        elif kind == "refused" and len(refused) < EXAMPLES:
            refused.append([draft.line, draft.name, "; ".join(draft.reasons)])
        elif kind == "here" and len(here) < EXAMPLES:
            here.append([draft.line, draft.name, place])
    checked = {"counts": dict(counts), "refused": refused, "here": here}
    rows = CustomerImport.objects.filter(pk=found.pk, state=CustomerImportState.CHECKING)
    rows.update(checked=checked, state=CustomerImportState.CHECKED, touched_at=timezone.now())


@transaction.atomic
def _batch(pk: int, sheet: Sheet, reader: RowReader) -> bool:
    """Work the next rows off; false at the end, or where another worker has the import in hand."""
    rows = CustomerImport.objects.select_for_update(skip_locked=True, of=("self",))
    held = rows.prefetch_related("by").filter(pk=pk, state=CustomerImportState.APPLYING).first()
    if held is None:
        return False
    some = sheet.rows[held.done : held.done + BATCH]
    if some:
        drafts = [reader.read(line, cells) for line, cells in some]
        CustomerImportRow.objects.bulk_create(_outcomes(held, drafts))
        held.done += len(some)
        held.touched_at = timezone.now()
        held.save(update_fields=["done", "touched_at"])
        return True
    _finish(held, sheet, error="")
    return False


def _outcomes(held: CustomerImport, drafts: Sequence[Draft]) -> list[CustomerImportRow]:
    known = Known(drafts, by=held.by)
    fresh: list[Draft] = []
    places: dict[int, int | None] = {}
    for draft in drafts:
        asks = not draft.reasons and held.known != KnownCustomers.ANYWAY
        places[draft.line] = known.customer_of(draft) if asks else None
        if not draft.reasons and places[draft.line] is None:
            fresh.append(draft)
            known.add(draft)
    made = customers_make(fresh, source=held.file_name, by=held.by)
    # Made by an earlier batch: they are the importer's to complete, wherever they went.
    earlier = held.outcomes.filter(
        outcome=NEW, customer__in=[one for one in places.values() if one]
    )
    own = set(earlier.values_list("customer", flat=True))
    outcomes = []
    for draft in drafts:
        place = places[draft.line]
        is_own = place in own or (place is not None and place < 0)
        if place is not None and place < 0:
            place = made.customers[-place]
        outcome, reason = _outcome(held, draft, place, is_own=is_own)
        customer = made.customers.get(draft.line, place)
        reason = made.remarks.get(draft.line, reason)
        outcomes.append(
            CustomerImportRow(
                import_of=held,
                line=draft.line,
                outcome=outcome,
                customer=customer,
                reason=reason[:500],
            )
        )
    return outcomes


def _outcome(
    held: CustomerImport, draft: Draft, place: int | None, *, is_own: bool
) -> tuple[str, str]:
    """What becomes of a row, and why where it is refused; fills known customers in."""
    if draft.reasons:
        return REFUSED, "; ".join(draft.reasons)
    if place is None:
        return NEW, ""
    if held.known == KnownCustomers.SKIP:
        return SKIPPED, ""
    try:
        with transaction.atomic():
            is_filled = customer_fill(draft, place, by=None if is_own else held.by)
            return (FILLED if is_filled else SKIPPED), ""
    except DomainError as refusal:
        return REFUSED, str(refusal.message)


# ── The end ──────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _fail(pk: int, words: str) -> None:
    rows = CustomerImport.objects.select_for_update(of=("self",)).prefetch_related("by")
    held = rows.filter(pk=pk, state__in=WORKING).first()
    if held is not None:
        _finish(held, None, error=words)


def _finish(held: CustomerImport, sheet: Sheet | None, *, error: str) -> None:
    """Write the record of the run and forget the file: it holds people's data."""
    counts = Counter(held.outcomes.values_list("outcome", flat=True))
    refused = list(held.outcomes.filter(outcome=REFUSED).order_by("line"))
    names = _names(held, sheet)
    told = Counts(
        read=sum(counts.values()),
        created=counts[NEW],
        updated=counts[FILLED],
        unchanged=counts[SKIPPED],
        rejected=counts[REFUSED],
    )
    run = ImportRun.objects.create(
        source=held.file_name,
        by=held.by,
        started_at=held.at,
        finished_at=timezone.now(),
        summary={"customers": told.as_json()},
        rejected=[_kept(held, row, names) for row in refused[:ROWS_KEPT]],
        rejected_count=len(refused),
        error=error,
    )
    if refused and sheet is not None:
        content = ContentFile(_refused_file(sheet, refused))
        run.rejected_file = default_storage.save(f"imports/{run.pk}-rejected.csv", content)
        run.save(update_fields=["rejected_file"])
    held.run, held.error = run, error
    held.state = CustomerImportState.FAILED if error else CustomerImportState.DONE
    _drop_file(held)
    held.file = ""
    held.save()
    # A pair may join customers of two batches; names that are only alike wait for the night.
    audit_record(by=held.by, action="import.customers", record=run, count=counts[NEW])


def _names(held: CustomerImport, sheet: Sheet | None) -> dict[int, str]:
    """What the rows call their customers, by line."""
    if sheet is None or "name" not in held.columns:
        return {}
    at = held.columns.index("name")
    return {line: cells[at] for line, cells in sheet.rows}


def _kept(
    held: CustomerImport, row: CustomerImportRow, names: Mapping[int, str]
) -> dict[str, object]:
    return {
        "file": held.file_name,
        "line": row.line,
        "column": "",
        "value": names.get(row.line, ""),
        "code": row.reason,
        "detail": "",
        "reason": row.reason,
    }


def _refused_file(sheet: Sheet, refused: Sequence[CustomerImportRow]) -> bytes:
    """The refused rows as they came, each with its line and reason, ready to be mended."""
    cells = dict(sheet.rows)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Line"), _("Reason"), *map(as_text, sheet.header)])
    for row in refused:
        told = [row.reason, *cells.get(row.line, [])]
        writer.writerow([row.line, *map(as_text, told)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _drop_file(held: CustomerImport) -> None:
    if held.file:
        transaction.on_commit(partial(default_storage.delete, held.file))


def _forget_old() -> None:
    old = CustomerImport.objects.filter(
        state__in=(CustomerImportState.UPLOADED, CustomerImportState.CHECKED),
        touched_at__lt=timezone.now() - FORGOTTEN_AFTER,
    )
    for forgotten in old.select_for_update(skip_locked=True).order_by("pk"):
        _drop_file(forgotten)
        forgotten.delete()


def customers_named(ids: Sequence[int], by: Member) -> dict[int, str]:
    """Names of customers that the importer sees."""
    seen = Customer.objects.visible_to(by).filter(pk__in=ids)
    return dict(seen.values_list("pk", "name"))
