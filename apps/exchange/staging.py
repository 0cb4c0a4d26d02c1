"""From the files into temporary tables: cells are parsed on the way, faulty rows put aside."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from operator import getitem, itemgetter
from typing import IO, TYPE_CHECKING, Any

from django.db.backends.utils import CursorWrapper

from apps.exchange.cells import (
    Amount,
    Cell,
    Day,
    Email,
    Fault,
    ForbiddenByte,
    Key,
    Stage,
    Text,
    Whole,
)
from apps.exchange.mapping import PipelineMap
from apps.exchange.reading import DelimitedFile, Unsplittable, numbered

if TYPE_CHECKING:
    from apps.exchange.refusals import ImportRefused

ROWS_AT_ONCE = 2_000
LONGEST_VALUE_SHOWN = 200
IN_MEMORY = 1 << 20

TABLES = """
CREATE TEMP TABLE import_team (
  line integer, member text, manager text, office text, email text);
CREATE TEMP TABLE import_product (
  line integer, name text, line_name text, price numeric);
CREATE TEMP TABLE import_customer (
  line integer, name text, industry text, region text, employees integer,
  founded_year smallint, annual_revenue numeric, parent text);
CREATE TEMP TABLE import_row (
  line integer, id text, member text, product text, customer text, stage text,
  entered_on date, closed_on date, value numeric);
CREATE TEMP TABLE import_reject (
  kind text, line integer, field text, value text, code text, detail text);
"""
# Where there was an error, the rollback has dropped them already.
DROP_TABLES = """
DROP TABLE IF EXISTS import_team, import_product, import_customer, import_row, import_reject,
  import_deal, import_change
