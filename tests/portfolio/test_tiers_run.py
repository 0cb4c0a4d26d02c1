"""The nightly run: what it finds equals the plain rules, and what it applies has held."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.customers.models import Customer, Merge, Tier
from apps.members.models import AccessRole, Member
from apps.orders.models import Order
from apps.portfolio.models import TierChange, TierFigure, TierOverride, TierRule
from apps.portfolio.tiers import statements
from apps.portfolio.tiers.hysteresis import Found, Standing, after_run
from apps.portfolio.tiers.ranking import Candidate, Sale, places, worth_of
from apps.portfolio.tiers.rule import borders_of, first_day, parameters
from apps.portfolio.tiers.services import tier_override_set, tiers_update
from tests.factories import make_customer, make_line, make_member, make_order, make_team

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


@pytest.fixture
def rep() -> Member:
    return make_member(team=make_team())


def sell(rep: Member, customer: Customer, value: str | int, on: date = DAY, **more: Any) -> None:
    make_order(member=rep, customer=customer, value=value, on=on, **more)


@pytest.fixture
def base(rep: Member) -> list[Customer]:
    """Ten customers with orders of 1,000, 900 … 100: two of Tier A, three B, five C."""
    customers = [make_customer(owner=rep, name=f"No {n}") for n in range(10)]
    for n, customer in enumerate(customers):
        sell(rep, customer, 1000 - 100 * n)
    return customers


def tier_of(customer: Customer) -> str:
    customer.refresh_from_db()
    return customer.tier + ("?" if customer.is_tier_provisional else "")


def changes_of(customer: Customer) -> list[tuple[str, str, str]]:
    rows = TierChange.objects.filter(customer=customer).order_by("pk")
    return [(row.from_tier, row.to_tier, row.kind) for row in rows]


def test_without_orders_and_score_nobody_is_rated() -> None:
    customer = make_customer()

    assert tiers_update(as_of=DAY) == 0
    assert tier_of(customer) == ""
    assert not TierFigure.objects.exists()
    assert not TierChange.objects.exists()


def test_the_first_rating_applies_at_once_with_its_figures(base: list[Customer]) -> None:
    assert tiers_update(as_of=DAY) == 10

    assert "".join(tier_of(customer) for customer in base) == "AABBBCCCCC"
    figure = TierFigure.objects.get(customer=base[2])
    assert (figure.worth, figure.revenue, figure.orders) == (Decimal(800), Decimal(800), 1)
    assert (figure.rank, figure.computed, figure.basis) == (3, "B", "revenue")
    assert figure.cumulative_share == Decimal("0.49090909")
    change = TierChange.objects.get(customer=base[2])
    assert (change.from_tier, change.to_tier, change.kind) == ("", "B", "computed")
    assert (change.on, change.worth, change.rank, change.rated) == (DAY, Decimal(800), 3, 10)


def test_orders_outside_the_window_and_of_the_future_do_not_count(rep: Member) -> None:
    early, first, last, later = (make_customer(owner=rep) for _ in range(4))
    sell(rep, early, 9, on=date(2025, 3, 31))
    sell(rep, first, 9, on=date(2025, 4, 1))
    sell(rep, last, 9, on=DAY)
    sell(rep, later, 9, on=day(1))

    tiers_update(as_of=DAY)

    rated = TierFigure.objects.rated().values_list("customer", flat=True)
    assert set(rated) == {first.pk, last.pk}
    assert first_day(TierRule.current(), DAY) == date(2025, 4, 1)


def test_a_customer_with_returns_alone_is_rated_last(rep: Member) -> None:
    giver, buyer = make_customer(), make_customer()
    sell(rep, giver, -50)
    sell(rep, buyer, 10, cost=Decimal(4))

    tiers_update(as_of=DAY)

    assert (tier_of(buyer), tier_of(giver)) == ("A", "C")
    assert TierFigure.objects.get(customer=giver).worth == Decimal(-50)
    assert TierFigure.objects.get(customer=buyer).basis == "profit"


def test_a_flapping_customer_never_changes(rep: Member, base: list[Customer]) -> None:
    tiers_update(as_of=DAY)
    second, third = base[1], base[2]

    for number in range(1, 13):
        if number % 3:  # two runs in a row, then back
            sell(rep, third, 150, on=day(number), number="spike") if number % 3 == 1 else None
        else:
            Order.objects.filter(number="spike").delete()
        tiers_update(as_of=day(number))

        assert (tier_of(second), tier_of(third)) == ("A", "B")
    assert len(changes_of(third)) == 1


def test_a_change_that_holds_on_three_runs_in_a_row_is_applied(
    rep: Member, base: list[Customer]
) -> None:
    tiers_update(as_of=DAY)
    sell(rep, base[9], 5000, on=day(1))

    for number, runs in ((1, 1), (2, 2)):
        tiers_update(as_of=day(number))
        figure = TierFigure.objects.get(customer=base[9])
        assert (figure.computed, figure.pending, figure.pending_runs) == ("A", "A", runs)
        assert tier_of(base[9]) == "C"
    tiers_update(as_of=day(3))

    assert tier_of(base[9]) == "A"
    assert tier_of(base[1]) == "B"
    assert changes_of(base[9]) == [("", "C", "computed"), ("C", "A", "computed")]
    assert TierFigure.objects.get(customer=base[9]).pending_runs == 0


def test_a_run_again_for_the_same_day_counts_once_and_writes_nothing_new(
    rep: Member, base: list[Customer]
) -> None:
    tiers_update(as_of=DAY)
    sell(rep, base[9], 5000, on=day(1))

    for _again in range(5):
        tiers_update(as_of=day(1))

    assert TierFigure.objects.get(customer=base[9]).pending_runs == 1
    assert tier_of(base[9]) == "C"
    assert TierChange.objects.count() == 10


def test_a_run_for_a_day_before_the_latest_one_changes_nothing(
    rep: Member, base: list[Customer]
) -> None:
    tiers_update(as_of=DAY)
    before = list(TierFigure.objects.order_by("pk").values())
    sell(rep, base[9], 5000, on=day(-5))

    assert tiers_update(as_of=day(-1)) == 0

    assert list(TierFigure.objects.order_by("pk").values()) == before


def test_who_stops_buying_is_unrated_after_three_runs(rep: Member, base: list[Customer]) -> None:
    tiers_update(as_of=DAY)
    Order.objects.filter(customer=base[0]).update(ordered_on=date(2020, 1, 1))

    for number in (1, 2):
        tiers_update(as_of=day(number))
        figure = TierFigure.objects.get(customer=base[0])
        assert (figure.worth, figure.rank, figure.pending) == (None, None, "")
        assert (tier_of(base[0]), figure.pending_runs) == ("A", number)
    tiers_update(as_of=day(3))
    tiers_update(as_of=day(4))

    assert tier_of(base[0]) == ""
    assert changes_of(base[0])[-1] == ("A", "", "computed")
    assert not TierFigure.objects.filter(customer=base[0]).exists()


def test_a_potential_score_gives_a_provisional_tier_until_the_first_order(rep: Member) -> None:
    prospect = make_customer(potential_score=11)
    parked = make_customer(potential_score=12, screening="parked")
    lapsed = make_customer(potential_score=12)
    sell(rep, lapsed, 10, on=date(2020, 1, 1))

    tiers_update(as_of=DAY)
    assert (tier_of(prospect), tier_of(parked), tier_of(lapsed)) == ("A?", "C?", "")

    Customer.objects.filter(pk=prospect.pk).update(potential_score=9)
    tiers_update(as_of=day(1))
    assert tier_of(prospect) == "B?"

    sell(rep, prospect, 10, on=day(2))
    tiers_update(as_of=day(2))
    assert tier_of(prospect) == "A"
    assert changes_of(prospect) == [
        ("", "A", "provisional"),
        ("A", "B", "provisional"),
        ("B", "A", "computed"),
    ]


def test_an_override_wins_until_its_end_and_is_ended_with_a_change(base: list[Customer]) -> None:
    admin, last = make_member(AccessRole.ADMIN), base[9]
    with time_machine.travel(datetime(2026, 4, 1, 12, tzinfo=UTC)):
        tiers_update(as_of=DAY)
        tier_override_set(
            customer=last, tier=Tier.A, reason="Strategic", ends_on=date(2026, 4, 3), by=admin
        )
    for number in (1, 2):
        with time_machine.travel(datetime(2026, 4, 1 + number, 2, 30, tzinfo=UTC)):
            tiers_update(as_of=day(number))
            assert tier_of(last) == "A"
            assert TierFigure.objects.get(customer=last).computed == "C"
    # A run in the course of the last day does not end it before the day is over.
    with time_machine.travel(datetime(2026, 4, 3, 15, tzinfo=UTC)):
        tiers_update(as_of=day(3))
        assert tier_of(last) == "A"
    with time_machine.travel(datetime(2026, 4, 4, 2, 30, tzinfo=UTC)):
        tiers_update(as_of=day(3))
        tiers_update(as_of=day(3))

    assert tier_of(last) == "C"
    assert changes_of(last) == [
        ("", "C", "computed"),
        ("C", "A", "override"),
        ("A", "C", "override_end"),
    ]
    assert TierOverride.objects.get().ended_at is not None


def test_an_override_that_says_what_is_computed_ends_with_a_change_too(
    base: list[Customer],
) -> None:
    admin = make_member(AccessRole.ADMIN)
    with time_machine.travel(datetime(2026, 4, 1, 12, tzinfo=UTC)):
        tiers_update(as_of=DAY)
        tier_override_set(
            customer=base[0], tier=Tier.A, reason="Stays", ends_on=date(2026, 4, 1), by=admin
        )
    with time_machine.travel(datetime(2026, 4, 2, 3, tzinfo=UTC)):
        tiers_update(as_of=day(1))
        tiers_update(as_of=day(2))

    assert changes_of(base[0])[1:] == [("A", "A", "override"), ("A", "A", "override_end")]


def test_a_merge_changes_the_survivor_at_once(rep: Member, base: list[Customer]) -> None:
    tiers_update(as_of=DAY)
    with time_machine.travel(datetime(2026, 4, 1, 12, tzinfo=UTC)):
        now = timezone.now()
        Merge.objects.create(survivor=base[9], absorbed=[base[0].pk], by=rep, before={}, moved={})
        Order.objects.filter(customer=base[0]).update(customer=base[9])
        Customer.objects.filter(pk=base[0].pk).update(deleted_at=now, merged_into=base[9])

    tiers_update(as_of=day(1))

    assert tier_of(base[9]) == "A"
    assert changes_of(base[9])[-1] == ("C", "A", "merge")
    assert not TierFigure.objects.filter(customer=base[0]).exists()
    assert changes_of(base[0]) == [("", "A", "computed")]
    sums = TierFigure.objects.rated().count()
    assert sums == 9


def test_deleted_customers_are_not_ranked(rep: Member, base: list[Customer]) -> None:
    Customer.objects.filter(pk=base[0].pk).update(deleted_at=timezone.now())

    assert tiers_update(as_of=DAY) == 9
    assert TierFigure.objects.get(customer=base[1]).rank == 1


def test_a_run_that_is_killed_leaves_nothing_and_is_repeated(
    base: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "END", "SELECT 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        tiers_update(as_of=DAY)
    assert not TierFigure.objects.exists()
    assert not TierChange.objects.exists()
    assert tier_of(base[0]) == ""
    monkeypatch.undo()

    assert tiers_update(as_of=DAY) == 10
    assert tier_of(base[0]) == "A"


def test_a_tier_set_by_hand_while_the_run_computes_stays(
    base: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of the run is where it waits for whoever is about to set a tier."""
    admin, last = make_member(AccessRole.ADMIN), base[9]

    def set_by_hand(_sql: str) -> str:
        today = timezone.now().date()
        tier_override_set(customer=last, tier=Tier.B, reason="VIP", ends_on=today, by=admin)
        return _sql

    class Lock(str):
        __slots__ = ()

    original = connection.cursor().__class__.execute

    def execute(cursor: Any, sql: Any, params: Any = None) -> Any:
        if sql is lock:
            set_by_hand(sql)
        return original(cursor, sql, params)

    lock = Lock(statements.LOCK)
    monkeypatch.setattr(statements, "LOCK", lock)
    monkeypatch.setattr(connection.cursor().__class__, "execute", execute)

    tiers_update(as_of=DAY)

    assert tier_of(last) == "B"
    assert changes_of(last) == [("", "B", "override")]


