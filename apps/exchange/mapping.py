"""The map of an import: which file and column holds what; a small TOML file, checked on reading."""

import codecs
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from apps.exchange.refusals import ImportRefused

SHIPPED = Path(__file__).parent / "maps"

type Column = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
type FileName = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^/\\\x00]+$")]


class Table(BaseModel):
    """A file and the columns that are read from it; the other columns are passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: FileName
    # Unset: a byte order mark tells UTF-16 and UTF-8 apart, anything else is UTF-8.
    encoding: str | None = None
    # Unset: the one of , ; tab | with which the header holds every column of the map.
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError as error:
            msg = f"{value} is not an encoding that is known here"
            raise ValueError(msg) from error

    def columns(self) -> dict[str, str]:
        """Field of the map → column of the file, for every column that is read."""
        raise NotImplementedError

    def _named(self, *fields: str) -> dict[str, str]:
        return {name: column for name in fields if (column := getattr(self, name)) is not None}


class Teams(Table):
    """Who belongs to whose team, in which office."""

    member: Column
    manager: Column
    office: Column
    email: Column | None = None

    def columns(self) -> dict[str, str]:
        return self._named("member", "manager", "office", "email")


class Products(Table):
    """The price list."""

    name: Column
    line: Column
    price: Column | None = None

    def columns(self) -> dict[str, str]:
        return self._named("name", "line", "price")


class Customers(Table):
    """Companies; amounts are multiplied by `annual_revenue_unit`."""

    name: Column
    industry: Column | None = None
    region: Column | None = None
    employees: Column | None = None
    founded_year: Column | None = None
    annual_revenue: Column | None = None
    annual_revenue_unit: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    parent: Column | None = None

    def columns(self) -> dict[str, str]:
        return self._named(
            "name", "industry", "region", "employees", "founded_year", "annual_revenue", "parent"
        )


class Pipeline(Table):
    """Opportunities; `enters` is the level that a won or lost one stood at since `entered_on`."""

    id: Column
    member: Column
    product: Column
    customer: Column
    stage: Column
    entered_on: Column
    closed_on: Column
    value: Column
    enters: Column

    def columns(self) -> dict[str, str]:
        return self._named(
            "id", "member", "product", "customer", "stage", "entered_on", "closed_on", "value"
        )


class PipelineMap(BaseModel):
    """Everything that an import needs to know about a folder of files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    date_format: str = "%Y-%m-%d"
    decimal_mark: Literal[".", ","] = "."
    snapshot_on: date | None = None
    email_domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.[a-z]+$")]
    teams: Teams
    products: Products
    customers: Customers
    pipeline: Pipeline
    stages: dict[str, str]
    # Field → wrong spelling → right one; the fields are those of `spelled`.
    spelling: dict[
        Literal["member", "product", "customer", "industry", "region"], dict[str, str]
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _stages_say_something(self) -> Self:
        if not self.stages:
            msg = "stages: name at least one stage of the file"
            raise ValueError(msg)
        return self

    def tables(self) -> dict[str, Table]:
        """Kind of rows → its file, in the order in which they are imported."""
        return {
            "teams": self.teams,
            "products": self.products,
            "customers": self.customers,
            "opportunities": self.pipeline,
        }


def load(path: Path) -> PipelineMap:
    """Read a map.

    Raises:
        ImportRefused: there is no such file, it is no TOML, or a key is missing or unknown.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return PipelineMap.model_validate(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = f"this map can't be read: {error}"
        raise ImportRefused(problem, file=path.name) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'map'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ImportRefused(f"this map can't be used: {faults}", file=path.name) from error


def shipped() -> dict[str, Path]:
    """Name → file of the maps that come with the product."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def choose(folder: Path) -> PipelineMap:
    """The shipped map most of whose files lie in the folder.

    A file or column that is missing all the same is reported when the files are read.

    Raises:
        ImportRefused: no file of any shipped map is there.
    """
    maps = [load(path) for path in shipped().values()]
    present = [
        (sum((folder / table.file).is_file() for table in one.tables().values()), one)
        for one in maps
    ]
    found, best = max(present, key=lambda pair: pair[0])
    if not found:
        names = ", ".join(shipped())
        problem = (
            f"no map fits the files in this folder; name one with --map FILE (shipped: {names})"
        )
        raise ImportRefused(problem, file=folder.name)
    return best
