"""Tiers of real customers equal an independent computation with pandas, worth to the cent.

How the files become orders: an invoice of a customer is one order on its day; its value is the sum
of its lines, returns are negative. A line that stands twice in every column is one line, exported
twice, and counts once. Lines without a customer are nobody's and count nowhere.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from apps.customers.models import Customer
from apps.members.models import Member
from apps.orders.models import Order
from apps.portfolio.models import TierFigure, TierMode, TierRule
from apps.portfolio.tiers.ranking import months_before
from apps.portfolio.tiers.services import tiers_update
from apps.sample.copying import analyze, copy_rows, reserve_ids
from tests.factories import make_line, make_member, make_team, noon
from tests.shared_data import (
    ADVENTUREWORKS,
    TRANSACTIONS,
    needs_adventureworks,
    needs_transactions,
)

pytestmark = pytest.mark.django_db

# Orders as columns: customer (its key in the file), on (day), value and cost in cents or none.
type Orders = pd.DataFrame


def online_retail() -> Orders:
    try:
        lines = pd.read_parquet(TRANSACTIONS / "online_retail_first7months.parquet")
    except ImportError:
        pytest.skip("reading parquet needs fastparquet or pyarrow, which are not installed")
    assert (len(lines), int(lines.duplicated().sum())) == (245_903, 2_012)
    lines = lines.drop_duplicates().dropna(subset=["CustomerID"])
    cents = (lines["Quantity"] * (lines["UnitPrice"] * 1000).round() / 10).round()
    lines = lines.assign(
        value=cents.astype("int64"), on=pd.to_datetime(lines["InvoiceDate"]).dt.date
    )
    keys = ["InvoiceNo", "CustomerID", "on"]
    found: Orders = lines.groupby(keys, as_index=False)[["value"]].sum()
    return found.assign(cost=None).rename(columns={"CustomerID": "customer"})


def cdnow() -> Orders:
    columns = ["all", "customer", "on", "units", "value"]
    rows = pd.read_csv(
        TRANSACTIONS / "CDNOW_sample_first39wk.txt", sep=r"\s+", names=columns, dtype=str
    )
    return pd.DataFrame(
        {
            "customer": rows["customer"],
            "on": pd.to_datetime(rows["on"]).dt.date,
            "value": [int(Decimal(value) * 100) for value in rows["value"]],
            "cost": None,
        }
    )


def adventureworks() -> Orders:
    rows = pd.read_csv(ADVENTUREWORKS / "Sales_to_2019-06.csv", sep="|", dtype=str)
    for name, column in (("value", "Sales"), ("cost", "Cost")):
        rows[name] = [round(Decimal(text) * 100) for text in rows[column]]
    rows["on"] = pd.to_datetime(rows["OrderDate"]).dt.date
    keys = ["SalesOrderNumber", "ResellerKey", "on"]
    found = rows.groupby(keys, as_index=False)[["value", "cost"]].sum()
    return found.rename(columns={"ResellerKey": "customer"})


SETS = [
    pytest.param(online_retail, date(2023, 6, 30), marks=needs_transactions, id="online-retail"),
    pytest.param(cdnow, date(1997, 9, 30), marks=needs_transactions, id="cdnow"),
    pytest.param(
        adventureworks, date(2019, 6, 30), marks=needs_adventureworks, id="adventureworks"
    ),
]


def load(orders: Orders) -> dict[Any, int]:
    """Real rows of customers and orders, by COPY; the key of the file → the customer's id."""
    rep = make_member(team=make_team())
    first = orders.groupby("customer")["on"].min()
    ids = dict(zip(first.index, reserve_ids(Customer, len(first)), strict=True))
    fields = ("id", "name", "industry", "region", "source", "is_sample", "created_at")
    copy_rows(
        Customer,
        fields,
        (
            (ids[key], f"Customer {key}", "", "", "", False, noon(day).isoformat())
            for key, day in first.items()
        ),
    )
    copy_rows(
        Order,
        ("number", "customer", "line", "member", "team", "ordered_on", "value", "cost",
         "is_sample", "created_at"),
        rows_of(orders, ids, rep),
    )  # fmt: skip
    analyze([Customer, Order])
    return ids


def rows_of(orders: Orders, ids: dict[Any, int], rep: Member) -> Iterator[tuple[Any, ...]]:
    line, team = make_line().pk, rep.memberships.get().team_id
    for number, row in enumerate(orders.itertuples()):
        cost = None if pd.isna(row.cost) else Decimal(int(row.cost)) / 100  # type: ignore[arg-type]
        value = Decimal(int(row.value)) / 100  # type: ignore[arg-type]
        yield (
            f"R-{number}", ids[row.customer], line, rep.pk, team, row.on, value, cost, False,
            noon(row.on).isoformat(),  # type: ignore[arg-type]
        )  # fmt: skip


def expected(orders: Orders, ids: dict[Any, int], as_of: date, mode: str) -> pd.DataFrame:
    """Tier by tier with pandas, by the handbook's words, sharing no code with the product."""
    created = orders.groupby("customer")["on"].min()
    after = months_before(as_of, 12)
    seen = orders[(orders["on"] > after) & (orders["on"] <= as_of)]
    worth = seen["value"] - seen["cost"].fillna(0).astype("int64")
    table = worth.groupby(seen["customer"]).sum().to_frame("worth")
    table["created"] = created
    table["id"] = [ids[key] for key in table.index]
    table = table.sort_values(["worth", "created", "id"], ascending=[False, True, True])
    table["rank"] = range(1, len(table) + 1)
    if mode == "count":
        reached, first, second = table["rank"] * 100, 20 * len(table), 50 * len(table)
    else:
        positive = table["worth"].clip(lower=0)
        reached, total = positive.cumsum() * 100, int(positive.sum())
        first, second = 80 * total, 95 * total
    table["tier"] = "C"
    table.loc[reached <= second, "tier"] = "B"
    table.loc[reached <= first, "tier"] = "A"
    return table.set_index("id")


@pytest.mark.parametrize(("read", "as_of"), SETS)
def test_tiers_of_real_customers_equal_those_of_pandas(read: Any, as_of: date) -> None:
    orders = read()
    ids = load(orders)
    for mode in TierMode.values:
        TierRule.current()
        TierRule.objects.update(mode=mode, runs_to_change=1)
        Customer.objects.update(tier="", is_tier_provisional=False)

        tiers_update(as_of=as_of)

        table = expected(orders, ids, as_of, mode)
        found = TierFigure.objects.rated().values_list(
            "customer", "worth", "rank", "computed", "customer__tier"
        )
        rows = {pk: (worth, rank, tier, applied) for pk, worth, rank, tier, applied in found}
        assert len(rows) == len(table)
        for row in table.itertuples():
            worth = (Decimal(int(row.worth)) / 100).quantize(Decimal("0.01"))  # type: ignore[arg-type]
            assert rows[row.Index] == (worth, row.rank, row.tier, row.tier)
        counts = table["tier"].value_counts()
        assert set(counts.index) == {"A", "B", "C"}
