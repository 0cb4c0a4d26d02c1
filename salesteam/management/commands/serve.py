import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from apps.members.models import AccessRole, Member
from salesteam import programs
from salesteam.environment import load
from salesteam.supervisor import Program, Supervisor


class Command(BaseCommand):
    """Starts the whole site: web server, worker and scheduler, each a process of its own."""

    help = "Run web server, worker and scheduler until Ctrl-C; one that dies is started again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=load().port, help="default: PORT or 8000")
        parser.add_argument("--no-migrate", action="store_true", help="take the tables as they are")
        parser.add_argument("--no-worker", action="store_true")
        parser.add_argument("--no-scheduler", action="store_true")

    def handle(self, **options: Any) -> None:
        environment = load()
        check_port(environment.bind_address, options["port"])
        if not options["no_migrate"]:
            call_command("migrate", verbosity=0)
        self._ensure_administrator()
        with tempfile.TemporaryDirectory(prefix="salesteam-") as folder:
            chosen = [programs.web(environment, options["port"])]
            if not options["no_worker"]:
                chosen.append(programs.worker(environment))
            if not options["no_scheduler"]:
                chosen.append(programs.scheduler(environment, Path(folder)))
            self.stdout.write(f"SalesTeam: http://localhost:{options['port']}   (Ctrl-C stops it)")
            run_until_stopped(chosen)

    def _ensure_administrator(self) -> None:
        if Member.objects.filter(access_role=AccessRole.ADMIN, is_active=True).exists():  # unscoped
            return
        if sys.stdin.isatty():
            call_command("create_first_admin")
        else:
            self.stderr.write("Nobody can sign in yet: run manage.py create_first_admin")


def check_port(address: str, port: int) -> None:
    """Refuse a port that another program has, before anything is started."""
    try:
        programs.check_free(address, port)
    except programs.PortTaken as error:
        raise CommandError(str(error)) from error


def run_until_stopped(chosen: list[Program]) -> None:
    """Supervise the programs with our settings, whatever folder they run in."""
    connections.close_all()
    os.environ["SALESTEAM_HOME"] = str(settings.SALESTEAM_HOME)
    os.chdir(programs.ROOT)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    prefixed = load().log_format != "json"
    Supervisor(chosen, prefixed=prefixed).run()