# Value in cents, cost in cents or unknown, days before the day.
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.integers(-500, 1000),
        st.none() | st.integers(-100, 600),
        st.integers(-1, 40),
    ),
    max_size=30,
)
RULES = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["count", "value"]),
        "count_a": st.sampled_from([Decimal("0.2"), Decimal("0.3333")]),
        "count_b": st.sampled_from([Decimal("0.3"), Decimal("0.25")]),
        "value_a": st.sampled_from([Decimal("0.8"), Decimal("0.5")]),
        "value_b": st.sampled_from([Decimal("0.95"), Decimal("0.81")]),
    }
)


def computed(rule: TierRule, as_of: date) -> dict[int, tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            statements.FOUND  # noqa: S608 - a constant
            + "SELECT customer_id, worth, revenue, orders, orders_without_cost, basis, rank, share, "
            "computed FROM found WHERE rank IS NOT NULL",
            parameters(rule, as_of),
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


class TestStatements(TestCase):
    """Hypothesis needs a transaction for each example, which this class gives it."""

    @given(ORDERS, RULES, st.sampled_from([1, 12]))
    @settings(max_examples=25, deadline=None)
    def test_the_statement_finds_what_the_plain_rule_says(
        self, orders: Sequence[tuple[int, int, int | None, int]], shares: Any, months: int
    ) -> None:
        rule = TierRule(months=months, **shares)
        rep = make_member(team=make_team())
        line, team = make_line(), rep.memberships.get().team
        # Some were created at the same moment: ties go to the lower key.
        customers = [
            make_customer(created_at=datetime(2020, 1, 1 + n % 3, tzinfo=UTC)) for n in range(8)
        ]
        sold: dict[int, list[Sale]] = {}
        first = first_day(rule, DAY)
        for n, (who, value, cost, ago) in enumerate(orders):
            sale = Sale(Decimal(value) / 100, None if cost is None else Decimal(cost) / 100)
            on = DAY - timedelta(days=ago)
            Order.objects.create(
                number=f"T-{n}", customer=customers[who], line=line, member=rep, team=team,
                ordered_on=on, value=sale.value, cost=sale.cost,
            )  # fmt: skip
            if first <= on <= DAY:
                sold.setdefault(customers[who].pk, []).append(sale)
        worths = {pk: worth_of(sales) for pk, sales in sold.items()}
        by_pk = {customer.pk: customer for customer in customers}
        candidates = [
            Candidate(pk, by_pk[pk].created_at, worth.worth)
            for pk, worth in worths.items()
            if worth is not None
        ]

        rows = computed(rule, DAY)

        expected = places(candidates, borders_of(rule))
        assert set(rows) == {place.pk for place in expected}
        for place in expected:
            worth, revenue, count, without_cost, basis, rank, share, tier = rows[place.pk]
            plain = worths[place.pk]
            assert plain is not None
            assert (worth, revenue, count) == (plain.worth, plain.revenue, plain.orders)
            assert (without_cost, basis) == (plain.orders_without_cost, plain.basis)
            assert (rank, tier) == (place.rank, place.tier)
            assert (share is None) is (place.share is None)
            assert share is None or abs(share - place.share) < Decimal("1e-12")

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([None, 1, 50, 100]),  # worth beside rivals of 75 and 25
                st.sampled_from([None, 5, 9, 12]),  # potential score
                st.booleans(),  # again for the same day
                st.booleans(),  # merged since the last run
            ),
            max_size=10,
        ),
        st.integers(1, 3),
    )
    @settings(max_examples=25, deadline=None)
    def test_run_after_run_the_statement_applies_what_the_plain_rules_say(
        self, runs: Sequence[tuple[int | None, int | None, bool, bool]], needed: int
    ) -> None:
        TierRule.current()
        TierRule.objects.update(
            count_a=Decimal("0.34"), count_b=Decimal("0.33"), runs_to_change=needed
        )
        rep = make_member(team=make_team())
        customer, *rivals = (make_customer() for _ in range(3))
        for rival, value in zip(rivals, (75, 25), strict=True):
            sell(rep, rival, value)
        standing, number, has_figure = Standing(), 0, False
        for worth, score, again, merged in runs:
            number += 0 if again and has_figure else 1
            Order.objects.filter(customer=customer).delete()
            Merge.objects.all().delete()
            Customer.objects.filter(pk=customer.pk).update(potential_score=score)
            if worth is not None:
                sell(rep, customer, worth)
            if merged:
                at = datetime.combine(day(number), datetime.min.time(), tzinfo=UTC)
                at += timedelta(hours=12)
                Merge.objects.create(
                    survivor=customer, absorbed=[1], by=rep, before={}, moved={}, at=at
                )
            tiers_update(as_of=day(number))
            found = Found(
                tier={None: {None: "", 5: "C", 9: "B", 12: "A"}[score], 1: "C", 50: "B", 100: "A"}[
                    worth
                ],
                is_provisional=worth is None and score is not None,
                is_again=again and has_figure,
                is_merged=merged and has_figure and not again,
            )
            before = standing
            standing, kind = after_run(standing, found, needed)
            customer.refresh_from_db()
            figure = TierFigure.objects.filter(customer=customer).first()
            assert (customer.tier, customer.is_tier_provisional) == (
                standing.tier,
                standing.is_provisional,
            )
            if figure is not None:
                assert (figure.pending, figure.pending_runs) == (standing.pending, standing.runs)
            last = TierChange.objects.filter(customer=customer).order_by("-pk").first()
            if kind:
                assert last is not None
                assert (last.from_tier, last.to_tier, last.kind) == (
                    before.tier,
                    standing.tier,
                    kind,
                )
            has_figure = figure is not None


