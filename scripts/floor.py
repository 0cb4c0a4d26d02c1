"""Run the tests marked `floor` on the oldest supported PostgreSQL and Redis, where they answer.

`scripts/floor.py` tries the standard local ports; FLOOR_DATABASE_URL and FLOOR_REDIS_URL name
other servers. The database's user must be allowed to create databases.
"""

import os
import subprocess
import sys
from contextlib import closing, suppress

import psycopg2
import redis

DATABASE_URL = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS_URL = "redis://127.0.0.1:6379/12"
POSTGRES_FLOOR = 15
REDIS_FLOOR = 7
NO_TESTS_COLLECTED = 5


def why_not(database: str, broker: str) -> str | None:
    """What is missing for a run on these servers; None when both answer in the floor's version."""
    try:
        with closing(psycopg2.connect(database, connect_timeout=3)) as connection:
            postgres = connection.info.server_version // 10_000
        with redis.from_url(broker, socket_timeout=3) as client:
            version = int(client.info("server")["redis_version"].split(".")[0])
    except (psycopg2.OperationalError, redis.RedisError) as error:
        return str(error).strip().splitlines()[0]
    if (postgres, version) != (POSTGRES_FLOOR, REDIS_FLOOR):
        return f"PostgreSQL {postgres} and Redis {version} answer there"
    return None


def remove_databases(database: str) -> None:
    """Leave nothing of ours on a server that isn't; what another run uses stays."""
    with closing(psycopg2.connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                r"SELECT datname FROM pg_database WHERE datname ~ '^(test|template)_salesteam_'"
            )
            for (name,) in cursor.fetchall():
                with suppress(psycopg2.errors.ObjectInUse):
                    cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def main() -> int:
    database = os.environ.get("FLOOR_DATABASE_URL") or DATABASE_URL
    broker = os.environ.get("FLOOR_REDIS_URL") or REDIS_URL
    wanted = f"PostgreSQL {POSTGRES_FLOOR} and Redis {REDIS_FLOOR}"
    missing = why_not(database, broker)
    if missing:
        print(f"Not run on {wanted}: {missing}")
        return 0
    print(f"On {wanted}:", flush=True)
    environment = os.environ | {"DATABASE_URL": database, "REDIS_URL": broker}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "floor", "-p", "no:xdist"]
    code = subprocess.run(command, env=environment, check=False).returncode
    remove_databases(database)
    return 0 if code == NO_TESTS_COLLECTED else code


if __name__ == "__main__":
    sys.exit(main())
