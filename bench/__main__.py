"""`python -m bench [TOPIC …]`: run the benchmarks, print the table, write bench/results.json.

Ends with 1 if a ratio is over its limit.
"""

import os
import sys
from importlib import import_module
from pathlib import Path


def topics(wanted: list[str]) -> list[str]:
    """The names of the modules bench_<topic>.py to run; ends the program for an unknown one."""
    found = sorted(
        path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")
    )
    unknown = [name for name in wanted if name not in found]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(found)})")
    return wanted or found


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
    chosen = topics(sys.argv[1:])
    import django

    from bench.results import FILE, Result, table, write
    from salesteam import embedded
    from salesteam.environment import load

    results: list[Result] = []
    with embedded.servers(load()):
        django.setup()
        from bench.databases import drop_template

        try:
            for topic in chosen:
                print(f"running {topic} …", file=sys.stderr, flush=True)
                results += import_module(f"bench.bench_{topic}").run()
        finally:
            drop_template()
    print(table(results))
    write(results)
    print(f"written to {FILE.relative_to(Path.cwd()) if FILE.is_relative_to(Path.cwd()) else FILE}")
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
