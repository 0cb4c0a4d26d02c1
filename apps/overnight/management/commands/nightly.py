"""manage.py nightly: compute the figures of the days that need it.

Exit code 0 when done, 1 when a step failed, 2 for wrong arguments or while another run works.
"""

import argparse
import json
import sys
from datetime import date
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from apps.core.models import Organisation
from apps.overnight import services
from apps.overnight.locks import run_lock
from apps.overnight.models import NightRun, NightStep, RunKind, RunState
from apps.overnight.steps import BY_NAME, STEPS

REFUSED = 2


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not a day such as 2017-12-31") from error


class Command(BaseCommand):
    help = "Compute day facts, conversion rates and dwell times; by default up to yesterday."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=day, help="the day that the figures stand for")
        parser.add_argument("--from", dest="first", type=day, help="compute again from this day …")
        parser.add_argument("--to", dest="last", type=day, help="… up to this day")
        parser.add_argument("--rebuild", action="store_true", help="compute all days again")
        parser.add_argument("--json", action="store_true", help="print the run as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = self._wanted(options)
        with run_lock() as is_held:
            if not is_held:
                self._refuse("Another overnight run is working at this moment.")
            try:
                run = self._work(wanted, quiet=options["json"])
            except DatabaseError as error:
                raise CommandError(f"The run failed: {error}") from error
        self._report(run, as_json=options["json"])

    def _wanted(self, options: dict[str, Any]) -> dict[str, Any]:
        """The run's kind and days; refuses combinations and days that make no sense."""
        first, last, through = options["first"], options["last"], options["date"]
        if (first is None) != (last is None):
            self._refuse("--from and --to belong together.")
        if last is not None and (through is not None or options["rebuild"]):
            self._refuse("--from and --to exclude --date and --rebuild.")
        if last is not None and first > last:
            self._refuse("--from lies after --to.")
        through = through or last or services.yesterday()
        if through > Organisation.current().today():
            self._refuse(f"{through} has not happened yet.")
        kind = RunKind.NIGHTLY
        if last is not None:
            kind = RunKind.RANGE
        elif options["rebuild"]:
            kind = RunKind.REBUILD
        return {"kind": kind, "from_on": first, "through_on": through}

    def _work(self, wanted: dict[str, Any], *, quiet: bool) -> NightRun:
        """Finish runs that stopped, then the wanted one unless it was among them."""
        unfinished: list[NightRun] = list(NightRun.objects.unfinished().order_by("pk"))
        for stopped in unfinished:
            if not quiet:
                self.stderr.write(f"Taking up run {stopped.pk} ({stopped}), which had stopped.")
            self._finish(stopped)
            if all(getattr(stopped, field) == value for field, value in wanted.items()):
                return stopped
        run = services.run_begin(**wanted, by=None)
        self._finish(run)
        return run

    def _finish(self, run: NightRun) -> None:
        done = run.steps.filter(state=RunState.DONE).count()
        with tqdm(
            total=len(STEPS),
            initial=done,
            unit="step",
            disable=not sys.stderr.isatty(),
            leave=False,
        ) as bar:

            def told(step: NightStep) -> None:
                bar.set_description(str(BY_NAME[step.name].label))
                bar.update(max(0, step.position - 1 - bar.n))

            services.run_finish(run=run, told=told)
        run.refresh_from_db()

    def _report(self, run: NightRun, *, as_json: bool) -> None:
        steps = list(run.steps.all())
        if as_json:
            self.stdout.write(json.dumps(run_as_data(run, steps), indent=2))
            return
        for step in steps:
            label = str(BY_NAME[step.name].label)
            self.stdout.write(f"{label:<28} {step.rows or 0:>12,} rows {step.seconds or 0:>9} s")
        self.stdout.write(f"Run {run.pk}: figures as of {run.through_on}.")

    def _refuse(self, message: str) -> NoReturn:
        raise CommandError(message, returncode=REFUSED)


def run_as_data(run: NightRun, steps: list[NightStep]) -> dict[str, Any]:
    return {
        "run": run.pk,
        "kind": run.kind,
        "from": run.from_on.isoformat() if run.from_on else None,
        "through": run.through_on.isoformat(),
        "state": run.state,
        "steps": [
            {
                "name": step.name,
                "state": step.state,
                "rows": step.rows,
                "seconds": str(step.seconds) if step.seconds is not None else None,
                "error": step.error,
            }
            for step in steps
        ],
    }
