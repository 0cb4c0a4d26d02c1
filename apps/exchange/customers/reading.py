"""A file of customers as rows of texts: CSV in any usual encoding, or an Excel workbook.

Whatever the file is, there come rows or an `ImportRefused` that says what to do, and memory stays
bounded: by the size of the file for text, by what its parts say they unpack to for a workbook.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.exchange.reading import DELIMITERS, MARKS
from apps.exchange.refusals import ImportRefused

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 200
LONGEST_CELL = 20_000
# What a workbook may unpack to, all parts together, and how many parts it may have.
MOST_UNPACKED = 150 * 1024 * 1024
MOST_PARTS = 2_000
# A sheet may claim a million rows of nothing: after so many there is nothing more.
MOST_BLANK = 5_000
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
# Both bytes of a Chinese character in GB 2312, the usual part of GB 18030, lie from here on.
FIRST_OF_PAIR = 0xA1
# From so large a share of bytes that come as pairs on, a text is Chinese in GB 18030.
PAIRED = 0.9
# Of UTF-16 without a mark at least the delimiters are plain signs beside an empty byte.
SPACED = 0.05
LOOKED_AT = 50


@dataclass(frozen=True)
class Sheet:
    """A header, and below it rows as (line, cells) with as many cells as the header has."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def sheet_read(content: bytes) -> Sheet:
    """The first table of a file.

    Raises ImportRefused, with the line where one is at fault.
    """
    if len(content) > MOST_BYTES:
        message = _("The file has more than %(megabytes)s MB: import it in several files.")
        raise ImportRefused(message % {"megabytes": MOST_BYTES // 1024**2})
    if content.startswith(OLE):
        raise ImportRefused(
            _("This is an old Excel file, or one with a password: save it as .xlsx or CSV.")
        )
    if content.startswith(PACKED):
        raise ImportRefused(_("This is a packed file: unpack it first."))
    lines = _workbook_lines(content) if content.startswith(ZIP) else _text_lines(content)
    return _sheet(lines)


def _sheet(lines: Iterator[tuple[int, list[str]]]) -> Sheet:
    header: list[str] | None = None
    rows: list[tuple[int, list[str]]] = []
    for line, cells in lines:
        if not any(cells):
            continue
        if header is None:
            header = _header(cells)
            continue
        if len(rows) == MOST_ROWS:
            message = _("The file has more than %(most)s rows: import it in several files.")
            raise ImportRefused(message % {"most": f"{MOST_ROWS:,}"})
        rows.append((line, _fitted(cells, len(header), line)))
    if header is None:
        raise ImportRefused(_("The file is empty."))
    if not rows:
        raise ImportRefused(_("The file has a heading, but nothing below it."))
    return Sheet(header, rows)


def _header(cells: list[str]) -> list[str]:
    """The names of the columns, without the empty ones at the end."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        message = _("The file has more than %(most)s columns: take out what is not to be imported.")
        raise ImportRefused(message % {"most": MOST_COLUMNS})
    return cells


def _fitted(cells: list[str], width: int, line: int) -> list[str]:
    too_long = any(len(cell) > LONGEST_CELL for cell in cells)
    if too_long:
        message = _("A cell has more than %(most)s characters: is a quotation mark left open?")
        raise ImportRefused(message % {"most": f"{LONGEST_CELL:,}"}, line=line)
    return [*cells[:width], *[""] * (width - len(cells))]


# ── Text ─────────────────────────────────────────────────────────────────────────────────────────


def _text_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, [_clean(cell) for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        message = _("can't be split into cells: is a quotation mark left open?")
        raise ImportRefused(message, line=start) from error


def _decoded(content: bytes) -> str:
    """The text in the encoding that its bytes show: a mark, UTF-8, GB 18030, else Latin-1."""
    marked = next((name for mark, name in MARKS.items() if content.startswith(mark)), "")
    for encoding in (marked,) if marked else _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if "\0" in text:
            break
        return text
    raise ImportRefused(
        _("This is no text file that could be read: save the table as “CSV UTF-8” or as .xlsx.")
    )


def _encodings(content: bytes) -> tuple[str, ...]:
    odd, even = content[1::2].count(0), content[::2].count(0)
    if min(odd, even) == 0 and max(odd, even) > SPACED * len(content):
        return ("utf-16-le",) if odd else ("utf-16-be",)
    return ("utf-8", "gb18030", "cp1252") if _is_paired(content) else ("utf-8", "cp1252", "latin-1")


def _is_paired(content: bytes) -> bool:
    """Whether bytes beyond ASCII come in pairs, as those of Chinese characters do.

    Letters with accents in Latin-1 stand alone between plain ones.
    """
    paired = total = run = 0
    for byte in content[:200_000] + b" ":
        if byte >= FIRST_OF_PAIR:
            run += 1
            continue
        total += run
        paired += run if run % 2 == 0 else 0
        run = 0
    return total > 0 and paired >= PAIRED * total


def _delimiter(text: str) -> str:
    """The delimiter that splits the first lines into the same number of cells, the most of them."""
    first = "".join(text.splitlines(keepends=True)[:LOOKED_AT])
    return max(DELIMITERS, key=lambda mark: _evenness(first, mark))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    widths: list[int] = []
    try:
        widths += [
            len(row)
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            if row
        ]
    except csv.Error:
        return (0, 0)
    if not widths:
        return (0, 0)
    width, times = Counter(widths).most_common(1)[0]
    return (0, 0) if width < 2 else (times / len(widths), width)  # noqa: PLR2004 - one is no table


def _clean(cell: str) -> str:
    return cell.strip().replace("\0", "")


# ── Workbooks ────────────────────────────────────────────────────────────────────────────────────


def _workbook_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    # Loading the library takes time and memory: only a process that reads a workbook pays for it.
    from openpyxl import load_workbook  # noqa: PLC0415

    _refuse_bomb(content)
    unreadable = _("This workbook can't be read: open it in Excel and save it as .xlsx or CSV.")
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # What the sheet says of its size may be wrong; it is read as it comes.
        sheet.reset_dimensions()
        blank = 0
        for line, row in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1), 1):
            cells = [_cell_text(value) for value in row]
            blank = 0 if any(cells) else blank + 1
            if blank > MOST_BLANK:
                return
            yield line, cells
    except ImportRefused:
        raise
    except Exception as error:  # the library raises whatever a broken file makes it trip over
        raise ImportRefused(unreadable) from error


def _refuse_bomb(content: bytes) -> None:
    """A workbook is a zip; Python unpacks no part beyond the size that the part itself states."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile as error:
        raise ImportRefused(_("This file is damaged: save it again as .xlsx or CSV.")) from error
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise ImportRefused(_("This is a packed file: unpack it first."))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise ImportRefused(
            _("This workbook unpacks to too much: keep the one sheet, or save it as CSV.")
        )


def _cell_text(value: Any) -> str:  # noqa: ANN401, PLR0911 - whatever a cell holds
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 10**15:
            return str(int(value))
        case float():
            return format(Decimal(repr(value)), "f")
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
    return _clean(str(value))
