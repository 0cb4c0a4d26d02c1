import os
import tempfile
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.core.models import Organisation
from apps.overnight.models import NightRun, RunState
from salesteam import programs
from salesteam.environment import load
from salesteam.management.commands.serve import check_port, run_until_stopped

SEED = 7


class Command(BaseCommand):
    """Everything that `make demo` does after the installation; from the second time on, seconds."""

    help = "Load the sample firm where there are no records yet, compute it, and run the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=load().port, help="default: PORT or 8000")
        parser.add_argument(
            "--scale",
            choices=["small", "medium", "large"],
            default=os.environ.get("SCALE", "medium"),
        )

    def handle(self, **options: Any) -> None:
        environment = load()
        port = options["port"]
        check_port(environment.bind_address, port)
        self._say("Preparing the database")
        call_command("migrate", verbosity=0)
        call_command("demo", seed=SEED, scale=options["scale"], if_empty=True, stdout=self.stdout)
        self._compute_yesterday()
        chosen = [programs.web(environment, port), programs.worker(environment)]
        if "EMAIL_URL" not in os.environ:
            mail_port = programs.free_mail_port()
            os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_port}"
            chosen.append(programs.mail_catcher(mail_port))
        with tempfile.TemporaryDirectory(prefix="salesteam-") as folder:
            chosen.append(programs.scheduler(environment, Path(folder)))
            self._say(f"\nSalesTeam is at http://localhost:{port}   (Ctrl-C stops everything)\n")
            run_until_stopped(chosen)

    def _compute_yesterday(self) -> None:
        """Run the night for yesterday, unless that or a later one is done already."""
        yesterday = Organisation.current().today() - timedelta(days=1)
        done = NightRun.objects.filter(state=RunState.DONE, through_on__gte=yesterday)  # unscoped
        if not done.exists():
            self._say(f"\nOvernight run for {yesterday}")
            call_command("nightly", date=yesterday, stdout=self.stdout)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
