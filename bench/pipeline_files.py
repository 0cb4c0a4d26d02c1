"""The files that the import is measured on: the real set, else generated ones of its shape."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

MAVEN = Path(__file__).resolve().parents[2] / "shared" / "data" / "maven_crm"
HEADERS = {
    "sales_teams.csv": "sales_agent,manager,regional_office",
    "products.csv": "product,series,sales_price",
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of"
    ),
    "sales_pipeline.csv": (
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
    ),
}
PIPELINE = "sales_pipeline.csv"
ROWS = 8_800


def source(folder: Path) -> tuple[Path, str]:
    """A folder of the four files, and what they are."""
    if MAVEN.is_dir():
        return MAVEN, "maven_crm"
    generate(folder)
    return folder, "generated rows of the shape of maven_crm (the set itself is absent)"


def generate(folder: Path) -> None:
    """Four files with as many rows, stages and gaps as the real set; always the same."""
    folder.mkdir(exist_ok=True)
    draw = random.Random(7)
    _write(
        folder,
        "sales_teams.csv",
        ([f"Agent {n:02}", f"Manager {n % 6}", f"Office {n % 3}"] for n in range(35)),
    )
    _write(
        folder,
        "products.csv",
        ([f"Product {n}", f"Series {n % 3}", str(50 + 700 * n)] for n in range(7)),
    )
    _write(
        folder,
        "accounts.csv",
        ([f"Account {n:02}", "retail", "1990", "251.41", "495", "Kenya", ""] for n in range(85)),
    )
    _write(folder, PIPELINE, (_opportunity(n, draw) for n in range(ROWS)))


def _opportunity(number: int, draw: random.Random) -> list[str]:
    stage = draw.choices(["Prospecting", "Engaging", "Won", "Lost"], [500, 1589, 4238, 2473])[0]
    engaged = date(2016, 10, 20) + timedelta(draw.randrange(430))
    closed = engaged + timedelta(draw.randrange(1, 138))
    has_account = stage in ("Won", "Lost") or draw.random() < 0.32
    return [
        f"{draw.randrange(36**8):08X}{number}",
        f"Agent {draw.randrange(30):02}",
        f"Product {draw.randrange(7)}",
        f"Account {draw.randrange(85):02}" if has_account else "",
        stage,
        engaged.isoformat() if stage != "Prospecting" else "",
        closed.isoformat() if stage in ("Won", "Lost") else "",
        {"Won": str(draw.randrange(30, 30_000)), "Lost": "0"}.get(stage, ""),
    ]


def multiplied(original: Path, folder: Path, times: int) -> Path:
    """The same files with each opportunity `times` times, under different ids."""
    folder.mkdir()
    for name in HEADERS:
        if name != PIPELINE:
            (folder / name).write_bytes((original / name).read_bytes())
    with (original / PIPELINE).open(newline="") as file:
        header, *rows = csv.reader(file)
    with (folder / PIPELINE).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for copy in range(times):
            writer.writerows([f"{row[0]}-{copy}", *row[1:]] for row in rows)
    return folder


def _write(folder: Path, name: str, rows: Iterator[list[str]]) -> None:
    with (folder / name).open("w", newline="") as file:
        file.write(HEADERS[name] + "\r\n")
        csv.writer(file).writerows(rows)
