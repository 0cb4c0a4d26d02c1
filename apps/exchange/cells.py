"""What a cell of a file must look like: text, day, amount, number, stage.

A parser is a dictionary from what the file says to what is copied into the database, filled as
values turn up: columns repeat themselves, and a look-up costs a tenth of parsing again.
"""

import re
import time
from abc import abstractmethod
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import ClassVar

# Bounds the memory of a parser; further values are parsed each time.
REMEMBERED = 20_000
LARGEST_AMOUNT = Decimal("99999999999999.99")
CENT = Decimal("0.01")


class Fault(Exception):  # noqa: N818 - a fault of the data, not of the program
    """A cell that can't be used: a code of `reasons` and its detail."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


class ForbiddenByte(Exception):  # noqa: N818 - refuses the file
    """A NUL character, which no text file holds."""


class Cell(dict[str, str]):
    """Parser of one column; empty cells stay empty unless the column is required.

    Raises:
        Fault: by look-up of a value that can't be used.
    """

    remembers: ClassVar[bool] = True

    def __init__(self, *, required: bool = False) -> None:
        super().__init__()
        self.required = required

    def __missing__(self, raw: str) -> str:
        text = raw.strip()
        if text:
            value = self.parse(text)
        elif self.required:
            raise Fault("missing")
        else:
            value = ""
        if self.remembers and len(self) < REMEMBERED:
            self[raw] = value
        return value

    @abstractmethod
    def parse(self, text: str) -> str:
        """The value to copy for a text that is neither empty nor surrounded by blanks."""


class Text(Cell):
    """Text of at most `longest` characters, with known misspellings put right."""

    def __init__(
        self, longest: int, *, required: bool = False, spelling: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(required=required)
        self.longest, self.spelling = longest, spelling or {}

    def parse(self, text: str) -> str:
        if "\0" in text:
            raise ForbiddenByte
        if len(text) > self.longest:
            raise Fault("too_long", str(self.longest))
        return self.spelling.get(text, text)


class Key(Text):
    """Text that is different in each row: remembering it would only fill memory."""

    remembers = False


class Email(Text):
    """An address such as name@example.com, in small letters."""

    pattern = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")

    def parse(self, text: str) -> str:
        if not self.pattern.fullmatch(text):
            raise Fault("not_an_email")
        return super().parse(text).lower()


class Day(Cell):
    """A date in the map's format."""

    usual = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def parse(self, text: str) -> str:
        try:
            if self.form == "%Y-%m-%d" and self.usual.fullmatch(text):
                # Fifty times as fast as the general way.
                return date.fromisoformat(text).isoformat()
            return date(*time.strptime(text, self.form)[:3]).isoformat()
        except ValueError as error:
            raise Fault("not_a_date", date(2017, 12, 31).strftime(self.form)) from error


class Amount(Cell):
    """An amount of money of at least zero, times `unit`."""

    whole = re.compile(r"[0-9]{1,14}")

    def __init__(self, mark: str, *, unit: Decimal = Decimal(1)) -> None:
        super().__init__()
        self.pattern = re.compile(rf"-?[0-9]{{1,20}}({re.escape(mark)}[0-9]{{1,12}})?")
        self.mark, self.unit = mark, unit

    def parse(self, text: str) -> str:
        if self.unit == 1 and self.whole.fullmatch(text):
            return text
        if not self.pattern.fullmatch(text):
            raise Fault("not_an_amount")
        amount = Decimal(text.replace(self.mark, ".")) * self.unit
        if amount < 0:
            raise Fault("negative")
        if amount > LARGEST_AMOUNT:
            raise Fault("too_large")
        if amount != amount.quantize(CENT):
            raise Fault("not_an_amount")
        return str(amount)


class Whole(Cell):
    """A whole number from zero to `largest`."""

    pattern = re.compile(r"-?[0-9]{1,20}")

    def __init__(self, largest: int) -> None:
        super().__init__()
        self.largest = largest

    def parse(self, text: str) -> str:
        if not self.pattern.fullmatch(text):
            raise Fault("not_a_number")
        number = int(text)
        if number < 0:
            raise Fault("negative")
        if number > self.largest:
            raise Fault("too_large")
        return str(number)


class Stage(Cell):
    """A stage of the map, as the level's code or the outcome that it stands for."""

    def __init__(self, stages: Mapping[str, str]) -> None:
        super().__init__(required=True)
        self.stages = stages

    def parse(self, text: str) -> str:
        if text not in self.stages:
            raise Fault("unknown_stage", ", ".join(self.stages))
        return self.stages[text]
