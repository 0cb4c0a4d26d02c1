"""Excel workbooks, row by row: memory does not grow with their number."""

from collections.abc import Iterable, Sequence
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from apps.core.export_cells import RISKY, Cell

LONGEST_TITLE = 31


def write_workbook(
    file: IO[bytes],
    *,
    title: str,
    head: Sequence[str],
    widths: Sequence[int],
    lines: Iterable[Sequence[Sequence[Cell]]],
) -> None:
    """One sheet with a head that stays in view; `lines` come in batches, `widths` in characters."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title=title[:LONGEST_TITLE])
    sheet.freeze_panes = "B2"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_head(sheet, text) for text in head])
    for batch in lines:
        for line in batch:
            sheet.append([_cell(sheet, cell) for cell in line])
    book.save(file)


def _head(sheet: Any, text: str) -> Any:  # noqa: ANN401 - the library has no types
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, cell: Cell) -> Any:  # noqa: ANN401 - the library has no types
    """A value as the sheet takes it; a text that looks like a formula is marked as text."""
    if not isinstance(cell, str):
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", cell)
    if not text.startswith(RISKY) and text not in ERROR_CODES:
        return text
    marked = WriteOnlyCell(sheet, text)
    marked.data_type = "s"
    marked.quotePrefix = True
    return marked
