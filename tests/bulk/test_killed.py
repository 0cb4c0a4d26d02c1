"""A worker that is killed in the middle of a bulk change leaves whole batches; nothing is done twice."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from apps.bulk import deeds, services
from apps.bulk.models import BulkKind, BulkRun, BulkState
from apps.customers.models import Customer, CustomerOwnerChange
from apps.members.models import AccessRole
from tests.conftest import database_server
from tests.factories import make_customer, make_member, make_team
from tests.operations.processes import started, wait_until
from tests.templates import with_database

BATCH, MANY = 40, 100
WORK = f"""
import django; django.setup()
from apps.bulk import deeds, services
deeds.BATCHES['assign'] = {BATCH}
services.bulk_work_off(run_id=%d)
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def value(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: int = cursor.fetchone()[0]
        return found


@pytest.mark.programs
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_the_next_worker_goes_on_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    director, rep = make_member(AccessRole.DIRECTOR), make_member(team=make_team())
    ids = [make_customer().pk for _number in range(MANY)]
    run = BulkRun.objects.create(
        kind=BulkKind.ASSIGN, by=director, customers=ids, params={"to": [rep.pk], "reason": ""}
    )
    env = os.environ | {
        "DATABASE_URL": with_database(database_server(), str(connection.settings_dict["NAME"])),
        "REDIS_URL": settings.REDIS_URL,
        "SALESTEAM_HOME": str(tmp_path / "home"),
        "SALESTEAM_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "salesteam.settings",
    }

    # A customer of the second batch is held, so that the worker is certainly in its middle.
    with closing(connection.copy()) as blocker:
        blocker.set_autocommit(False)
        blocker.cursor().execute(
            "SELECT 1 FROM customers_customer WHERE id = %s FOR UPDATE", [ids[BATCH + 5]]
        )
        with started(["-c", WORK % run.pk], env, tmp_path / "log") as process:
            wait_until(lambda: value(WAITING), "the second batch", tmp_path / "log")
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        blocker.rollback()
    run.refresh_from_db()
    assert (run.state, run.done, run.changed) == (BulkState.RUNNING, BATCH, BATCH)
    monkeypatch.setitem(deeds.BATCHES, BulkKind.ASSIGN, BATCH)

    wait_until(lambda: services.bulk_work_off(run_id=run.pk), "the server let go", tmp_path / "log")

    run.refresh_from_db()
    assert (run.state, run.done, run.changed, run.refused) == (BulkState.DONE, MANY, MANY, [])
    assert Customer.objects.filter(owner=rep).count() == MANY
    changes = CustomerOwnerChange.objects.values_list("customer", flat=True)
    assert sorted(changes) == sorted(ids)


@pytest.mark.django_db(transaction=True)
def test_second_worker_finds_the_run_in_hand_and_goes_away() -> None:
    admin = make_member(AccessRole.ADMIN)
    run = services.bulk_start(
        kind=BulkKind.TAG, customers=[make_customer().pk], params={"tags": ["VIP"]}, by=admin
    )
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        other.cursor().execute("SELECT 1 FROM bulk_bulkrun WHERE id = %s FOR UPDATE", [run.pk])

        assert services.bulk_work_off(run_id=run.pk) is None
        other.rollback()

    run.refresh_from_db()
    assert (run.state, run.done) == (BulkState.WAITING, 0)
