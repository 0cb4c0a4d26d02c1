"""A customer's last order is right whatever writes, moves or deletes the orders."""

from datetime import date

import pytest
from django.db import connection

from apps.customers.models import Customer
from apps.members.models import Member
from apps.orders.models import Order
from tests.factories import make_customer, make_member, make_order, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep(db: None) -> Member:
    return make_member(team=make_team())


def last_order(customer: Customer) -> date | None:
    customer.refresh_from_db()
    return customer.last_ordered_on


def test_without_an_order_there_is_none(rep: Member) -> None:
    assert last_order(make_customer(owner=rep)) is None


def test_the_latest_day_counts_in_whatever_order_they_are_written(rep: Member) -> None:
    customer = make_customer(owner=rep)
    make_order(member=rep, value=10, on=date(2026, 3, 5), customer=customer)

    make_order(member=rep, value=10, on=date(2026, 2, 1), customer=customer)

    assert last_order(customer) == date(2026, 3, 5)


def test_a_return_is_no_order(rep: Member) -> None:
    customer = make_customer(owner=rep)
    make_order(member=rep, value=10, on=date(2026, 3, 5), customer=customer)

    make_order(member=rep, value=-10, on=date(2026, 3, 9), customer=customer)
    make_order(member=rep, value=0, on=date(2026, 3, 10), customer=customer)

    assert last_order(customer) == date(2026, 3, 5)


def test_orders_that_move_to_another_customer_count_there(rep: Member) -> None:
    first, second = make_customer(owner=rep), make_customer(owner=rep)
    make_order(member=rep, value=10, on=date(2026, 1, 5), customer=first)
    moved = make_order(member=rep, value=10, on=date(2026, 3, 5), customer=first)

    Order.objects.filter(pk=moved.pk).update(customer=second)

    assert (last_order(first), last_order(second)) == (date(2026, 1, 5), date(2026, 3, 5))


def test_an_order_that_becomes_a_return_counts_no_more(rep: Member) -> None:
    customer = make_customer(owner=rep)
    order = make_order(member=rep, value=10, on=date(2026, 3, 5), customer=customer)

    Order.objects.filter(pk=order.pk).update(value=-10)

    assert last_order(customer) is None


def test_a_deleted_order_counts_no_more(rep: Member) -> None:
    customer = make_customer(owner=rep)
    make_order(member=rep, value=10, on=date(2026, 1, 5), customer=customer)
    latest = make_order(member=rep, value=10, on=date(2026, 3, 5), customer=customer)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_order WHERE id = %s", [latest.pk])

    assert last_order(customer) == date(2026, 1, 5)


def test_an_order_without_customer_changes_nobody(rep: Member) -> None:
    customer = make_customer(owner=rep)

    make_order(member=rep, value=10, on=date(2026, 3, 5))

    assert last_order(customer) is None
