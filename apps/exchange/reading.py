"""Reading delimited files in bounded memory: encoding, delimiter, header, records with lines."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from apps.exchange.mapping import Table
from apps.exchange.refusals import ImportRefused

LONGEST_LINE = 1_000_000
DELIMITERS = ",;\t|"
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
BLOCK = 1 << 18


class Records(Protocol):
    """The reader of the csv module: rows, and how many lines they took so far."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


class DelimitedFile:
    """A file of the map that has been looked at: it can be read, and holds every column.

    Raises:
        ImportRefused: with file and line, when it can't be read at all.
    """

    def __init__(self, folder: Path, table: Table) -> None:
        self.path, self.table = folder / table.file, table
        self.name = table.file
        self.size = self._checked_size()
        self.encoding = table.encoding or self._marked_encoding()
        self._check_lines()
        self.delimiter, self.header = self._header()
        self.positions = self._positions()

    def refused(self, problem: str, line: int | None = None) -> ImportRefused:
        return ImportRefused(problem, file=self.name, line=line)

    def open(self) -> IO[str]:
        return self.path.open(encoding=self.encoding, newline="")

    def reader(self, file: IO[str], delimiter: str | None = None) -> Records:
        # strict: a quote that is never closed would swallow the rest of the file in silence.
        return csv.reader(
            file, delimiter=delimiter or self.delimiter, strict=True, skipinitialspace=True
        )

    def explained(self, error: "UnicodeError | Unsplittable") -> ImportRefused:
        """The refusal for what went wrong in reading, with its line."""
        if isinstance(error, Unsplittable):
            return self.refused(f"can't be split into fields: {error.error}", error.line)
        return self.refused(
            f"not {self.encoding}: name the right encoding in the map", self._undecodable_line()
        )

    def _checked_size(self) -> int:
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise self.refused("there is no such file") from error
        if not self.path.is_file():
            raise self.refused("this is no file")
        if not size:
            raise self.refused("the file is empty", 1)
        return size

    def _marked_encoding(self) -> str:
        with self.path.open("rb") as file:
            start = file.read(4)
        return next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")

    def _check_lines(self) -> None:
        """Refuse endless lines and binary files before anything reads them into memory."""
        is_wide = self.encoding.startswith(("utf-16", "utf-32"))
        since_break, line = 0, 1
        with self.path.open("rb") as file:
            while block := file.read(BLOCK):
                if not is_wide and (at := block.find(b"\0")) >= 0:
                    line += block.count(b"\n", 0, at)
                    raise self.refused("holds a NUL byte: this is no text file", line)
                last = max(block.rfind(b"\n"), block.rfind(b"\r"))
                since_break = since_break + len(block) if last < 0 else len(block) - last - 1
                line += block.count(b"\n")
                if since_break > LONGEST_LINE:
                    raise self.refused(f"a line longer than {LONGEST_LINE:,} bytes", line)

    def _header(self) -> tuple[str, list[str]]:
        wanted = {folded(column) for column in self.table.columns().values()}
        choices = [self.table.delimiter] if self.table.delimiter else list(DELIMITERS)
        headers: list[tuple[str, list[str]]] = []
        refusals: list[ImportRefused] = []
        for delimiter in choices:
            try:
                headers.append((delimiter, self._first_record(delimiter)))
            except ImportRefused as refusal:
                refusals.append(refusal)
            else:
                if wanted <= {folded(name) for name in headers[-1][1]}:
                    return headers[-1]
        if not headers:
            raise refusals[0]
        return max(headers, key=lambda pair: len(pair[1]))

    def _first_record(self, delimiter: str) -> list[str]:
        with self.open() as file:
            reader = self.reader(file, delimiter)
            try:
                header = next((row for row in reader if any(cell.strip() for cell in row)), None)
            except UnicodeError as error:
                raise self.explained(error) from error
            except csv.Error as error:
                raise self.explained(Unsplittable(1, error)) from error
        if header is None:
            raise self.refused("the file is empty", 1)
        return header

    def _positions(self) -> dict[str, int]:
        places: dict[str, list[int]] = {}
        for place, name in enumerate(self.header):
            places.setdefault(folded(name), []).append(place)
        columns = self.table.columns()
        absent = [name for name in columns.values() if folded(name) not in places]
        if absent:
            found = ", ".join(name.strip()[:40] for name in self.header[:20])
            what = ", ".join(f"“{name}”" for name in absent)
            word = "column is" if len(absent) == 1 else "columns are"
            raise self.refused(f"{word} missing: {what} (the header has: {found})", 1)
        twice = [name for name in columns.values() if len(places[folded(name)]) > 1]
        if twice:
            raise self.refused(f"column stands twice in the header: “{twice[0]}”", 1)
        return {field: places[folded(name)][0] for field, name in columns.items()}

    def _undecodable_line(self) -> int | None:
        """The first line that isn't in the file's encoding; `None` if it can't be told."""
        is_wide = self.encoding.startswith("utf-16")
        errors, sign = ("replace", "\ufffd") if is_wide else ("surrogateescape", None)
        with self.path.open(encoding=self.encoding, errors=errors, newline="") as file:
            for number, line in enumerate(file, 1):
                if sign in line if sign else any("\udc80" <= char <= "\udcff" for char in line):
                    return number
        return None


def folded(name: str) -> str:
    """A column's name as it is compared: neither case nor blanks around it matter."""
    return name.strip().casefold()


class Unsplittable(Exception):  # noqa: N818 - of the file, not of the program
    """The record that starts on `line` can't be split into fields."""

    def __init__(self, line: int, error: csv.Error) -> None:
        self.line, self.error = line, error
        super().__init__(line, error)


def numbered(reader: Records) -> Iterator[tuple[int, list[str]]]:
    """Each record after the header with the line on which it starts; blank lines are passed over.

    Raises:
        Unsplittable: a quote is never closed, or something follows a closing one.
    """
    start, is_header = 1, True
    try:
        for row in reader:
            if is_header:
                is_header = not any(cell.strip() for cell in row)
            elif row:
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise Unsplittable(start, error) from error
