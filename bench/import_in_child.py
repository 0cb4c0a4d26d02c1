"""A small and a large import in a process of their own: `DIR_SMALL DIR_LARGE`.

Prints the database backend's process id, then the seconds as JSON.
"""

import json
import os
import statistics
import sys
from pathlib import Path

import django
from django.db import connection


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
    django.setup()
    from bench.bench_import import once

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        print(cursor.fetchone()[0], flush=True)
    small, large = (Path(argument) for argument in sys.argv[1:3])
    once(small)
    # Before and after the large one: the machine may have other things to do meanwhile.
    before = [once(small) for _ in range(5)]
    large_seconds = once(large)
    after = [once(small) for _ in range(5)]
    print(json.dumps({"small": statistics.median(before + after), "large": large_seconds}))


if __name__ == "__main__":
    main()
