"""The import against bare COPY of the same rows, its cost by row at 100 times the size, memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from django.db import connection, transaction

from apps.exchange.mapping import choose
from apps.exchange.services import Options, import_pipeline
from bench.databases import database_url, scratch_database
from bench.pipeline_files import HEADERS, ROWS, multiplied, source
from bench.results import Result

RUNS = 7
TIMES = 100
MEGABYTE = 1024 * 1024
# What the import writes: the rows that the baseline copies, and the traces of a run.
COPIED = (
    "members_member",
    "members_team",
    "members_membership",
    "products_productline",
    "products_product",
    "customers_customer",
    "funnel_opportunity",
    "funnel_levelchange",
    "orders_order",
)
ALSO_WRITTEN = ("core_dirtyday", "exchange_importrun")


def run() -> list[Result]:
    """Small against COPY; large against small in a process of its own, whose memory is watched."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, what = source(Path(temporary) / "generated")
        with scratch_database("import"):
            small, bare, bare_files = against_copy(folder, Path(temporary))
        large_folder = multiplied(folder, Path(temporary) / "large", TIMES)
        with scratch_database("import_large"):
            large = in_own_process(folder, large_folder)
    rows = f"{ROWS * TIMES:,}"
    return [
        Result(
            "import_small", small, bare, 12,
            notes=f"the {ROWS:,} opportunities of {what} against COPY of the rows that they become "
            "(opportunities, level changes, orders, customers, people) into tables without keys "
            f"or indexes; COPY of the unchecked lines of the files alone takes {bare_files:.4f} s",
        ),
        Result(
            "import_cost_per_row", large["large"] / TIMES * 1e6 / ROWS, large["small"] * 1e6 / ROWS,
            1.25, "µs", f"a row of {rows} against a row of {ROWS:,}",
        ),
        Result(
            "import_peak_memory", large["peak"] / MEGABYTE, 500, 1, "MB",
            f"{rows} rows: the import's process and the own memory of its database backend",
        ),
    ]  # fmt: skip


def against_copy(folder: Path, temporary: Path) -> tuple[float, float, float]:
    """Median seconds of an import, of COPY of its rows and of its files, in turn, after a warm-up."""
    once(folder)
    rows = dumped(temporary)
    files = bare_files(folder)
    turns = [(once(folder), copy(rows), copy(files)) for _ in range(RUNS + 1)]
    imports, of_rows, of_files = zip(*turns[1:], strict=True)
    return statistics.median(imports), statistics.median(of_rows), statistics.median(of_files)


def once(folder: Path) -> float:
    """Seconds of one import into empty tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join((*COPIED, *ALSO_WRITTEN))} CASCADE")
    layout = choose(folder)
    started = time.perf_counter()
    import_pipeline(folder=folder, layout=layout, options=Options())
    return time.perf_counter() - started


def copy(sources: dict[str, Path]) -> float:
    """Seconds of copying files into their tables, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(sources)}")
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, path in sources.items():
            with path.open("rb") as file:
                cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)", file)
    return time.perf_counter() - started


def dumped(folder: Path) -> dict[str, Path]:
    """What the import wrote, as files, and a bare table of the same columns for each."""
    sources = {}
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table})")
            path = sources[f"bare_{table}"] = folder / f"{table}.csv"
            with path.open("wb") as file:
                cursor.copy_expert(f"COPY {table} TO STDOUT (FORMAT csv, HEADER)", file)
    return sources


def bare_files(folder: Path) -> dict[str, Path]:
    """The files themselves, and a table of text columns for each."""
    sources = {}
    with connection.cursor() as cursor:
        for name in HEADERS:
            table = f"bare_{name.removesuffix('.csv')}"
            with (folder / name).open() as file:
                header = file.readline().strip().split(",")
            cursor.execute(
                f"CREATE TABLE {table} ({', '.join(f'{column} text' for column in header)})"
            )
            sources[table] = folder / name
    return sources


def in_own_process(small: Path, large: Path) -> dict[str, float]:
    """Seconds of the small and of the large import, and the peak of memory in bytes."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.import_in_child", str(small), str(large)],
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    backend = Backend(int(child.stdout.readline()))
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"the import in a process of its own failed ({child.returncode})")
    times: dict[str, float] = json.loads(output)
    return times | {"peak": usage.ru_maxrss * 1024 + backend.stop()}


class Backend:
    """The own memory of a database backend on this machine, looked at ten times a second."""

    def __init__(self, pid: int) -> None:
        self.path, self.peak = Path(f"/proc/{pid}/status"), 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.done.wait(0.1):
            try:
                lines = self.path.read_text().splitlines()
            except OSError:
                return
            own = [int(line.split()[1]) for line in lines if line.startswith("RssAnon")]
            self.peak = max(self.peak, *(kilobytes * 1024 for kilobytes in own), 0)

    def stop(self) -> int:
        self.done.set()
        self.thread.join()
        return self.peak
