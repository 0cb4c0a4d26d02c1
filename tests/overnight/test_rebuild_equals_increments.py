"""Night by night, whatever arrives late or is taken back, the facts are those of a rebuild."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.members.models import Member
from apps.metrics import selectors
from apps.metrics.models import DayFact, LevelRate
from apps.orders.models import Order
from apps.overnight import services
from apps.overnight.models import RunKind
from tests.factories import make_member, make_order, make_team
from tests.metrics.histories import FIRST, Change, histories, record

pytestmark = pytest.mark.django_db

Event = tuple[str, Any]
days = st.integers(0, 100).map(lambda n: FIRST + timedelta(days=n))
events = st.one_of(
    st.tuples(st.just("history"), histories()),
    st.tuples(st.just("order"), st.tuples(days, st.integers(-5000, 99999), st.integers(0, 1))),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("correct"), st.tuples(st.integers(0, 9), days, st.integers(0, 99999))),
)
nights = st.lists(st.lists(events, max_size=3), min_size=1, max_size=4)


def figures() -> tuple[set[Any], set[Any]]:
    facts = DayFact.objects.values_list(
        "day", "member", "team", "metric", "level", "count", "amount"
    )
    rates = LevelRate.objects.values_list(
        "as_of", "level", "team", "member", "entered", "ups", "lost", "dwell_n",
        "dwell_median_days", "dwell_p80_days",
    )  # fmt: skip
    return set(facts), set(rates)


def sums() -> tuple[Any, ...]:
    """What a page shows: before the night partly live, after it from the facts."""
    totals = selectors.totals(selectors.scope_of_all(), FIRST, date(2018, 12, 31))
    return totals.revenue, totals.closed, totals.previous_revenue, totals.previous_closed


def happen(event: Event, reps: list[Member]) -> None:
    kind, what = event
    if kind == "history":
        changes: list[Change] = what
        record(changes, reps, value=7)
    elif kind == "order":
        day, cents, number = what
        make_order(member=reps[number], value=Decimal(cents) / 100, on=day)
    elif kind == "delete" and (order := _order(what)) is not None:
        order.delete()
    elif kind == "correct" and (order := _order(what[0])) is not None:
        order.ordered_on, order.value = what[1], Decimal(what[2]) / 100
        order.save()


def _order(number: int) -> Order | None:
    orders = list(Order.objects.order_by("pk"))
    return orders[number % len(orders)] if orders else None


def run(kind: RunKind, day: date) -> None:
    services.run_finish(run=services.run_begin(kind=kind, through_on=day, by=None))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(nights=nights)
def test_increments_equal_a_rebuild(nights: list[list[Event]]) -> None:
    with transaction.atomic():
        office = make_team()
        reps = [make_member(team=make_team(parent=office)), make_member(team=office)]
        day = FIRST
        for night in nights:
            for event in night:
                happen(event, reps)
            live = sums()
            day += timedelta(days=40)
            run(RunKind.NIGHTLY, day)
            assert sums() == live
        increments = figures()
        run(RunKind.REBUILD, day)
        rebuilt = figures()
        transaction.set_rollback(True)

    assert increments == rebuilt
