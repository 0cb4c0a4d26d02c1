"""Lists as files: every row that the list's address asks for, as CSV or as an Excel workbook.

Rows are read by a server-side cursor in batches and written as they come, so that memory does not
grow with their number. Who took what away is in the audit trail before the first byte leaves.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import batched
from tempfile import TemporaryFile
from typing import IO, Any

from django.db import models
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.export_cells import RISKY, Cell
from apps.core.filtering import FilterForm, Text
from apps.core.lists import Column, ordered_rows
from apps.core.models import Organisation
from apps.core.services import audit_record

FILE = "file"
CSV, EXCEL = "csv", "xlsx"
BATCH = 500
# Rows of a sheet without its head; the format has no more.
MOST_EXCEL_ROWS = 1_048_575
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTE_ORDER_MARK = "\ufeff"


class FiltersInvalid(DomainError):  # noqa: N818 - named for what is wrong
    """The address has filters that make no sense: there are no rows to take away."""


class TooManyRows(DomainError):  # noqa: N818 - named for what is refused
    """More rows than an Excel sheet holds."""


@dataclass(frozen=True)
class ExportColumn:
    """A column of the file: numbers and days stay such, None is an empty cell."""

    label: Text
    value: Callable[[Any], Cell]
    width: int = 16


@dataclass(frozen=True)
class Export:
    """What a file is made of; `prepare` turns a batch of records into what the columns read."""

    name: str
    columns: Sequence[ExportColumn]
    prepare: Callable[[Sequence[Any]], Sequence[Any]] = list

    def head(self) -> list[str]:
        return [str(column.label) for column in self.columns]

    def lines(self, rows: "models.QuerySet[Any]") -> Iterator[list[list[Cell]]]:
        """The cells of all rows, a batch at a time."""
        for batch in batched(rows.iterator(chunk_size=BATCH), BATCH):
            prepared = self.prepare(batch)
            yield [[column.value(row) for column in self.columns] for row in prepared]


def export_response(
    request: HttpRequest,
    rows: "models.QuerySet[Any]",
    filters: FilterForm,
    *,
    listed: Sequence[Column],
    default: str,
    export: Export,
) -> HttpResponseBase:
    """The file of a list; `rows`, `filters`, `listed` and `default` are those of its page.

    Raises FiltersInvalid, TooManyRows; Http404 for a type of file that there is not.
    """
    kind = request.GET.get(FILE, CSV)
    if kind not in {CSV, EXCEL}:
        raise Http404
    if not filters.is_valid():
        raise FiltersInvalid(_("These filters can't be applied: clear them and export again."))
    found = ordered_rows(request, rows, filters, columns=listed, default=default)
    count = found.order_by().count()
    if kind == EXCEL and count > MOST_EXCEL_ROWS:
        raise TooManyRows(
            _("An Excel sheet holds 1,048,576 rows: narrow the filters, or take the CSV file.")
        )
    _record(request, rows.model, export.name, count=count, kind=kind)
    respond = _csv if kind == CSV else _excel
    return _private(respond(found, export), f"{_file_name(export.name)}.{kind}")


def export_write(file: IO[bytes], rows: "models.QuerySet[Any]", export: Export, kind: str) -> None:
    """The file of some rows in the active language, for who makes it in the background.

    Who took what away is the caller's to write down.
    """
    if kind == CSV:
        file.writelines(_csv_pieces(rows, export))
    else:
        _write_sheet(file, rows, export)


def _record(
    request: HttpRequest, model: type[models.Model], name: str, *, count: int, kind: str
) -> None:
    told = {key: value for key, value in request.GET.items() if value and key != FILE}
    audit_record(
        by=request.user,  # type: ignore[arg-type] # the doors of exports ask for a sign-in
        action=f"export.{name}",
        record=model,
        count=count,
        filters=told,
        file=kind,
    )


def _file_name(name: str) -> str:
    return f"{name}-{Organisation.current().today():%Y-%m-%d}"


def _private(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────


def _csv(rows: "models.QuerySet[Any]", export: Export) -> HttpResponseBase:
    pieces = _csv_pieces(rows, export)
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")


def _csv_pieces(rows: "models.QuerySet[Any]", export: Export) -> Iterator[bytes]:
    """The file in pieces. They are made after the request, so its language and zone come along.

    A byte order mark leads, without which Excel takes Chinese for something else.
    """
    return _pieces(rows, export, translation.get_language(), timezone.get_current_timezone())


def _pieces(
    rows: "models.QuerySet[Any]", export: Export, language: str | None, zone: tzinfo
) -> Iterator[bytes]:
    with translation.override(language):
        head = export.head()
    yield (BYTE_ORDER_MARK + _csv_text([head])).encode()
    batches = export.lines(rows)
    while True:
        with translation.override(language), timezone.override(zone):
            batch = next(batches, None)
        if batch is None:
            return
        yield _csv_text(batch).encode()


def _csv_text(lines: Iterable[Iterable[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_csv_cell(cell) for cell in line] for line in lines)
    return text.getvalue()


def _csv_cell(cell: Cell) -> str:
    """A cell as text: days as ISO dates, decimals with a point, and no text a formula."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(RISKY) else cell
    return "" if cell is None else str(cell)


# ── Excel ────────────────────────────────────────────────────────────────────────────────────────


def _excel(rows: "models.QuerySet[Any]", export: Export) -> HttpResponseBase:
    """A workbook, written to a temporary file: the format's table of contents comes last."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    _write_sheet(file, rows, export)
    file.seek(0)
    return FileResponse(file, content_type=EXCEL_TYPE)


def _write_sheet(file: IO[bytes], rows: "models.QuerySet[Any]", export: Export) -> None:
    # Loading the library takes time and memory: only a process that writes a workbook pays for it.
    from apps.core.workbooks import write_workbook  # noqa: PLC0415

    widths = [column.width for column in export.columns]
    write_workbook(
        file, title=export.name, head=export.head(), widths=widths, lines=export.lines(rows)
    )
