"""Recording orders: credited to the team of the day, numbers given once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.core.models import AuditEntry, DirtyDay
from apps.members.services import NoTeam, membership_start
from apps.orders.models import Order
from tests.factories import make_member, make_order, make_team

pytestmark = pytest.mark.django_db

JAN, MAR = date(2026, 1, 1), date(2026, 3, 1)


def test_an_order_is_credited_to_the_team_of_its_day() -> None:
    first, second = make_team(), make_team()
    member = make_member(team=first)
    membership_start(member=member, team=second, starts_on=MAR, by=None)

    before = make_order(member=member, value=10, on=date(2026, 2, 28))
    after = make_order(member=member, value=10, on=MAR)

    assert (before.team, after.team) == (first, second)
    assert AuditEntry.objects.filter(action="order.create").count() == 2
    assert set(DirtyDay.objects.filter(source="orders").values_list("day", flat=True)) == {
        date(2026, 2, 28),
        MAR,
    }


def test_who_has_no_team_is_credited_with_nothing() -> None:
    with pytest.raises(NoTeam, match="belongs to no team on that day"):
        make_order(member=make_member(), value=10, on=JAN)

    assert Order.objects.count() == 0


def test_a_number_is_given_once() -> None:
    member = make_member(team=make_team())
    make_order(member=member, value=10, on=JAN, number="A-1")

    with pytest.raises(ValidationError, match="already exists"):
        make_order(member=member, value=10, on=JAN, number="A-1")

    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "cost", "profit", "margin"),
    [
        ("200.00", "150.00", Decimal("50.00"), Decimal("0.25")),
        ("200.00", None, None, None),
        ("0.00", "10.00", Decimal("-10.00"), None),
        ("-100.00", "-60.00", Decimal("-40.00"), Decimal("0.4")),
    ],
)
def test_profit_and_margin_need_a_known_cost(
    value: str, cost: str | None, profit: Decimal | None, margin: Decimal | None
) -> None:
    order = Order(value=Decimal(value), cost=None if cost is None else Decimal(cost))

    assert order.gross_profit == profit
    assert order.margin_rate == margin


def test_moving_an_order_to_another_day_marks_both_days() -> None:
    order = make_order(member=make_member(team=make_team()), value=10, on=JAN)
    DirtyDay.objects.all().delete()

    Order.objects.filter(pk=order.pk).update(ordered_on=MAR)

    assert set(DirtyDay.objects.values_list("day", flat=True)) == {JAN, MAR}