type Case = tuple[Standing, Found, Standing, str]
B_ONCE = Standing("A", pending="B", runs=1)


@pytest.mark.parametrize(
    ("standing", "found", "after", "kind"),
    [
        (Standing(), Found("B"), Standing("B"), "computed"),
        (Standing(), Found(""), Standing(), ""),
        (Standing(), Found("B", is_provisional=True), Standing("B", True), "provisional"),
        (Standing("B", True), Found("C"), Standing("C"), "computed"),
        (Standing("B", True), Found("B"), Standing("B"), "computed"),
        (Standing("B", True), Found(""), Standing(), "provisional"),
        (Standing("A"), Found("A"), Standing("A"), ""),
        (Standing("A"), Found("B"), B_ONCE, ""),
        (B_ONCE, Found("B", is_again=True), B_ONCE, ""),
        (B_ONCE, Found("B"), Standing("A", pending="B", runs=2), ""),
        (B_ONCE, Found("C"), Standing("A", pending="C", runs=1), ""),
        (B_ONCE, Found("A"), Standing("A"), ""),
        (Standing("A", pending="B", runs=2), Found("B"), Standing("B"), "computed"),
        (Standing("A", pending="", runs=2), Found(""), Standing(), "computed"),
        (Standing("A"), Found("C", is_merged=True), Standing("C"), "merge"),
        (B_ONCE, Found("B", override="C"), Standing("C"), "override"),
        (Standing("C"), Found("A", override="C"), Standing("C"), ""),
        (Standing("C"), Found("A", has_ended=True), Standing("A"), "override_end"),
        (Standing("C"), Found("C", has_ended=True), Standing("C"), "override_end"),
    ],
)
def test_after_a_run(standing: Standing, found: Found, after: Standing, kind: str) -> None:
    assert after_run(standing, found, 3) == (after, kind)


@given(st.lists(st.sampled_from("BC"), max_size=30), st.integers(2, 5))
def test_what_never_holds_long_enough_never_changes(found: list[str], needed: int) -> None:
    standing, streak, changed = Standing("A"), ("", 0), False
    for tier in found:
        streak = (tier, streak[1] + 1) if streak[0] == tier else (tier, 1)
        if streak[1] >= needed:
            changed = True
            break
        standing, kind = after_run(standing, Found(tier), needed)
        assert (standing.tier, kind) == ("A", "")
    assert changed or standing.tier == "A"
