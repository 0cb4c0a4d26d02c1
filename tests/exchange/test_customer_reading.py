"""Files of customers: whatever they are, there come rows or a clear refusal."""

import codecs
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from apps.exchange.customers import reading
from apps.exchange.customers.columns import columns_guessed, fold
from apps.exchange.customers.reading import sheet_read
from apps.exchange.refusals import ImportRefused
from tests.shared_data import SHARED

MESSY = sorted(SHARED.glob("messy_csv/**/*")) if SHARED.is_dir() else []
FILES = [path for path in MESSY if path.is_file()]


@pytest.mark.skipif(not FILES, reason="the shared data are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_every_messy_file_gives_rows_or_a_clear_refusal(path: Path) -> None:
    rows, problem = read_or_refused(path)

    if problem:
        assert len(problem) > len("The file is")
        assert "Error" not in problem
    else:
        assert rows


def read_or_refused(path: Path) -> tuple[int, str]:
    """How many rows there are, or the refusal."""
    try:
        sheet = sheet_read(path.read_bytes())
    except ImportRefused as refusal:
        return 0, refusal.problem
    assert all(len(cells) == len(sheet.header) for _line, cells in sheet.rows)
    return len(sheet.rows), ""


TABLE = "客户名称,联系人,手机\n苏州丰安食品集团有限公司,王小明,13800138001\n"
GERMAN = "Firma;Ort\nMüller & Söhne GmbH;Köln\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_chinese_is_read_in_every_usual_encoding(encoding: str) -> None:
    sheet = sheet_read(TABLE.encode(encoding))

    assert sheet.header == ["客户名称", "联系人", "手机"]
    assert sheet.rows == [(2, ["苏州丰安食品集团有限公司", "王小明", "13800138001"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_umlauts_are_read_in_every_usual_encoding(encoding: str) -> None:
    sheet = sheet_read(GERMAN.encode(encoding))

    assert sheet.rows == [(2, ["Müller & Söhne GmbH", "Köln"])]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_evenly(mark: str) -> None:
    rows = (
        ("name", "city", "note"),
        ("Acme", "Berlin", '"a, b; c"'),
        ("Bolt", "Köln", '"d, e; f"'),
    )
    text = "".join(mark.join(row) + "\n" for row in rows)

    assert [cells[2] for _line, cells in sheet_read(text.encode()).rows] == ["a, b; c", "d, e; f"]


def test_lines_count_breaks_inside_of_quotes_and_ragged_rows_are_filled() -> None:
    sheet = sheet_read(b'name,note\n"A","x\ny"\n\nB\nC,z,more\n')

    assert sheet.rows == [(2, ["A", "x\ny"]), (5, ["B", ""]), (6, ["C", "z"])]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"name,city\n", "nothing below it"),
        (b'name\n"A\nB\nC', "quotation mark"),
        (b"name\na\x00b\n", "no text file"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel file"),
        (b"\x1f\x8brest", "packed"),
        (b"PK\x03\x04rest", "damaged"),
        (codecs.BOM_UTF16_LE + b"a", "no text file"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(content: bytes, says: str) -> None:
    with pytest.raises(ImportRefused, match=says):
        sheet_read(content)


def workbook(*rows: list[object]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_a_workbook_gives_texts_as_people_read_them() -> None:
    from datetime import date, datetime  # noqa: PLC0415

    content = workbook(
        ["name", "phone", "rate", "day", "at", "yes"],
        ["Acme", 13800138001, 2.5, date(2026, 3, 2), datetime(2026, 3, 2, 14, 30), True],  # noqa: DTZ001
        [None] * 6,
        ["Bolt", 49.0, None, None, None, False],
    )

    assert sheet_read(content).rows == [
        (2, ["Acme", "13800138001", "2.5", "2026-03-02", "2026-03-02T14:30:00", "yes"]),
        (4, ["Bolt", "49", "", "", "", "no"]),
    ]


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<a/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    monkeypatch.setattr(reading, "MOST_UNPACKED", 4_000_000)

    with pytest.raises(ImportRefused, match="unpacks to too much"):
        sheet_read(file.getvalue())


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("customers.csv", "name\nAcme\n")

    with pytest.raises(ImportRefused, match="packed"):
        sheet_read(file.getvalue())


def test_a_file_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    with pytest.raises(ImportRefused, match="more than 2 rows"):
        sheet_read(b"name\nA\nB\nC\n")
    monkeypatch.setattr(reading, "MOST_COLUMNS", 2)
    with pytest.raises(ImportRefused, match="more than 2 columns"):
        sheet_read(b"a,b,c\n1,2,3\n")
    monkeypatch.setattr(reading, "MOST_BYTES", 3)
    with pytest.raises(ImportRefused, match="MB"):
        sheet_read(b"name\nA\n")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_the_chinese_template_is_read_and_matched() -> None:
    sheet = sheet_read((SHARED / "import_templates/客户导入模板.xlsx").read_bytes())

    assert len(sheet.rows) == 3
    assert columns_guessed(sheet.header, []) == [
        "name", "contact_name", "contact_phone", "contact_email", "note", "note", "industry", "region",
        "needs", "note",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Record ID,First Name,Last Name,Email,Phone Number,Job Title,Company Name,Contact owner",
         ",contact_first,contact_last,contact_email,contact_phone,contact_job_title,name,owner"),
        ("Person - Name*,Person - Phone,Person - Email (Work),Organization - Name*",
         "contact_name,contact_phone,contact_email,name"),
        ("客户名称,联系人,手机,电话,来源,客户行业,归属人",
         "name,contact_name,contact_mobile,contact_phone,source,industry,owner"),
        ("客戶名稱,聯絡人,電子郵件,備註", "name,contact_name,contact_email,note"),
        ("Firma;x;Ansprechpartner;Telefon;E-Mail;Branche;Mitarbeiter".replace(";", ","),
         "name,,contact_name,contact_phone,contact_email,industry,employees"),
        ("Company,Company,Email,E-mail", "name,,contact_email,"),
    ],
)  # fmt: skip
def test_headings_of_known_systems_are_matched(heading: str, expected: str) -> None:
    assert columns_guessed(heading.split(","), []) == expected.split(",")


def test_headings_are_compared_without_case_marks_and_width() -> None:
    assert fold("Person - E-Mail (Work)*") == "personemailwork"
    assert fold("ＥＭＡＩＬ") == "email"
