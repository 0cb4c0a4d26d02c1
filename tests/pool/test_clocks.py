"""How long a hold lasts: the rule in plain Python, and the night's SQL that says the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.activities.models import Activity
from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.funnel.models import LevelChange
from apps.members.models import Member
from apps.pool.clocks import Events, Rule, Trigger, goes_on, hold, months_after
from apps.pool.models import HoldWarning
from apps.pool.states import THESE, Rules, states
from tests.factories import (
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
)

ZONE = ZoneInfo("Europe/Berlin")
RULE = Rule(30, 60, 180, extension_days=7, most_days=90, exempt_order_months=12)
CLAIMED = datetime(2026, 3, 1, 9, tzinfo=UTC)


def at(day: int, month: int = 3, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def ends(events: Events, rule: Rule = RULE) -> dict[str, date]:
    return {clock.trigger.value: clock.ends_on for clock in hold(events, rule, ZONE).clocks}


def test_without_events_every_clock_runs_from_the_claim() -> None:
    assert ends(Events(CLAIMED)) == {
        "activity": date(2026, 3, 31),
        "progress": date(2026, 4, 30),
        "order": date(2026, 8, 28),
    }


def test_the_worked_number() -> None:
    calls = (at(11), at(12))
    events = Events(CLAIMED, activities=calls, moved_up_at=at(10))

    assert ends(events)["progress"] == date(2026, 5, 23)
    more = replace(events, activities=tuple(at(11 + n) for n in range(5)))
    assert ends(more)["progress"] == date(2026, 3, 10) + timedelta(days=90)


def test_an_activity_starts_its_own_clock_again_and_lengthens_the_others() -> None:
    events = Events(CLAIMED, activities=(at(20),))

    assert ends(events) == {
        "activity": date(2026, 4, 19),
        "progress": date(2026, 5, 7),
        # Longer by its rule than the longest protection: it stays as long.
        "order": date(2026, 8, 28),
    }


def test_what_happened_before_the_claim_counts_for_nothing() -> None:
    before = CLAIMED - timedelta(days=1)
    events = Events(CLAIMED, (before,), moved_up_at=before, ordered_on=before.date())

    assert ends(events) == ends(Events(CLAIMED))


def test_an_activity_on_the_day_of_an_order_is_part_of_it() -> None:
    rule = replace(RULE, order_days=60)
    events = Events(CLAIMED, (at(5), at(6)), ordered_on=date(2026, 3, 5))

    assert ends(events, rule)["order"] == date(2026, 3, 5) + timedelta(days=67)


def test_an_event_counts_on_its_day_in_the_zone_of_the_firm() -> None:
    late = Events(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))

    assert ends(late)["activity"] == date(2026, 4, 1)


def test_a_clock_without_days_never_ends() -> None:
    none = replace(RULE, activity_days=None, progress_days=None, order_days=None)

    assert hold(Events(CLAIMED), none, ZONE).due_on is None
    some = hold(Events(CLAIMED), replace(none, order_days=5), ZONE)
    assert (some.due_on, some.first and some.first.trigger) == (date(2026, 3, 6), Trigger.ORDER)


def test_an_order_exempts_for_its_months_and_a_high_level_as_long_as_it_stands_there() -> None:
    events = Events(CLAIMED, ordered_on=date(2025, 5, 31))
    ordered = hold(events, RULE, ZONE)

    assert ordered.is_exempt(date(2026, 5, 31))
    assert not ordered.is_exempt(date(2026, 6, 1))
    assert ordered.due_on == date(2026, 5, 31)
    top = hold(replace(events, is_at_top=True), RULE, ZONE)
    assert top.is_exempt(date(2040, 1, 1))
    assert top.due_on is None
    never = hold(events, replace(RULE, exempt_order_months=0), ZONE)
    assert not never.is_exempt(date(2025, 6, 1))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_after_a_day(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later


def test_nobody_loses_a_customer_unwarned() -> None:
    due, night = date(2026, 3, 5), date(2026, 3, 20)

    def last(
        shortest: int | None, warned_on: date | None, due_on: date | None = due
    ) -> date | None:
        return goes_on(due_on, night=night, shortest=shortest, warned_on=warned_on)

    assert last(1, date(2026, 3, 4)) == due
    assert last(1, None) == date(2026, 3, 21)
    assert last(None, None) == due
    assert last(3, date(2026, 3, 4)) == date(2026, 3, 7)
    assert last(1, None, due_on=None) is None


START = datetime(2024, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 3 * 365 * 1440).map(lambda minutes: START + timedelta(minutes=minutes))
RULES = st.builds(
    Rule,
    *[st.none() | st.integers(1, 200)] * 3,
    extension_days=st.integers(0, 30),
    most_days=st.integers(1, 200),
    exempt_order_months=st.integers(0, 24),
)
EVENTS = st.builds(
    Events,
    INSTANTS,
    st.lists(INSTANTS, max_size=8).map(tuple),
    st.none() | INSTANTS,
    st.none() | st.integers(0, 3 * 365).map(lambda days: START.date() + timedelta(days=days)),
    st.booleans(),
)


@given(EVENTS, RULES)
def test_a_clock_lasts_its_days_and_is_never_lengthened_beyond_the_most(
    events: Events, rule: Rule
) -> None:
    lengths = {
        Trigger.ACTIVITY: rule.activity_days,
        Trigger.PROGRESS: rule.progress_days,
        Trigger.ORDER: rule.order_days,
    }
    for clock in hold(events, rule, ZONE).clocks:
        length = (clock.ends_on - clock.starts_on).days
        assert clock.days == lengths[clock.trigger]
        assert clock.days <= length <= max(clock.days, rule.most_days)
        assert clock.starts_on >= events.held_since.astimezone(ZONE).date()


@given(EVENTS, RULES, INSTANTS)
def test_a_further_activity_never_shortens_a_hold_that_it_follows(
    events: Events, rule: Rule, another: datetime
) -> None:
    """Later than everything so far: no clock ends sooner for it."""
    latest = max([another, events.held_since, *events.activities]) + timedelta(seconds=1)
    more = replace(events, activities=(*events.activities, latest))
    before = ends(events, rule)

    assert all(ends(more, rule)[name] >= end for name, end in before.items())


@given(EVENTS, RULES)
def test_the_hold_ends_with_its_first_clock_unless_exempt(events: Events, rule: Rule) -> None:
    found = hold(events, rule, ZONE)
    known = [clock.ends_on for clock in found.clocks]

    assert (found.due_on is None) == (not known or events.is_at_top)
    if found.due_on is not None:
        assert found.due_on == max(min(known), found.exempt_until or date.min)


# The night's SQL


@pytest.mark.django_db
def test_sql_and_the_plain_rule_agree_on_whatever_happened() -> None:
    random = Random(42)
    Organisation.current()
    member = make_member(team=make_team())
    customers = [_random_customer(random, member) for _ in range(60)]
    rules = _random_rules(random)
    night = date(2026, 7, 1)
    for customer in customers[::3]:
        _warn(customer, rules, night)

    found = {state.customer: state for state in states(rules, night=night)}

    zone = Organisation.current().zone
    assert len(found) == len(customers)
    for customer in customers:
        plain = hold(_events(customer), rules.by_tier[customer.tier], zone)
        state = found[customer.pk]
        first = plain.first
        assert (state.ends_on, state.trigger, state.days) == (
            (first.ends_on, first.trigger, first.days) if first else (None, None, None)
        )
        assert (state.due_on, state.is_exempt) == (plain.due_on, plain.is_exempt(night))
        assert state.goes_on == goes_on(
            plain.due_on, night=night, shortest=3, warned_on=state.warned_on
        )
    assert any(state.warned_on for state in found.values())
    assert {state.trigger for state in found.values()} >= set(Trigger)
    one = customers[7]
    assert states(rules, night=night, rows=THESE, ids=[one.pk]) == [found[one.pk]]


def _random_customer(random: Random, member: Member) -> Customer:
    def instant() -> datetime:
        return datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(390 * 1440))

    customer = make_customer(
        owner=member, held_since=instant(), tier=random.choice(["", "A", "B", "C"])
    )
    Activity.objects.bulk_create(
        Activity(
            customer=customer, member=member, channel="phone", outcome="no_answer", at=instant()
        )
        for _ in range(random.randrange(6))
    )
    for _ in range(random.randrange(3)):
        day = instant().date()
        levels = random.sample("EDCBA", 3)
        steps = [(code, day + timedelta(days=9 * n)) for n, code in enumerate(levels)]
        if random.random() < 0.5:
            steps.append((random.choice(["won", "lost"]), day + timedelta(days=40)))
        make_opportunity(*steps, owner=member, customer=customer)
    if random.random() < 0.4:
        make_order(member=member, customer=customer, value=5, on=instant().date())
    customer.refresh_from_db()
    return customer


def _random_rules(random: Random) -> Rules:
    def days() -> int | None:
        days: list[int | None] = [None, *range(5, 120)]
        return random.choice(days)

    by_tier = {tier: Rule(days() or 20, days(), days() or 50, 7, 90, 6) for tier in ("", "A", "B")}
    by_tier["C"] = Rule(None, None, None, 7, 90, 6)
    by_tier["B"] = replace(by_tier["B"], activity_days=None, progress_days=20)
    by_tier["A"] = replace(by_tier["A"], activity_days=None, progress_days=None)
    return Rules(True, by_tier, exempt_levels=2, warning_days=(7, 3))


def _warn(customer: Customer, rules: Rules, night: date) -> None:
    plain = hold(_events(customer), rules.by_tier[customer.tier], Organisation.current().zone)
    if plain.due_on is not None and customer.owner is not None:
        HoldWarning.objects.create(
            customer=customer,
            owner=customer.owner,
            due_on=plain.due_on,
            days=7,
            warned_on=night - timedelta(days=2),
        )


def _events(customer: Customer) -> Events:
    """Read the slow way."""
    moves = LevelChange.objects.filter(opportunity__customer=customer).select_related(
        "from_level", "to_level"
    )
    ups = [
        move.at
        for move in moves
        if move.from_level
        and (move.outcome == "won" or (move.to_level and move.to_level.rank > move.from_level.rank))
    ]
    is_at_top = customer.opportunities.filter(state="open", level__code__in=["A", "B"]).exists()
    assert customer.held_since is not None
    return Events(
        customer.held_since,
        tuple(customer.activities.values_list("at", flat=True)),
        max(ups, default=None),
        customer.last_ordered_on,
        is_at_top,
    )
