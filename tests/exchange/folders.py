"""Small folders in the layout of the shipped map, to be changed by each test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from apps.customers.models import Customer
from apps.funnel.models import LevelChange, Opportunity
from apps.members.models import Member, Membership, Team
from apps.orders.models import Order
from apps.products.models import Product, ProductLine

FILES = {
    "sales_teams.csv": (
        "sales_agent,manager,regional_office\nAnn Ash,Mia May,North\nBob Bay,Mia May,North\n"
        "Cid Cox,Max Moor,South\n"
    ),
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\nMG Special,MG,55\n",
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Acme,technolgy,1996,1100.04,2822,United States,\n"
        "Beta,medical,1999,251.41,495,Kenya,Acme\n"
    ),
    "sales_pipeline.csv": (
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "O1,Ann Ash,GTXPro,Acme,Won,2017-03-01,2017-04-01,4500\n"
        "O2,Ann Ash,MG Special,Beta,Lost,2017-03-02,2017-04-02,0\n"
        "O3,Bob Bay,MG Special,Acme,Engaging,2017-05-01,,\n"
        "O4,Cid Cox,GTX Pro,,Prospecting,,,\n"
        "O5,Cid Cox,MG Special,Beta,Won,2017-06-01,2017-06-30,60\n"
    ),
}
ROWS = len(FILES["sales_pipeline.csv"].splitlines()) - 1
WRITTEN = (
    Customer, LevelChange, Member, Membership, Opportunity, Order, Product, ProductLine, Team,
)  # fmt: skip


@dataclass
class Outcome:
    """What a run of the command left behind."""

    code: int
    message: str
    out: dict[str, Any]

    @property
    def rejected(self) -> list[tuple[str, int, str, str]]:
        rows = self.out["rejected"]["rows"]
        return [(row["file"], row["line"], row["column"], row["reason"]) for row in rows]


def make_folder(folder: Path, **changed: str | bytes | None) -> Path:
    """A folder with the files above; `pipeline="…"` replaces one, `None` leaves it out."""
    short = {"teams": "sales_teams.csv", "products": "products.csv", "accounts": "accounts.csv"}
    short["pipeline"] = "sales_pipeline.csv"
    contents: dict[str, str | bytes | None] = {**FILES}
    contents.update({short[name]: content for name, content in changed.items()})
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        if content is not None:
            data = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(data)
    return folder


def edited(file: str, change: Callable[[str], str]) -> str:
    """The content of a file after a change, which must change it."""
    content = change(FILES[file])
    assert content != FILES[file]
    return content


def pipeline_with(old: str, new: str) -> str:
    return edited("sales_pipeline.csv", lambda text: text.replace(old, new))


def run(folder: Path, *arguments: str) -> Outcome:
    """The command as a script would call it, with its exit code."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_pipeline", str(folder), "--json", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return Outcome(error.returncode, str(error), json.loads(out.getvalue()))
    return Outcome(0, "", json.loads(out.getvalue()))


def counts() -> dict[str, int]:
    """How many rows there are of everything that an import writes."""
    return {model.__name__: model._default_manager.count() for model in WRITTEN}
