"""Scratch databases: made, migrated, used by one benchmark, dropped."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from django.core.management import call_command
from django.db import connection

PREFIX = "salesteam_bench"
_template: list[str] = []


def _server(sql: str) -> None:
    options: dict[str, Any] = connection.settings_dict | {}
    address: dict[str, Any] = {
        "host": options["HOST"] or None,
        "port": options["PORT"] or None,
        "user": options["USER"] or None,
        "password": options["PASSWORD"] or None,
        "dbname": "postgres",
    }
    with closing(psycopg2.connect(**address)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(sql)


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _migrated_template() -> str:
    if not _template:
        name = f"{PREFIX}_template_{os.getpid()}"
        _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _server(f'CREATE DATABASE "{name}"')
        _template.append(name)
        _use(name)
        call_command("migrate", verbosity=0)
        connection.close()
    return _template[0]


@contextmanager
def scratch_database(topic: str) -> Iterator[str]:
    """Point Django at a new migrated database; it is dropped at the end.

    Programs that are started meanwhile reach it by `database_url()` as their DATABASE_URL.
    """
    before = str(connection.settings_dict["NAME"])
    template = _migrated_template()
    name = f"{PREFIX}_{topic}_{os.getpid()}"
    _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _use(name)
    try:
        yield name
    finally:
        _use(before)
        _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def drop_template() -> None:
    """At the end of the program."""
    while _template:
        _server(f'DROP DATABASE IF EXISTS "{_template.pop()}" WITH (FORCE)')


def database_url() -> str:
    """The address of the database in use, for a program that is started."""
    options: dict[str, Any] = connection.settings_dict | {}
    password = f":{options['PASSWORD']}" if options["PASSWORD"] else ""
    host = str(options["HOST"] or "")
    socket = f"?host={host}" if host.startswith("/") else ""
    port = f":{options['PORT']}" if options["PORT"] and not socket else ""
    network = "" if socket else host
    return f"postgresql://{options['USER']}{password}@{network}{port}/{options['NAME']}{socket}"
