"""Add the sample firm to try the product with, or remove it."""

import json
from dataclasses import asdict
from datetime import date
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import DomainError
from apps.sample.context import SCALES
from apps.sample.selectors import has_real_records, has_sample, sign_ins
from apps.sample.services import (
    DEMO_PASSWORD,
    Created,
    demo_password_works,
    nothing,
    sample_create,
    sample_remove,
)

REFUSED = 2


class Command(BaseCommand):
    help = "Add the sample firm (generated, marked as sample, removable), or remove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same rows")
        parser.add_argument("--scale", choices=list(SCALES), default="medium")
        parser.add_argument("--until", type=date.fromisoformat, help="last day, default yesterday")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where records exist"
        )
        parser.add_argument("--beside", action="store_true", help="add it beside real records")
        parser.add_argument("--remove", action="store_true", help="remove exactly the sample rows")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        self.as_json: bool = options["json"]
        started = monotonic()
        try:
            answer = self.remove() if options["remove"] else self.add(options)
        except DomainError as refusal:
            raise CommandError(str(refusal.message), returncode=REFUSED) from refusal
        if self.as_json:
            answer["seconds"] = round(monotonic() - started, 2)
            self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def add(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["if_empty"] and (has_sample() or (has_real_records() and not options["beside"])):
            return self.leave()
        created = sample_create(
            seed=options["seed"],
            scale=options["scale"],
            until=options["until"],
            beside=options["beside"],
            report=nothing if self.as_json else self.part_done,
        )
        if not self.as_json:
            self.stdout.write(f"The sample firm is ready; its history ends on {created.until}.")
            self.print_sign_ins(created.password)
        return self.described(created)

    def described(self, created: Created) -> dict[str, Any]:
        return {
            "created": True,
            "until": created.until.isoformat(),
            "rows": created.rows,
            "sign_ins": [asdict(sign_in) for sign_in in created.sign_ins],
            "password": created.password,
        }

    def leave(self) -> dict[str, Any]:
        """Nothing is written; the sign-ins are shown again where the published password holds."""
        sample = has_sample()
        password = DEMO_PASSWORD if sample and demo_password_works() else None
        if not self.as_json:
            what = "The sample firm is here already" if sample else "Records of your own are here"
            self.stdout.write(f"{what}: nothing was added.")
            if sample:
                self.print_sign_ins(password)
        found = [asdict(sign_in) for sign_in in sign_ins()] if sample else []
        return {"created": False, "sign_ins": found, "password": password}

    def remove(self) -> dict[str, Any]:
        rows = sample_remove().rows
        if not self.as_json:
            for kind, count in rows.items():
                self.stdout.write(f"  {count:>9,} {kind}")
            done = "The sample firm is removed." if rows else "There is no sample firm to remove."
            self.stdout.write(done)
            if rows:
                self.stdout.write("The next overnight run computes the figures without it.")
        return {"removed": bool(rows), "rows": rows}

    def part_done(self, _part: str, rows: dict[str, int]) -> None:
        for kind, count in rows.items():
            self.stdout.write(f"  {count:>9,} {kind.replace('_', ' ')}")
        self.stdout.flush()

    def print_sign_ins(self, password: str | None) -> None:
        self.stdout.write("\nSign in as")
        for sign_in in sign_ins():
            self.stdout.write(f"  {sign_in.role:<9} {sign_in.email:<28} {sign_in.name}")
        known = password or "as printed when the sample firm was made, or as changed since"
        self.stdout.write(f"Password of every sample member: {known}")
