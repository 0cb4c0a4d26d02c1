"""Bad input: a clear message with file and line, exit code 2, nothing written."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from apps.exchange.mapping import SHIPPED
from apps.exchange.models import ImportRun
from apps.exchange.refusals import ImportRefused
from apps.exchange.services import as_text
from tests.exchange.folders import FILES, counts, edited, make_folder, pipeline_with, run
from tests.factories import make_member, make_order, make_team

pytestmark = pytest.mark.django_db
PIPELINE = "sales_pipeline.csv"

BAD_ROWS = {
    "text in a number": ("2017-04-01,4500", "2017-04-01,a lot", 2, "close_value", "not an amount"),
    "NaN": ("2017-04-01,4500", "2017-04-01,NaN", 2, "close_value", "not an amount"),
    "exponent": ("2017-04-01,4500", "2017-04-01,1e5", 2, "close_value", "not an amount"),
    "tenth of a cent": ("2017-04-01,4500", "2017-04-01,1.001", 2, "close_value", "not an amount"),
    "negative": ("2017-04-01,4500", "2017-04-01,-1", 2, "close_value", "less than zero"),
    "too large": ("2017-04-01,4500", "2017-04-01,100000000000000", 2, "close_value", "too large"),
    "30 February": ("2017-03-01", "2017-02-30", 2, "engage_date", "not a date"),
    "other date format": ("2017-03-01", "01.03.2017", 2, "engage_date", "like 2017-12-31"),
    "unknown stage": ("Engaging", "Enganging", 4, "deal_stage", "the map knows: Prospecting, Eng"),
    "unknown agent": ("Bob Bay", "Bo Bay", 4, "sales_agent", "unknown member"),
    "unknown product": ("GTXPro", "GTX Prof", 2, "product", "unknown product"),
    "unknown account": (",Acme,Won", ",Acne,Won", 2, "account", "unknown customer"),
    "duplicate id": ("O3,", "O1,", 4, "opportunity_id", "stands in line 2 already"),
    "too few fields": ("Engaging,2017-05-01,,", "Engaging,2017-05-01,", 4, "", "7, not 8"),
    "too many fields": ("2017-04-01,4500", "2017-04-01,4500,", 2, "", "9, not 8"),
    "closed before entry": (
        "2017-04-01",
        "2017-02-01",
        2,
        "close_date",
        "before the date of entry",
    ),
    "won without date": ("2017-03-01,2017-04-01", "2017-03-01,", 2, "close_date", "is missing"),
    "won without entry": ("2017-03-01,2017-04-01", ",2017-04-01", 2, "engage_date", "is missing"),
    "won without value": ("2017-04-01,4500", "2017-04-01,", 2, "close_value", "is missing"),
    "open with date": ("2017-05-01,,", "2017-05-01,2017-06-01,", 4, "close_date", "is open"),
    "no id": ("O3,", " ,", 4, "opportunity_id", "is missing"),
    "no agent": ("Bob Bay", "", 4, "sales_agent", "is missing"),
    "no product": ("GTXPro", "", 2, "product", "is missing"),
    "long id": ("O3,", "O" * 61 + ",", 4, "opportunity_id", "longer than 60"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_row_is_named_with_line_and_column(case: str, tmp_path: Path) -> None:
    old, new, line, column, reason = BAD_ROWS[case]
    before = counts()

    result = run(make_folder(tmp_path, pipeline=pipeline_with(old, new)))

    assert result.code == 2
    assert counts() == before
    assert "1 row can't be used; nothing was written" in result.message
    ((file, at, name, why),) = result.rejected
    assert (file, at, name) == (PIPELINE, line, column)
    assert reason in why


OTHER_FILES: dict[str, tuple[dict[str, str], tuple[str, int, str, str]]] = {
    "agent twice": (
        {"teams": edited("sales_teams.csv", lambda text: text + "Ann Ash,Max Moor,South\n")},
        ("sales_teams.csv", 5, "sales_agent", "stands in line 2 already"),
    ),
    "manager in two offices": (
        {"teams": edited("sales_teams.csv", lambda text: text + "Dan Dow,Mia May,South\n")},
        ("sales_teams.csv", 5, "regional_office", "belongs to office North already"),
    ),
    "no manager": (
        {"teams": edited("sales_teams.csv", lambda text: text + "Dan Dow,,South\n")},
        ("sales_teams.csv", 5, "manager", "is missing"),
    ),
    "product twice": (
        {"products": edited("products.csv", lambda text: text + "gtx pro,GTX,1\n")},
        ("products.csv", 4, "product", "stands in line 2 already"),
    ),
    "price in words": (
        {"products": edited("products.csv", lambda text: text.replace("55", "cheap"))},
        ("products.csv", 3, "sales_price", "not an amount"),
    ),
    "customer twice": (
        {"accounts": edited("accounts.csv", lambda text: text + "Acme,,,,,,\n")},
        ("accounts.csv", 4, "account", "stands in line 2 already"),
    ),
    "unknown parent": (
        {"accounts": edited("accounts.csv", lambda text: text.replace("Kenya,Acme", "Kenya,Acne"))},
        ("accounts.csv", 3, "subsidiary_of", "unknown customer"),
    ),
    "own parent": (
        {"accounts": edited("accounts.csv", lambda text: text.replace("Kenya,Acme", "Kenya,Beta"))},
        ("accounts.csv", 3, "subsidiary_of", "own parent"),
    ),
    "year in words": (
        {"accounts": edited("accounts.csv", lambda text: text.replace("1999", "long ago"))},
        ("accounts.csv", 3, "year_established", "not a whole number"),
    ),
}


@pytest.mark.parametrize("case", OTHER_FILES)
def test_bad_row_of_the_other_files_is_named(case: str, tmp_path: Path) -> None:
    changed, (file, line, column, reason) = OTHER_FILES[case]
    before = counts()

    result = run(make_folder(tmp_path, **changed))

    assert (result.code, counts()) == (2, before)
    places = [row[:3] for row in result.rejected]
    assert (file, line, column) in places
    assert reason in result.rejected[places.index((file, line, column))][3]


BAD_FILES: dict[str, tuple[dict[str, str | bytes | None], str]] = {
    "missing file": ({"accounts": None}, "accounts.csv: there is no such file"),
    "empty file": ({"pipeline": b""}, f"{PIPELINE}:1: the file is empty"),
    "blank file": ({"pipeline": b"\n\n \n"}, f"{PIPELINE}:1: the file is empty"),
    "missing column": (
        {"pipeline": pipeline_with("close_value", "value")},
        f"{PIPELINE}:1: column is missing: “close_value”",
    ),
    "column twice": (
        {"pipeline": pipeline_with("\n", ",x\n").replace(",x\n", ",account\n", 1)},
        f"{PIPELINE}:1: column stands twice in the header: “account”",
    ),
    "wrong encoding": (
        {"pipeline": pipeline_with("O3,Bob Bay", "Ö3,Bob Bay").encode("latin-1")},
        f"{PIPELINE}:4: not utf-8",
    ),
    "NUL byte": (
        {"pipeline": pipeline_with("O3,", "O\0003,")},
        f"{PIPELINE}:4: holds a NUL byte",
    ),
    "NUL character in UTF-16": (
        {"pipeline": pipeline_with("O3,", "O\0003,").encode("utf-16")},
        f"{PIPELINE}:4: holds a NUL character",
    ),
    "quote that is never closed": (
        {"pipeline": pipeline_with("O3,", '"O3,')},
        f"{PIPELINE}:4: can't be split into fields: unexpected end of data",
    ),
    "text after a closing quote": (
        {"pipeline": pipeline_with("O3,", '"O3"x,')},
        f"{PIPELINE}:4: can't be split into fields",
    ),
    "field of megabytes in quotes": (
        {"pipeline": pipeline_with("O3,", '"' + "x\n" * 1_000_000 + '",')},
        f"{PIPELINE}:4: can't be split into fields: field larger than field limit",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_unusable_file_is_refused_with_file_and_line(case: str, tmp_path: Path) -> None:
    changed, message = BAD_FILES[case]
    before = counts()

    result = run(make_folder(tmp_path, **changed))

    assert (result.code, counts()) == (2, before)
    assert message in result.message
    assert result.out["error"]["file"] in FILES
    assert result.message.startswith(ImportRun.objects.get().error)


def test_endless_line_is_refused_without_reading_it(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    with (folder / PIPELINE).open("r+b") as file:
        # Sparse: two gigabytes that take no room; past the header there is no line break.
        file.seek(0, io.SEEK_END)
        file.write(b"x" * 1_500_000)
    before = counts()

    result = run(folder)

    assert (result.code, counts()) == (2, before)
    assert f"{PIPELINE}:7: a line longer than 1,000,000 bytes" in result.message


def test_two_gigabytes_of_zeros_are_refused_at_once(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    with (folder / PIPELINE).open("r+b") as file:
        file.truncate(2 << 30)

    assert "holds a NUL byte" in run(folder).message


def test_folder_of_something_else_names_the_shipped_maps(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text("a,b\n1,2\n")

    result = run(tmp_path)

    assert result.code == 2
    assert "--map" in result.message
    assert "maven_crm" in result.message


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere").code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name = [", "can't be read"),
        ('name = "x"', "can't be used: source: Field required"),
        (b"\xff\xfe\x00", "can't be read"),
    ],
)
def test_unusable_map_is_refused(content: str | bytes, message: str, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(content if isinstance(content, bytes) else content.encode())

    result = run(make_folder(tmp_path), "--map", str(own))

    assert result.code == 2
    assert message in result.message


def test_map_to_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        (SHIPPED / "maven_crm.toml").read_text().replace('Engaging = "C"', 'Engaging = "Q"')
    )

    result = run(make_folder(tmp_path), "--map", str(own))

    assert (result.code, counts()["Opportunity"]) == (2, 0)
    assert "doesn't have: Q" in result.message


def test_all_bad_rows_of_all_files_are_listed_and_kept_in_a_file(tmp_path: Path) -> None:
    pipeline = pipeline_with("2017-04-01,4500", "2017-02-30,a lot").replace("Cid Cox", "=Cid")
    products = edited("products.csv", lambda text: text.replace("55", "-5"))

    result = run(make_folder(tmp_path, pipeline=pipeline, products=products))

    expected = [
        ["products.csv", "3", "sales_price", "'-5", "less than zero"],
        [PIPELINE, "2", "close_date", "2017-02-30", "not a date (expected like 2017-12-31)"],
        [PIPELINE, "2", "close_value", "a lot", "not an amount with at most two decimals"],
    ]
    name = ImportRun.objects.get().rejected_file
    with default_storage.open(name) as file:
        rows = list(csv.reader(io.TextIOWrapper(file, "utf-8")))
    assert rows[0] == ["file", "line", "column", "value", "reason"]
    assert rows[1:4] == expected
    assert [row[:4] for row in rows[4:]] == [
        [PIPELINE, "3", "product", "MG Special"],
        [PIPELINE, "4", "product", "MG Special"],
        [PIPELINE, "5", "sales_agent", "'=Cid"],
        [PIPELINE, "6", "sales_agent", "'=Cid"],
    ]
    assert result.out["rejected"]["count"] == 6
    assert result.out["rejected"]["file"] == name


def test_good_rows_come_in_beside_bad_ones_when_asked_for(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, pipeline=pipeline_with("2017-04-01,4500", "2017-04-01,a lot"))

    result = run(folder, "--skip-rejected")

    summary = result.out["summary"]["opportunities"]
    assert result.code == 0
    assert summary == {"read": 5, "created": 4, "updated": 0, "unchanged": 0, "rejected": 1}
    assert counts()["Opportunity"] == 4
    assert result.out["rejected"]["count"] == 1


def test_order_number_of_somebody_else_is_refused(tmp_path: Path) -> None:
    make_order(member=make_member(team=make_team()), value=1, on=date(2017, 1, 2), number="O1")

    result = run(make_folder(tmp_path))

    assert result.code == 2
    assert result.rejected == [
        (PIPELINE, 2, "opportunity_id", "an order of another opportunity has this number")
    ]


def test_failed_run_is_on_record_with_its_rejected_rows(tmp_path: Path) -> None:
    run(make_folder(tmp_path, pipeline=pipeline_with("Bob Bay", "Bo Bay")))

    record = ImportRun.objects.get()
    assert (record.rejected_count, record.rejected[0]["line"]) == (1, 4)
    assert record.summary["opportunities"] == {
        "read": 5,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
    }
    assert record.error == "1 row can't be used; nothing was written"
    assert record.finished_at is not None


def test_refusal_without_a_place_is_the_problem_alone() -> None:
    assert str(ImportRefused("so it is")) == "so it is"
    assert str(ImportRefused("so it is", file="a.csv")) == "a.csv: so it is"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_cells_of_the_rejected_file_are_no_formulas(formula: str) -> None:
    assert as_text(formula) == f"'{formula}"
    assert as_text("plain") == "plain"
