"""The real data set: the numbers that must hold, computed a second time from the files alone."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, Sum
from psycopg2 import sql

from apps.exchange.mapping import choose
from apps.exchange.services import Options, Result, import_pipeline
from apps.funnel.models import LevelChange, Opportunity
from apps.members.models import AccessRole, Member, Team
from apps.orders.models import Order
from tests.shared_data import MAVEN, needs_maven

pytestmark = [needs_maven, pytest.mark.django_db]

# Columns that refer to another table, whose per-row checks the import replaces by its own.
FOREIGN_KEYS = """
SELECT child.relname, attribute.attname, parent.relname
FROM pg_constraint AS fk
JOIN pg_class AS child ON child.oid = fk.conrelid
JOIN pg_class AS parent ON parent.oid = fk.confrelid
JOIN pg_attribute AS attribute
  ON attribute.attrelid = fk.conrelid AND attribute.attnum = fk.conkey[1]
WHERE fk.contype = 'f'
  AND child.relname IN ('funnel_opportunity', 'funnel_levelchange', 'orders_order')
"""


@pytest.fixture
def maven() -> Result:
    return import_pipeline(folder=MAVEN, layout=choose(MAVEN), options=Options())


def rows(name: str) -> Iterator[dict[str, str]]:
    with (MAVEN / name).open(newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.floor
def test_numbers_of_the_whole_set(maven: Result) -> None:
    states = dict(Opportunity.objects.values_list("state").annotate(Count("pk")))
    stock = dict(
        Opportunity.objects.filter(state="open").values_list("level__code").annotate(Count("pk"))
    )

    assert Opportunity.objects.count() == 8_800
    assert states == {"won": 4_238, "lost": 2_473, "open": 2_089}
    assert stock == {"E": 500, "C": 1_589}
    assert Order.objects.aggregate(total=Sum("value"))["total"] == Decimal(10_005_534)
    assert Opportunity.objects.without_customer().count() == 1_425 == maven.without_customer
    assert LevelChange.objects.count() == 8_800 + 4_238 + 2_473
    assert maven.rejected_count == 0


def test_people_and_teams(maven: Result) -> None:
    reps = Member.objects.filter(access_role=AccessRole.REP)
    offices = Team.objects.filter(children__lead__isnull=False).distinct()

    assert reps.count() == 35
    assert Member.objects.filter(access_role=AccessRole.MANAGER).count() == 6
    assert set(offices.values_list("name", flat=True)) == {"Central", "East", "West"}
    assert reps.filter(opportunities__isnull=True).count() == 5
    assert Team.objects.filter(parent=None).count() == 1


def test_each_manager_sees_exactly_the_sum_of_their_own_people(maven: Result) -> None:
    manager_of = {row["sales_agent"]: row["manager"] for row in rows("sales_teams.csv")}
    won: dict[str, Decimal] = defaultdict(Decimal)
    opportunities: dict[str, int] = defaultdict(int)
    for row in rows("sales_pipeline.csv"):
        opportunities[manager_of[row["sales_agent"]]] += 1
        if row["deal_stage"] == "Won":
            won[manager_of[row["sales_agent"]]] += Decimal(row["close_value"])

    managers = Member.objects.filter(access_role=AccessRole.MANAGER)
    seen = {
        manager.name: Order.objects.visible_to(manager).aggregate(total=Sum("value"))["total"]
        for manager in managers
    }
    counted = {m.name: Opportunity.objects.visible_to(m).count() for m in managers}

    assert seen == dict(won)
    assert counted == dict(opportunities)
    assert sum(seen.values()) == Decimal(10_005_534)


def test_dirt_of_the_files_is_put_right(maven: Result) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM products_product WHERE name = 'GTXPro'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM customers_customer WHERE industry = 'technology'")
        assert cursor.fetchone() == (12,)
    assert Opportunity.objects.filter(product__name="GTX Pro").count() == 1_480


def test_second_import_changes_nothing(maven: Result) -> None:
    again = import_pipeline(folder=MAVEN, layout=choose(MAVEN), options=Options())

    for kind, counts in again.counts.items():
        assert (counts.created, counts.updated, counts.rejected) == (0, 0, 0), kind
        assert counts.unchanged == counts.read == maven.counts[kind].read, kind


def test_every_reference_points_at_a_row(maven: Result) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS)
        keys = cursor.fetchall()
        assert len(keys) == 18
        for child, column, parent in keys:
            dangling = sql.SQL(
                "SELECT count(*) FROM {child} WHERE {column} IS NOT NULL "
                "AND NOT EXISTS (SELECT FROM {parent} WHERE id = {child}.{column})"
            )
            names = {"child": child, "column": column, "parent": parent}
            parts = {key: sql.Identifier(name) for key, name in names.items()}
            cursor.execute(dangling.format(**parts))
            assert cursor.fetchone() == (0,), (child, column)


def test_undated_rows_are_the_prospects_alone(maven: Result) -> None:
    undated = LevelChange.objects.filter(is_dated=False)

    assert undated.count() == 500
    assert set(undated.values_list("on", "to_level__code")) == {(date(2017, 12, 31), "E")}
