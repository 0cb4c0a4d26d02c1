"""Servers and databases of the whole suite: one pair of servers a run, a database a process."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from salesteam import embedded
from salesteam.environment import load
from tests.templates import copy_template

SERVERS = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded servers, or join those of another run; not once more in each worker."""
    if hasattr(config, "workerinput"):
        return
    stack = ExitStack()
    stack.enter_context(embedded.servers(load()))
    config.stash[SERVERS] = stack


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.stash[SERVERS].close()


def database_server() -> str:
    """The address of the database server that the tests use."""
    environment = load()
    return environment.database_url or embedded.database_url(environment.salesteam_home)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The database is made from a template below: Django only checks that nothing is missing."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    name = connection.settings_dict["TEST"]["NAME"]
    home = Path(os.environ["SALESTEAM_HOME"])
    copy_template(url=database_server(), name=name, home=home)


@pytest.fixture(scope="session", autouse=True)
def _flush_empties_the_audit_trail() -> Iterator[None]:
    """Tests with real transactions empty every table; the owner lifts the trail's guard for that."""
    sql_flush = DatabaseOperations.sql_flush
    table = "ALTER TABLE core_auditentry"

    def lifted(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        off, on = ("DISABLE TRIGGER", "ENABLE ALWAYS TRIGGER")
        name = "audit_trail_stays"
        statements = sql_flush(self, *args, **kwargs)
        return [f"{table} {off} {name};", *statements, f"{table} {on} {name};"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", lifted)
        yield


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    """Rate limits and cached figures of one test must not reach the next."""
    is_marked = request.node.get_closest_marker("django_db") is not None
    if not is_marked and not {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        return
    with redis.from_url(settings.REDIS_URL) as client:
        prefix = settings.CACHES["default"]["KEY_PREFIX"]
        keys = list(client.scan_iter(f"{prefix}:*", count=1000))
        if keys:
            client.delete(*keys)


# Model, the migration that fills it, and its function.
MIGRATED_ROWS = (
    ("funnel.Pipeline", "apps.funnel.migrations.0003_default_pipeline", "create"),
    ("members.Position", "apps.members.migrations.0003_positions", "create"),
    (
        "customers.ScreeningDimension",
        "apps.customers.migrations.0004_held_since",
        "first_dimensions",
    ),
    (
        "portfolio.ServicePolicy",
        "apps.portfolio.migrations.0002_guards_and_policies",
        "first_policies",
    ),
    ("pool.PoolRule", "apps.pool.migrations.0002_first_rules", "first_rules"),
)


@pytest.fixture(autouse=True)
def _migrated_rows(request: pytest.FixtureRequest, _django_db_helper: None) -> None:
    """Tests with real transactions empty every table afterwards, migrated rows included."""
    marker = request.node.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction")
    if not is_marked and not {"transactional_db", "live_server"} & set(request.fixturenames):
        return
    request.getfixturevalue("transactional_db")
    for model, module, create in MIGRATED_ROWS:
        if not apps.get_model(model).objects.exists():
            getattr(import_module(module), create)(apps, None)
