"""The night in the worker: one task a step, taken up by the scheduler where it stopped."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from celery import current_app
from django.db import connection

from apps.metrics.models import DayFact
from apps.overnight import services, tasks
from apps.overnight.locks import KEY
from apps.overnight.models import NightRun, NightStep, RunKind, RunState
from tests.factories import make_member, make_order, make_team

pytestmark = pytest.mark.django_db
AFTER_TWO = datetime(2018, 1, 1, 3, tzinfo=UTC)
NIGHT = date(2017, 12, 31)


@pytest.fixture(autouse=True)
def _tasks_run_at_once() -> Iterator[None]:
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


def test_the_tick_works_the_whole_night_off_step_by_step() -> None:
    make_order(member=make_member(team=make_team()), value=5, on=NIGHT)

    with time_machine.travel(AFTER_TWO, tick=False):
        tasks.start_if_due()

    run = NightRun.objects.get()
    assert (run.through_on, run.state) == (NIGHT, RunState.DONE)
    assert DayFact.objects.count() == 1


def test_ticks_after_the_night_do_nothing() -> None:
    with time_machine.travel(AFTER_TWO, tick=False):
        tasks.start_if_due()
        tasks.start_if_due()

    assert NightRun.objects.count() == 1


def test_the_tick_takes_up_a_run_whose_worker_died() -> None:
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)
    services.run_continue(run=run)
    NightStep.objects.filter(name="day_facts").update(state=RunState.RUNNING)

    with time_machine.travel(AFTER_TWO, tick=False):
        tasks.start_if_due()

    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert NightRun.objects.count() == 1


def test_a_task_delivered_twice_changes_nothing() -> None:
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)
    tasks.run_step(run.pk)
    run.refresh_from_db()
    finished = run.finished_at

    tasks.run_step(run.pk)

    run.refresh_from_db()
    assert finished is not None
    assert run.finished_at == finished


def test_a_task_leaves_a_run_alone_while_another_process_works() -> None:
    run = services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [KEY])
        tasks.run_step(run.pk)
        # The server takes a moment to notice that a session has ended.
        cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])
    other.close()

    run.refresh_from_db()
    assert run.state == RunState.WAITING
