"""Stages computed overnight and set by hand."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.activities.models import Activity, Outcome
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Channel, Customer
from apps.customers.writing import CustomerGone
from apps.members.lifecycle import LifecycleStage
from apps.members.models import AccessRole, Member, Team
from apps.orders.models import Order
from apps.portfolio.lifecycle.selectors import facts_of, firm_gap_known, life_now, portfolio_of
from apps.portfolio.lifecycle.services import (
    NoReason,
    NothingSet,
    lifecycle_override_cancel,
    lifecycle_override_set,
    lifecycle_update,
    year_before,
)
from apps.portfolio.lifecycle.stage import firm_gap, life_of, median_gap
from apps.portfolio.models import LifecycleChange, LifecycleFigure, LifecycleOverride
from tests.factories import make_customer, make_line, make_member, make_opportunity, make_team
from tests.query_counts import counted

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
NOW = datetime.fromisoformat("2026-11-20T02:00:00+01:00")


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def rep(team: Team) -> Member:
    return make_member(team=team)


def ordered(customer: Customer, *days_ago: int, line: str = "Line", value: int = 100) -> None:
    assert customer.owner is not None
    team = customer.owner.memberships.get().team
    Order.objects.bulk_create(
        Order(
            number=f"{customer.pk}-{line}-{n}-{value}",
            customer=customer,
            line=make_line(line),
            member=customer.owner,
            team=team,
            ordered_on=TODAY - timedelta(days=n),
            value=value,
        )
        for n in days_ago
    )


def reached(customer: Customer) -> None:
    assert customer.owner is not None
    Activity.objects.create(
        customer=customer,
        member=customer.owner,
        channel=Channel.CALL,
        outcome=Outcome.REACHED,
        at=NOW - timedelta(days=3),
    )


def night(day: date = TODAY) -> int:
    return lifecycle_update(as_of=day, at=NOW)


def stage_of(customer: Customer) -> str:
    customer.refresh_from_db()
    return str(customer.lifecycle)


def test_the_statement_says_what_the_rule_says(rep: Member) -> None:
    chance = random.Random(341)
    lines = [make_line(name) for name in ("One", "Two", "Three")]
    for _number in range(60):
        customer = make_customer(owner=rep)
        for line in chance.sample(["One", "Two", "Three"], chance.randrange(3)):
            ages = [chance.randrange(-5, 400) for _ in range(chance.randrange(5))]
            ordered(customer, *set(ages), line=line)
            ordered(customer, chance.randrange(60), line=line, value=-40)
        if chance.random() < 0.4:
            opened = TODAY - timedelta(days=4)
            make_opportunity(("E", opened), owner=rep, customer=customer, line=chance.choice(lines))
        if chance.random() < 0.5:
            reached(customer)

    night()

    found = LifecycleFigure.objects.in_bulk(field_name="customer_id")
    customers = list(Customer.objects.all())
    facts = {customer.pk: facts_of(customer, TODAY) for customer in customers}
    gaps = [gap for one in facts.values() if (gap := median_gap(one.order_days)) is not None]
    stages: set[str] = set()
    for customer in customers:
        life = life_of(facts[customer.pk], firm=firm_gap(gaps), as_of=TODAY)
        figure = found[customer.pk]
        assert figure.stage == customer.lifecycle == life.stage
        assert (figure.median_gap_days, figure.gap_days) == (life.median_gap_days, life.gap_days)
        assert (figure.risk_on, figure.lapses_on) == (life.risk_on, life.lapses_on)
        assert figure.last_ordered_on == life.last_ordered_on
        assert figure.lines == len(facts[customer.pk].lines)
        assert figure.revenue == revenue(customer)
        stages.add(life.stage)
    assert firm_gap_known() == firm_gap(gaps)
    assert stages == set(LifecycleStage)


def revenue(customer: Customer) -> Decimal | None:
    values = [
        order.value
        for order in Order.objects.filter(customer=customer)
        if year_before(TODAY) < order.ordered_on <= TODAY
    ]
    return sum(values, Decimal(0)) if values else None


def test_the_year_before_a_leap_day() -> None:
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)


def test_a_return_is_no_order(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ordered(customer, 3, value=-10)
    ordered(customer, 4, value=0)

    night()

    assert stage_of(customer) == LifecycleStage.ATTRACT


def test_a_second_run_writes_nothing(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ordered(customer, 10)

    assert night() == 1
    assert night() == 0

    change = LifecycleChange.objects.get()
    assert (change.from_stage, change.to_stage, change.on) == ("", "maintain", TODAY)
    assert change.by is None


def test_a_customer_that_stops_ordering_is_to_be_won_back(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ordered(customer, 10)
    night()

    night(TODAY + timedelta(days=49))
    assert stage_of(customer) == LifecycleStage.MAINTAIN
    night(TODAY + timedelta(days=50))

    assert stage_of(customer) == LifecycleStage.WIN_BACK
    assert LifecycleChange.objects.filter(from_stage="maintain", to_stage="win_back").count() == 1


def test_deleted_customers_have_no_figures(rep: Member) -> None:
    customer = make_customer(owner=rep)
    night()
    assert LifecycleFigure.objects.count() == 1
    Customer.objects.filter(pk=customer.pk).update(deleted_at=NOW, lifecycle="")

    assert night() == 0

    assert LifecycleFigure.objects.count() == 0
    assert stage_of(customer) == ""


def test_as_many_statements_for_many_customers(rep: Member) -> None:
    make_customer(owner=rep)
    few = counted(night)
    for _number in range(20):
        make_customer(owner=rep)

    assert counted(night) == few


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────


def test_a_stage_by_hand_needs_a_reason(rep: Member) -> None:
    customer = make_customer(owner=rep)

    with pytest.raises(NoReason):
        lifecycle_override_set(customer=customer, to=LifecycleStage.DEEPEN, reason=" ", by=rep)

    assert not LifecycleOverride.objects.exists()
    assert stage_of(customer) == ""


def test_who_only_reads_the_customer_sets_no_stage(rep: Member) -> None:
    customer = make_customer(owner=rep)
    for other in (make_member(team=make_team()), make_member(AccessRole.ANALYST)):
        with pytest.raises(NotPermitted):
            lifecycle_override_set(
                customer=customer, to=LifecycleStage.DEEPEN, reason="x", by=other
            )

    assert not LifecycleOverride.objects.exists()


def test_a_deleted_customer_takes_no_stage(rep: Member) -> None:
    customer = make_customer(owner=rep, deleted_at=timezone.now())

    with pytest.raises(CustomerGone):
        lifecycle_override_set(customer=customer, to=LifecycleStage.DEEPEN, reason="x", by=rep)


def test_a_stage_by_hand_wins_over_the_night_until_it_is_taken_back(rep: Member) -> None:
    customer = make_customer(owner=rep)
    night()
    assert stage_of(customer) == LifecycleStage.ATTRACT

    lifecycle_override_set(
        customer=customer, to=LifecycleStage.DEEPEN, reason="Sister of a buyer", by=rep
    )
    assert night() == 0
    assert stage_of(customer) == LifecycleStage.DEEPEN
    assert LifecycleFigure.objects.get().stage == LifecycleStage.ATTRACT

    assert lifecycle_override_cancel(customer=customer, by=rep) == LifecycleStage.ATTRACT
    assert stage_of(customer) == LifecycleStage.ATTRACT
    told = LifecycleChange.objects.order_by("pk").values_list("from_stage", "to_stage", "reason")
    assert list(told) == [
        ("", "attract", ""),
        ("attract", "deepen", "Sister of a buyer"),
        ("deepen", "attract", ""),
    ]
    actions = AuditEntry.objects.filter(kind="lifecycleoverride").order_by("pk")
    assert [entry.action for entry in actions] == [
        "lifecycleoverride.set",
        "lifecycleoverride.cancel",
    ]
    assert actions[0].details["reason"] == "Sister of a buyer"


def test_a_second_stage_by_hand_replaces_the_first(rep: Member) -> None:
    customer = make_customer(owner=rep)
    for stage in (LifecycleStage.DEEPEN, LifecycleStage.WIN_BACK):
        lifecycle_override_set(customer=customer, to=stage, reason="because", by=rep)

    standing = LifecycleOverride.objects.get(cancelled_at__isnull=True)
    assert standing.stage == stage_of(customer) == LifecycleStage.WIN_BACK
    assert LifecycleOverride.objects.count() == 2


def test_what_nobody_set_cannot_be_taken_back(rep: Member) -> None:
    customer = make_customer(owner=rep)

    with pytest.raises(NothingSet):
        lifecycle_override_cancel(customer=customer, by=rep)


def test_the_live_stage_needs_no_night(rep: Member) -> None:
    customer = make_customer(owner=rep)
    assert life_now(customer, TODAY).stage == LifecycleStage.ATTRACT

    ordered(customer, 1)

    assert life_now(customer, TODAY).stage == LifecycleStage.MAINTAIN


# ── What a reader sees of it ─────────────────────────────────────────────────────────────────────


def test_the_portfolio_counts_what_the_reader_sees(rep: Member, team: Team) -> None:
    today = Organisation.current().today()
    mine, theirs = make_customer(owner=rep), make_customer(owner=make_member(team=make_team()))
    for customer in (mine, theirs):
        ordered(customer, (TODAY - today).days + 10)
    lifecycle_update(as_of=today)
    lifecycle_override_set(customer=mine, to=LifecycleStage.DEEPEN, reason="x", by=rep)

    as_rep = portfolio_of(rep)
    as_director = portfolio_of(make_member(AccessRole.DIRECTOR))

    assert {row.stage: row.customers for row in as_rep.rows if row.customers} == {"deepen": 1}
    assert {row.stage: row.customers for row in as_director.rows if row.customers} == {
        "maintain": 1,
        "deepen": 1,
    }
    assert (as_rep.revenue, as_director.revenue) == (Decimal(100), Decimal(200))
    assert (as_rep.moved, as_director.moved) == (1, 1)
    assert dict(dict(as_rep.moves)[LifecycleStage.MAINTAIN])[LifecycleStage.DEEPEN] == 1
    assert portfolio_of(make_member(AccessRole.HR)).customers == 0
