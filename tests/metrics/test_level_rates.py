"""The statement that counts entries, compared with the definition on random histories."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.funnel.models import Level
from apps.members.models import Member
from apps.metrics import selectors, services
from apps.metrics.dwell import LONG, MEDIAN, percentile
from apps.metrics.level_rates import NOTHING, Rate, rates_on
from tests.factories import make_member, make_opportunity, make_team
from tests.metrics.histories import Change, Entry, entries, histories, record, stock

pytestmark = pytest.mark.django_db
AS_OF = date(2018, 1, 20)
WINDOW = 90


@pytest.fixture
def reps() -> list[Member]:
    office = make_team()
    return [make_member(team=make_team(parent=office)), make_member(team=office)]


def counted(found: list[Entry], rank: int) -> Rate:
    mine = [e for e in found if e.rank == rank]
    days = [e.days for e in mine if e.days is not None]
    return Rate(
        entered=len(mine),
        ups=sum(e.fate == "up" for e in mine),
        lost=sum(e.fate == "lost" for e in mine),
        dwell_n=len(days),
        dwell_median_days=percentile(days, MEDIAN),
        dwell_p80_days=percentile(days, LONG),
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pasts=st.lists(histories(), min_size=1, max_size=6), late=st.integers(0, 120))
def test_rates_equal_the_definition_on_any_history(
    reps: list[Member], pasts: list[list[Change]], late: int
) -> None:
    as_of = AS_OF - timedelta(days=late)
    found = [
        entry
        for past in pasts
        for entry in entries(past, as_of)
        if as_of - timedelta(days=WINDOW) < entry.on <= as_of
    ]
    by_owner = [[e for e in found if e.owner == number] for number in (0, 1)]
    office, group = (reps[1].memberships.get().team, reps[0].memberships.get().team)

    with transaction.atomic():
        for past in pasts:
            record(past, reps)
        live = rates_on(as_of)
        services.level_rates_update(as_of=as_of)
        services.day_facts_update()
        services.level_rates_update(as_of=as_of)
        stored = rates_on(as_of)
        levels = list(Level.objects.filter(pipeline__is_default=True))
        standing = {
            s.level.rank: s.count for s in selectors.funnel(selectors.scope_of_all(), as_of)
        }
        transaction.set_rollback(True)

    for level in levels:
        assert live.of(level=level.pk) == counted(found, level.rank)
        assert live.of(level=level.pk, team=office.pk) == counted(found, level.rank)
        assert live.of(level=level.pk, team=group.pk) == counted(by_owner[0], level.rank)
        for number, rep in enumerate(reps):
            own = counted(by_owner[number], level.rank)
            assert live.of(level=level.pk, member=rep.pk) == own
        at_level = sum(stock(past, as_of) == level.rank for past in pasts)
        assert standing[level.rank] == at_level
    assert {k: v for k, v in stored.by_scope.items() if v != NOTHING} == {
        k: v for k, v in live.by_scope.items() if v != NOTHING
    }


def test_an_opportunity_that_moves_back_enters_a_level_once(reps: list[Member]) -> None:
    past = [
        Change(0, 1, "", date(2017, 12, 1), is_dated=True, owner=0),
        Change(1, 3, "", date(2017, 12, 5), is_dated=True, owner=0),
        Change(3, 1, "", date(2017, 12, 9), is_dated=True, owner=0),
        Change(1, 3, "", date(2017, 12, 12), is_dated=True, owner=0),
        Change(3, 0, "lost", date(2017, 12, 20), is_dated=True, owner=0),
    ]
    record(past, reps)

    rates = {c.level.code: c for c in selectors.conversions(selectors.scope_of_all(), AS_OF)}

    assert (rates["E"].entered, rates["E"].ups, rates["E"].dwell_median_days) == (1, 1, 4)
    assert (rates["D"].entered, rates["D"].ups) == (1, 1)
    assert (rates["C"].entered, rates["C"].lost) == (1, 1)


def test_a_new_start_after_a_loss_is_a_new_life(reps: list[Member]) -> None:
    past = [
        Change(0, 3, "", date(2017, 12, 1), is_dated=True, owner=0),
        Change(3, 0, "lost", date(2017, 12, 5), is_dated=True, owner=0),
        Change(0, 3, "", date(2017, 12, 10), is_dated=True, owner=0),
        Change(3, 4, "", date(2017, 12, 12), is_dated=True, owner=0),
    ]
    record(past, reps)

    (c,) = [
        c for c in selectors.conversions(selectors.scope_of_all(), AS_OF) if c.level.code == "C"
    ]

    assert (c.entered, c.ups, c.lost, c.dwell_n, c.dwell_median_days) == (2, 1, 1, 1, 2)


def test_an_undated_entry_counts_for_conversion_and_not_for_dwell(reps: list[Member]) -> None:
    past = [
        Change(0, 1, "", date(2017, 12, 1), is_dated=False, owner=0),
        Change(1, 2, "", date(2017, 12, 12), is_dated=True, owner=0),
    ]
    record(past, reps)

    e = selectors.conversions(selectors.scope_of_all(), AS_OF)[0]

    assert (e.entered, e.ups, e.dwell_n, e.dwell_median_days) == (1, 1, 0, None)


def test_the_window_leaves_out_its_first_day_and_takes_its_last(reps: list[Member]) -> None:
    for day in (AS_OF - timedelta(days=90), AS_OF - timedelta(days=89), AS_OF):
        make_opportunity(("E", day), owner=reps[0])
    make_opportunity(("E", AS_OF + timedelta(days=1)), owner=reps[0])

    assert selectors.conversions(selectors.scope_of_all(), AS_OF)[0].entered == 2


def test_what_happens_after_the_day_is_not_known_on_it(reps: list[Member]) -> None:
    make_opportunity(("E", AS_OF), ("D", AS_OF + timedelta(days=1)), owner=reps[0])

    e = selectors.conversions(selectors.scope_of_all(), AS_OF)[0]

    assert (e.entered, e.ups, e.lost, e.rate) == (1, 0, 0, None)


def test_the_nights_rates_stand_for_the_next_day_too_unless_rows_change(reps: list[Member]) -> None:
    make_opportunity(("E", AS_OF), owner=reps[0])
    services.day_facts_update()
    services.level_rates_update(as_of=AS_OF)
    tomorrow = AS_OF + timedelta(days=1)

    assert rates_on(tomorrow).as_of == AS_OF
    assert rates_on(tomorrow + timedelta(days=1)).as_of == tomorrow + timedelta(days=1)
    make_opportunity(("E", AS_OF), owner=reps[0])
    assert rates_on(tomorrow).as_of == tomorrow


def test_rates_stay_behind_from_the_facts_until_they_are_computed(reps: list[Member]) -> None:
    services.level_rates_update(as_of=AS_OF)
    make_opportunity(("E", AS_OF), owner=reps[0])

    services.day_facts_update()

    level = Level.objects.get(pipeline__is_default=True, code="E")
    assert rates_on(AS_OF).of(level=level.pk).entered == 1
