"""manage.py audit_lock: let another database role own the audit trail, or check that one does.

Exit code 0 when the application's role can't rewrite the trail, 1 when it still can, 2 when the
roles could not be changed.
"""

import sys
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.audit_lock import lock, unlock, weaknesses

WEAK, REFUSED = 1, 2
WORDS = {
    "superuser": "it is a superuser: sign the application in with an ordinary role",
    "owns_table": "it owns the table, or belongs to the role that does",
    "owns_functions": "it owns the trigger functions, or belongs to the role that does",
    "owns_schema": "it owns the database or the schema, and so may drop the table",
    "may_update": "it may UPDATE the table",
    "may_truncate": "it may TRUNCATE the table",
    "may_add_triggers": "it may add triggers to the table",
    "guard_is_off": "the guarding triggers are switched off or gone",
}


class Command(BaseCommand):
    help = "Hand the audit trail to a database role of its own; see docs/deployment.md."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--owner-url", help="postgresql://… of the role that is to own it")
        what.add_argument("--give-back", metavar="OWNER_URL", help="… of the role that owns it now")
        what.add_argument("--check", action="store_true", help="only say whether it is guarded")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["give_back"]:
                roles = unlock(options["give_back"])
                self.stdout.write(f"{roles.application} owns the audit trail again")
                return
            if options["owner_url"]:
                roles = lock(options["owner_url"])
                self.stdout.write(f"{roles.owner} owns the audit trail")
        except psycopg2.Error as error:
            raise CommandError(
                f"nothing was changed: {error}".strip(), returncode=REFUSED
            ) from error
        self._check()

    def _check(self) -> None:
        found = weaknesses()
        if not found:
            self.stdout.write("the application's role can't rewrite the audit trail")
            return
        self.stderr.write("the application's role can still rewrite the audit trail:")
        for code in found:
            self.stderr.write(f"  {WORDS[code]}")
        sys.exit(WEAK)
