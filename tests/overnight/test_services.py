"""Runs: one at a time, resumed where they stopped, and equal to a rebuild whatever came when."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.core.models import DirtyDay, Organisation
from apps.members.models import Member
from apps.metrics.models import DayFact, LevelRate
from apps.overnight import services
from apps.overnight.locks import KEY, is_locked
from apps.overnight.models import NightRun, NightStep, RunKind, RunState
from apps.overnight.steps import BY_NAME, STEPS, Step
from tests.factories import make_member, make_opportunity, make_order, make_team

pytestmark = pytest.mark.django_db

OCT, NOV, DEC = date(2017, 10, 2), date(2017, 11, 6), date(2017, 12, 4)
NIGHT = date(2017, 12, 31)


def facts() -> set[tuple[Any, ...]]:
    fields = ("day", "member", "team", "metric", "level", "count", "amount")
    return set(DayFact.objects.values_list(*fields))


def rates() -> set[tuple[Any, ...]]:
    fields = (
        "as_of", "level", "team", "member", "entered", "ups", "lost", "dwell_n",
        "dwell_median_days", "dwell_p80_days",
    )  # fmt: skip
    return set(LevelRate.objects.values_list(*fields))


def night(through_on: date = NIGHT, kind: RunKind = RunKind.NIGHTLY) -> NightRun:
    run = services.run_begin(kind=kind, through_on=through_on, by=None)
    services.run_finish(run=run)
    run.refresh_from_db()
    return run


@pytest.fixture
def rep() -> Member:
    return make_member(team=make_team())


@pytest.fixture
def other_session() -> Iterator[Any]:
    """Another process at work on the same database."""
    settings = connection.get_connection_params()
    other = psycopg2.connect(
        **{k: v for k, v in settings.items() if k in {"dbname", "user", "password", "host", "port"}}
    )
    other.autocommit = True
    yield other.cursor()
    if not other.closed:
        # The server takes a moment to notice that a session has ended.
        other.cursor().execute("SELECT pg_advisory_unlock_all()")
        other.close()


def test_a_night_writes_one_fact_for_each_figure_of_a_member_and_day(rep: Member) -> None:
    make_opportunity(("E", OCT), ("C", NOV), ("won", DEC), owner=rep, value=Decimal("10.50"))
    make_opportunity(("E", OCT), owner=rep, value=None)
    make_order(member=rep, value="7.25", on=DEC)

    run = night()

    seen = DayFact.objects.values_list("day", "metric", "level__code", "count", "amount")
    assert run.state == RunState.DONE
    assert set(seen) == {
        (OCT, "created", "E", 2, Decimal("10.50")),
        (OCT, "entered", "E", 2, Decimal("10.50")),
        (NOV, "entered", "D", 1, Decimal("10.50")),
        (NOV, "entered", "C", 1, Decimal("10.50")),
        (DEC, "entered", "B", 1, Decimal("10.50")),
        (DEC, "entered", "A", 1, Decimal("10.50")),
        (DEC, "won", "C", 1, Decimal("10.50")),
        (DEC, "orders", None, 1, Decimal("7.25")),
    }
    assert not DirtyDay.objects.exists()


def test_a_second_night_changes_nothing(rep: Member) -> None:
    make_opportunity(("E", OCT), ("C", NOV), ("lost", DEC), owner=rep)
    night()
    before = facts(), rates()

    night()

    assert (facts(), rates()) == before


def test_an_order_taken_back_leaves_the_facts(rep: Member) -> None:
    order = make_order(member=rep, value=5, on=OCT)
    night()

    order.delete()
    night()

    assert facts() == set()


def test_a_rebuild_throws_away_what_nothing_marked(rep: Member) -> None:
    make_order(member=rep, value=5, on=OCT)
    night()
    right = facts()
    DayFact.objects.update(amount=Decimal(99))

    night(kind=RunKind.REBUILD)

    assert facts() == right


def test_a_range_computes_its_days_again_even_unmarked(rep: Member) -> None:
    make_order(member=rep, value=5, on=OCT)
    make_order(member=rep, value=5, on=NOV)
    night()
    DayFact.objects.update(amount=Decimal(99))

    run = services.run_begin(kind=RunKind.RANGE, from_on=OCT, through_on=OCT, by=None)
    services.run_finish(run=run)

    assert set(DayFact.objects.values_list("day", "amount")) == {(OCT, 5), (NOV, 99)}


def test_the_log_names_rows_seconds_and_end_of_each_step(rep: Member) -> None:
    make_order(member=rep, value=5, on=OCT)

    run = night()

    steps = list(run.steps.all())
    assert [(s.name, s.state) for s in steps] == [(s.name, RunState.DONE) for s in STEPS]
    rows = {s.name: s.rows for s in steps}
    assert (rows["close_day"], rows["day_facts"], rows["level_rates"]) == (1, 1, 5)
    assert all(s.seconds is not None and s.seconds >= 0 for s in steps)
    assert run.finished_at is not None


def test_a_failing_step_is_logged_and_changes_nothing(
    rep: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_order(member=rep, value=5, on=OCT)

    def fail(_run: NightRun) -> int:
        DayFact.objects.all().delete()
        raise DatabaseError("disk full")

    monkeypatch.setitem(BY_NAME, "level_rates", Step("level_rates", "Rates", fail))
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)

    with pytest.raises(DatabaseError):
        services.run_finish(run=run)

    run.refresh_from_db()
    states = {step.name: (step.state, step.error) for step in run.steps.all()}
    assert run.state == RunState.FAILED
    assert states["day_facts"] == (RunState.DONE, "")
    assert states["level_rates"] == (RunState.FAILED, "DatabaseError: disk full")
    assert len(facts()) == 1
    assert not is_locked()


def test_a_run_that_stopped_goes_on_at_the_step_where_it_stopped(
    rep: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_opportunity(("E", OCT), ("C", NOV), owner=rep)
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)
    services.run_continue(run=run)
    NightRun.objects.update(state=RunState.RUNNING)
    NightStep.objects.filter(name="day_facts").update(state=RunState.RUNNING)
    again: list[str] = []

    def counted(step: Step) -> Step:
        def work(run: NightRun) -> int:
            again.append(step.name)
            return step.work(run)

        return Step(step.name, step.label, work)

    for step in STEPS:
        monkeypatch.setitem(BY_NAME, step.name, counted(step))

    due = services.run_due()
    assert due == run
    services.run_finish(run=run)

    run.refresh_from_db()
    assert again == [step.name for step in STEPS[1:]]
    assert run.state == RunState.DONE
    assert DayFact.objects.count() == 4


def test_a_second_process_is_refused_while_one_works(other_session: Any) -> None:
    other_session.execute("SELECT pg_advisory_lock(%s)", [KEY])
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)

    with pytest.raises(services.RunInProgress):
        services.run_continue(run=run)
    with pytest.raises(services.RunInProgress):
        services.run_start(by=None)

    run.refresh_from_db()
    assert is_locked()
    assert run.state == RunState.WAITING
    assert services.run_due() is None


def test_the_lock_ends_with_the_process_that_held_it(other_session: Any) -> None:
    other_session.execute("SELECT pg_advisory_lock(%s)", [KEY])
    other_session.connection.close()
    for _ in range(2000):
        if not is_locked():
            break

    assert night().state == RunState.DONE


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2017, 12, 31, hour, minute, tzinfo=UTC)


def test_the_night_begins_at_two_in_the_organisations_zone() -> None:
    Organisation.objects.update_or_create(singleton=True, defaults={"time_zone": "Asia/Shanghai"})

    assert services.run_due(at(17, 59)) is None
    run = services.run_due(at(18, 0))

    assert run is not None
    assert run.through_on == date(2017, 12, 31)
    assert run.kind == RunKind.NIGHTLY


def test_a_night_is_not_begun_twice() -> None:
    first = services.run_due(at(3))
    assert first is not None
    services.run_finish(run=first)

    assert services.run_due(at(3, 5)) is None
    assert NightRun.objects.count() == 1


def test_a_failed_night_is_tried_again_a_few_times_only() -> None:
    for _ in range(services.ATTEMPTS):
        run = services.run_due(at(3))
        assert run is not None
        NightRun.objects.filter(pk=run.pk).update(state=RunState.FAILED)

    assert services.run_due(at(4)) is None


def test_run_now_takes_up_a_waiting_run_instead_of_adding_one(rep: Member) -> None:
    first = services.run_start(by=rep)

    assert services.run_start(by=rep) == first
    assert first.through_on == Organisation.current().day_of(timezone.now()) - timedelta(days=1)


def test_a_change_between_facts_and_rates_is_not_lost(rep: Member) -> None:
    make_opportunity(("E", OCT), ("C", NOV), owner=rep)
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)
    services.run_continue(run=run)
    services.run_continue(run=run)

    make_opportunity(("E", OCT), ("lost", NOV), owner=rep)
    services.run_finish(run=run)
    night(NIGHT)

    in_increments = facts(), rates()
    night(NIGHT, RunKind.REBUILD)
    assert (facts(), rates()) == in_increments
