"""Plays a file of calls to the hook, as a phone system would report them."""

import json
from argparse import ArgumentParser
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.error import URLError
from zipfile import BadZipFile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from apps.telephony.replay.records import (
    Record,
    UnreadableRecord,
    asterisk_records,
    in_order,
    sheet_records,
)
from apps.telephony.replay.sending import Refused, send_all, signed


class Command(BaseCommand):
    """`manage.py replay_calls calls.xlsx --system office --url https://…/hooks/calls/ --secret …`."""

    help = (
        "Sends the calls of a file (.xlsx of a call centre, .csv of an Asterisk) as signed events."
    )
    # It talks to an address, not to this installation's database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", default="", help="the phone system's name in the settings")
        parser.add_argument("--url", default="", help="where its events go")
        parser.add_argument("--secret", default="", help="what it signs with")
        parser.add_argument(
            "--speed", type=float, default=0, help="so many times as fast; 0: no pauses"
        )
        parser.add_argument("--limit", type=int, help="only so many calls")
        parser.add_argument("--zone", default="UTC", help="time zone of the file's times")
        parser.add_argument("--dry-run", action="store_true", help="print the events, send nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        events = in_order(islice(self._records(options["file"], options["zone"]), options["limit"]))
        if options["dry_run"]:
            for event in events:
                self.stdout.write(json.dumps(event))
            return
        given = {name: options[name] for name in ("system", "url", "secret")}
        if missing := [f"--{name}" for name, text in given.items() if not text]:
            raise CommandError(f"Say {', '.join(missing)}, or --dry-run.")
        try:
            counts = send_all(events, make=partial(signed, **given), speed=max(0, options["speed"]))
        except (Refused, URLError, ValueError) as error:
            raise CommandError(str(error)) from error
        new, known = counts[201], counts[200]
        self.stdout.write(f"{new} events were taken, {known} were seen before.")

    def _records(self, file: Path, zone: str) -> list[Record]:
        try:
            place = ZoneInfo(zone)
            if file.suffix.lower() == ".csv":
                return asterisk_records(file.read_text("utf-8").splitlines(), place)
            book = load_workbook(file, read_only=True)
            return sheet_records(book.worksheets[0].iter_rows(values_only=True), place)
        except (ZoneInfoNotFoundError, ValueError) as error:
            told = error if isinstance(error, UnreadableRecord) else f"{file}, {zone}: {error}"
            raise CommandError(str(told)) from error
        except (OSError, KeyError, BadZipFile, InvalidFileException) as error:
            raise CommandError(f"{file} can't be read: {error}") from error
