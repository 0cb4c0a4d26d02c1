"""Whatever the file looks like: its rows, or a clear refusal, and the right line numbers."""

from pathlib import Path

import pytest

from apps.exchange.mapping import Table
from apps.exchange.models import ImportRun
from apps.exchange.reading import DelimitedFile, Unsplittable, numbered
from apps.exchange.refusals import ImportRefused
from apps.funnel.models import Opportunity
from tests.exchange.folders import FILES, ROWS, counts, make_folder, pipeline_with, run
from tests.shared_data import SHARED

PIPELINE = FILES["sales_pipeline.csv"]
MESSY = SHARED / "messy_csv"
needs_messy = pytest.mark.skipif(
    not MESSY.is_dir(), reason="the data set messy_csv is not beside the checkout"
)
messy_files = sorted(path for path in MESSY.rglob("*") if path.is_file()) if MESSY.is_dir() else []

READABLE = {
    "BOM": PIPELINE.encode("utf-8-sig"),
    "UTF-16": PIPELINE.encode("utf-16"),
    "UTF-16 big end first": b"\xfe\xff" + PIPELINE.encode("utf-16-be"),
    "CRLF": PIPELINE.replace("\n", "\r\n").encode(),
    "old Mac": PIPELINE.replace("\n", "\r").encode(),
    "no line break at the end": PIPELINE.rstrip("\n").encode(),
    "semicolons": PIPELINE.replace(",", ";").encode(),
    "tabs": PIPELINE.replace(",", "\t").encode(),
    "bars": PIPELINE.replace(",", "|").encode(),
    "quotes around everything": "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in PIPELINE.splitlines()
    ).encode(),
    "header in capitals": PIPELINE.replace("opportunity_id", " OPPORTUNITY_ID ", 1).encode(),
    "blank lines": PIPELINE.replace("\n", "\n\n").encode(),
    "blanks around cells": PIPELINE.replace(",", " , ").encode(),
    "an empty last column": PIPELINE.replace("\n", ",\n").encode(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", READABLE)
def test_variant_gives_the_same_rows(case: str, tmp_path: Path) -> None:
    result = run(make_folder(tmp_path, pipeline=READABLE[case]))

    assert (result.code, result.message) == (0, "")
    assert Opportunity.objects.count() == ROWS
    assert result.out["without_customer"] == 1


@pytest.mark.django_db
def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    rows = [line.split(",") for line in PIPELINE.splitlines()]
    mixed = "\n".join(",".join(["note", *reversed(row)]) for row in rows)

    assert run(make_folder(tmp_path, pipeline=mixed)).code == 0
    assert Opportunity.objects.get(external_id="maven_crm:O3").owner.name == "Bob Bay"


@pytest.mark.django_db
def test_names_in_any_script_come_in_whole(tmp_path: Path) -> None:
    teams = FILES["sales_teams.csv"].replace("Bob Bay", "王芳")
    folder = make_folder(tmp_path, teams=teams, pipeline=pipeline_with("Bob Bay", "王芳"))

    assert run(folder).code == 0

    owner = Opportunity.objects.get(external_id="maven_crm:O3").owner
    assert (owner.name, owner.email) == ("王芳", "member@maven.example")


@pytest.mark.django_db
def test_line_is_the_first_of_a_record_with_line_breaks_in_quotes(tmp_path: Path) -> None:
    pipeline = pipeline_with("O1,Ann Ash", '"O\n1",Ann Ash').replace("O3,Bob", '"O\n3",Bo')

    result = run(make_folder(tmp_path, pipeline=pipeline))

    assert [(line, column) for _, line, column, _ in result.rejected] == [(5, "sales_agent")]


def test_records_carry_their_first_line(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('a,b\n1,"2\n3"\n\n4,5\n')
    file = DelimitedFile(tmp_path, _Columns(file="x.csv"))

    with file.open() as text:
        assert list(numbered(file.reader(text))) == [(2, ["1", "2\n3"]), (5, ["4", "5"])]


@needs_messy
@pytest.mark.parametrize("path", messy_files, ids=lambda path: path.relative_to(MESSY).as_posix())
def test_messy_file_gives_rows_or_a_clear_refusal(path: Path) -> None:
    refusal: ImportRefused | Unsplittable | None = None
    rows: list[list[str]] = []
    try:
        file = DelimitedFile(path.parent, _Columns(file=path.name))
        with file.open() as text:
            rows = [row for _, row in numbered(file.reader(text))]
    except (ImportRefused, Unsplittable) as error:
        refusal = error

    if isinstance(refusal, ImportRefused):
        assert (refusal.file, bool(refusal.problem)) == (path.name, True)
    elif isinstance(refusal, Unsplittable):
        assert refusal.line > 0
    else:
        assert all(isinstance(cell, str) for row in rows for cell in row)


@needs_messy
@pytest.mark.django_db
@pytest.mark.parametrize("path", messy_files, ids=lambda path: path.relative_to(MESSY).as_posix())
def test_messy_file_as_pipeline_is_refused_and_writes_nothing(path: Path, tmp_path: Path) -> None:
    before = counts()

    result = run(make_folder(tmp_path, pipeline=path.read_bytes()))

    assert (result.code, counts()) == (2, before)
    assert result.message.startswith("sales_pipeline.csv")
    assert ImportRun.objects.get().error == result.message


@needs_messy
@pytest.mark.django_db
@pytest.mark.parametrize("path", messy_files, ids=lambda path: path.relative_to(MESSY).as_posix())
def test_messy_rows_under_a_good_header_never_crash(path: Path, tmp_path: Path) -> None:
    """The same bytes as rows: each is rejected with its line, or the file is refused."""
    header = PIPELINE.splitlines()[0].encode() + b"\n"

    result = run(make_folder(tmp_path, pipeline=header + path.read_bytes()))

    assert result.code in (0, 2)
    assert (
        result.out["rejected"]["count"] or "sales_pipeline.csv" in result.message or not result.code
    )


class _Columns(Table):
    """A file of which no column is wanted: everything readable will do."""

    def columns(self) -> dict[str, str]:
        return {}