"""
# Kind of rows → temporary table and its columns, named as the fields of the map.
TARGETS = {
    "teams": ("import_team", ("member", "manager", "office", "email")),
    "products": ("import_product", ("name", "line", "price")),
    "customers": (
        "import_customer",
        ("name", "industry", "region", "employees", "founded_year", "annual_revenue", "parent"),
    ),
    "opportunities": (
        "import_row",
        ("id", "member", "product", "customer", "stage", "entered_on", "closed_on", "value"),
    ),
}
LONGEST_NAME, LONGEST_LABEL, LONGEST_CUSTOMER, LONGEST_NUMBER = 150, 100, 200, 60
LARGEST_INTEGER, LARGEST_SMALL = 2_147_483_647, 32_767


def parsers(kind: str, layout: PipelineMap) -> dict[str, Cell]:
    """Field → parser of its cells, made anew for each file: a parser remembers."""
    spelling: Mapping[str, Mapping[str, str]] = layout.spelling  # type: ignore[assignment]
    mark = layout.decimal_mark

    def name(field: str, longest: int = LONGEST_NAME, *, required: bool = True) -> Text:
        # External ids stand behind the source's name in a column of 200 characters.
        longest = min(longest, 190 - len(layout.source))
        return Text(longest, required=required, spelling=spelling.get(field))

    if kind == "teams":
        people = {field: name("member") for field in ("member", "manager")}
        return {**people, "office": name("office"), "email": Email(254)}
    if kind == "products":
        return {"name": name("product"), "line": name("line"), "price": Amount(mark)}
    if kind == "customers":
        return {
            "name": name("customer", LONGEST_CUSTOMER),
            "industry": name("industry", LONGEST_LABEL, required=False),
            "region": name("region", LONGEST_LABEL, required=False),
            "employees": Whole(LARGEST_INTEGER),
            "founded_year": Whole(LARGEST_SMALL),
            "annual_revenue": Amount(mark, unit=layout.customers.annual_revenue_unit),
            "parent": name("customer", LONGEST_CUSTOMER, required=False),
        }
    return {
        "id": Key(LONGEST_NUMBER, required=True),
        "member": name("member"),
        "product": name("product"),
        "customer": name("customer", LONGEST_CUSTOMER, required=False),
        "stage": Stage(layout.stages),
        "entered_on": Day(layout.date_format),
        "closed_on": Day(layout.date_format),
        "value": Amount(mark),
    }


class Staging:
    """The rows of one file on their way into its temporary table, readable as a file by COPY."""

    def __init__(self, kind: str, file: DelimitedFile, layout: PipelineMap, aside: IO[str]) -> None:
        self.kind, self.file, self.aside = kind, file, csv.writer(aside, lineterminator="\n")
        by_field = parsers(kind, layout)
        self.fields = [field for field in TARGETS[kind][1] if field in file.positions]
        self.cells = [by_field[field] for field in self.fields]
        self.places = [file.positions[field] for field in self.fields]
        self.read_rows = self.rejected_rows = 0
        self.refusal: ImportRefused | None = None
        self.error: UnicodeError | Unsplittable | None = None

    def copy(self, cursor: CursorWrapper, progress: Callable[[int], object]) -> None:
        """Copy every good row; the first thing that makes the file unreadable is raised."""
        table, _ = TARGETS[self.kind]
        columns = ["line", *("line_name" if f == "line" else f for f in self.fields)]
        with self.file.open() as text:
            self.text, self.progress, self.done = text, progress, 0
            self.reader = self.file.reader(text)
            self.rows = self._rows()
            sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
            cursor.copy_expert(sql, self)
        if self.error is not None:
            raise self.file.explained(self.error) from self.error
        if self.refusal is not None:
            raise self.refusal

    def read(self, _size: int = -1) -> str:
        """The next rows as CSV. The driver hides what is raised here, so errors wait in `self`."""
        out = io.StringIO()
        try:
            csv.writer(out, lineterminator="\n").writerows(islice(self.rows, ROWS_AT_ONCE))
        except (UnicodeError, Unsplittable) as error:
            self.error = error
            return ""
        except ForbiddenByte:
            self.refusal = self.file.refused("holds a NUL character", self.reader.line_num)
            return ""
        at = self.text.buffer.tell()  # type: ignore[attr-defined]
        self.progress(at - self.done)
        self.done = at
        return out.getvalue()

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        cells, width, pick = self.cells, len(self.file.header), itemgetter(*self.places)
        for line, row in numbered(self.reader):
            self.read_rows += 1
            if len(row) != width:
                detail = f"{len(row)}, not {width}"
                self._put_aside(line, [("", "", "fields", detail)])
                continue
            try:
                yield (line, *map(getitem, cells, pick(row)))
            except Fault:
                self._put_aside(line, self._faults(row))

    def _faults(self, row: list[str]) -> list[tuple[str, str, str, str]]:
        faults = []
        for field, cell, place in zip(self.fields, self.cells, self.places, strict=True):
            try:
                cell[row[place]]
            except Fault as fault:
                faults.append((field, row[place], fault.code, fault.detail))
        return faults

    def _put_aside(self, line: int, faults: list[tuple[str, str, str, str]]) -> None:
        self.rejected_rows += 1
        self.aside.writerows(
            (self.kind, line, field, value.replace("\0", "")[:LONGEST_VALUE_SHOWN], code, detail)
            for field, value, code, detail in faults
        )


def stage(
    cursor: CursorWrapper,
    layout: PipelineMap,
    files: Mapping[str, DelimitedFile],
    progress: Callable[[int], object],
) -> dict[str, int]:
    """Copy all files into temporary tables; returns how many rows each kind had.

    Raises:
        ImportRefused: a file can't be read to its end.
    """
    cursor.execute(TABLES)
    read: dict[str, int] = {}
    with tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="") as aside:
        for kind, file in files.items():
            staging = Staging(kind, file, layout, aside)
            staging.copy(cursor, progress)
            read[kind] = staging.read_rows
        if aside.tell():
            aside.seek(0)
            cursor.copy_expert("COPY import_reject FROM STDIN (FORMAT csv)", aside)
    return read
