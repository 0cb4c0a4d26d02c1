"""Paging by key: every row once, in order, in both directions, whatever the sort."""

import random
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from apps.core.paging import BadCursor, Order, keyset_page
from apps.customers.models import Customer
from tests.factories import make_customer, make_member

pytestmark = pytest.mark.django_db

ORDERS = {
    "name": [Order("name")],
    "name, last first": [Order("name", descending=True)],
    "employees": [Order("employees", is_nullable=True)],
    "employees, most first": [Order("employees", descending=True, is_nullable=True)],
    "revenue": [Order("annual_revenue", descending=True, is_nullable=True)],
    "owner": [Order("owner__name", is_nullable=True)],
    "mixed": [Order("region", descending=True), Order("employees", is_nullable=True)],
    "created": [Order("created_at", descending=True)],
    "nothing but the key": [],
}


@pytest.fixture
def customers() -> QuerySet[Customer]:
    chance = random.Random(3)
    owners = [make_member(name="Ada"), make_member(name="Zoë"), None]
    for _number in range(23):
        make_customer(
            name=f"Customer {chance.randrange(8)}",
            owner=chance.choice(owners),
            employees=chance.choice([None, 1, 5, 5, 90]),
            annual_revenue=chance.choice([None, Decimal("0.10"), Decimal("1000000.01")]),
            region=chance.choice(["North", "South", ""]),
        )
    return Customer.objects.order_by("pk")


def sorted_in_python(rows: list[Customer], order: list[Order]) -> list[int]:
    """The rows' keys in the order, by a stable sort for each key from the last to the first."""
    result = sorted(rows, key=lambda row: row.pk, reverse=bool(order) and order[-1].descending)
    for key in reversed(order):

        def value(row: Customer, path: str = key.field) -> object:
            found: object = row
            for part in path.split("__"):
                found = getattr(found, part, None)
            return found

        known = [row for row in result if value(row) is not None]
        known.sort(key=value, reverse=key.descending)  # type: ignore[arg-type]
        result = known + [row for row in result if value(row) is None]
    return [row.pk for row in result]


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize("size", [1, 4, 23, 25])
def test_every_row_appears_once_in_order_forward_and_back(
    customers: QuerySet[Customer], order: list[Order], size: int
) -> None:
    expected = sorted_in_python(list(customers.select_related("owner")), order)

    forward, cursors, cursor = [], [], None
    for _page in range(len(expected) + 1):
        page = keyset_page(customers, order=order, cursor=cursor, size=size)
        forward.append([row.pk for row in page.rows])
        cursors.append(page.previous_cursor)
        cursor = page.next_cursor
        if cursor is None:
            break
    backward = [forward[-1]]
    cursor = cursors[-1]
    for _page in range(len(expected) + 1):
        if cursor is None:
            break
        page = keyset_page(customers, order=order, cursor=cursor, size=size)
        backward.insert(0, [row.pk for row in page.rows])
        cursor = page.previous_cursor

    assert [pk for page in forward for pk in page] == expected
    assert [pk for page in backward for pk in page] == expected
    assert cursors[0] is None


def test_a_row_added_before_the_page_shifts_nothing(customers: QuerySet[Customer]) -> None:
    order = [Order("name")]
    first = keyset_page(customers, order=order, size=5)
    untouched = keyset_page(customers, order=order, cursor=first.next_cursor, size=5)

    make_customer(name="AAA")

    again = keyset_page(customers, order=order, cursor=first.next_cursor, size=5)
    assert [row.pk for row in again.rows] == [row.pk for row in untouched.rows]


def test_going_back_over_rows_that_have_gone_gives_a_whole_first_page(
    customers: QuerySet[Customer],
) -> None:
    order = [Order("name")]
    first = keyset_page(customers, order=order, size=5)
    second = keyset_page(customers, order=order, cursor=first.next_cursor, size=5)
    for row in first.rows[:3]:
        row.delete()

    back = keyset_page(customers, order=order, cursor=second.previous_cursor, size=5)

    expected = sorted_in_python(list(customers), order)[:5]
    assert [row.pk for row in back.rows] == expected
    assert back.previous_cursor is None


def test_going_on_after_everything_there_has_gone_gives_the_last_page(
    customers: QuerySet[Customer],
) -> None:
    order = [Order("name")]
    first = keyset_page(customers, order=order, size=5)
    customers.exclude(pk__in=[row.pk for row in first.rows]).delete()

    page = keyset_page(customers, order=order, cursor=first.next_cursor, size=5)

    assert [row.pk for row in page.rows] == [row.pk for row in first.rows]
    assert page.next_cursor is None


def test_no_rows_is_one_empty_page() -> None:
    page = keyset_page(Customer.objects.all(), order=[Order("name")])

    assert (page.rows, page.next_cursor, page.previous_cursor) == ([], None, None)


@pytest.mark.parametrize("cursor", ["x", "\x00", "eyJhIjoxfQ:abc", "é:é", ":" * 5000])
def test_a_text_that_is_no_cursor_is_refused(customers: QuerySet[Customer], cursor: str) -> None:
    with pytest.raises(BadCursor):
        keyset_page(customers, order=[Order("name")], cursor=cursor)


def test_a_cursor_of_another_order_is_refused(customers: QuerySet[Customer]) -> None:
    cursor = keyset_page(customers, order=[Order("name")], size=5).next_cursor

    with pytest.raises(BadCursor):
        keyset_page(customers, order=[Order("name", descending=True)], cursor=cursor)


def test_a_page_by_an_index_is_found_by_comparing_whole_keys(customers: QuerySet[Customer]) -> None:
    order = [Order("name")]
    cursor = keyset_page(customers, order=order, size=5).next_cursor
    with CaptureQueriesContext(connection) as queries:
        keyset_page(customers, order=order, cursor=cursor, size=5)

    assert len(queries) == 1
    whole_keys = 'ROW("customers_customer"."name", "customers_customer"."id") > (ROW('
    assert whole_keys in queries[0]["sql"]
    assert "NULLS" not in queries[0]["sql"]
