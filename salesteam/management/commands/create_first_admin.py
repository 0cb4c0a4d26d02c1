import getpass
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from apps.core.errors import DomainError
from apps.members.services import first_admin_create

PASSWORD_VARIABLE = "FIRST_ADMIN_PASSWORD"  # noqa: S105 (a variable's name)
CURRENCY_LETTERS = 3
Check = Callable[[str], str]


class Command(BaseCommand):
    """Asks on a terminal for what isn't given; without one, everything must be given."""

    help = (
        "Set up the organisation and its first administrator. "
        f"The password is asked for, or taken from {PASSWORD_VARIABLE}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", help="the firm's name")
        parser.add_argument("--time-zone", help="such as Europe/Berlin")
        parser.add_argument("--currency", help="such as EUR")
        parser.add_argument("--name", help="the administrator's name")
        parser.add_argument("--email", help="the administrator's sign-in")

    def handle(self, **options: Any) -> None:
        values = {
            "organisation": self._value(options, "organisation", _filled),
            "time_zone": self._value(options, "time_zone", _zone, settings.DEFAULT_TIME_ZONE),
            "currency": self._value(options, "currency", _currency, "EUR"),
            "name": self._value(options, "name", _filled),
            "email": self._value(options, "email", _email),
        }
        try:
            member = first_admin_create(**values, password=self._password())
        except (DomainError, ValidationError) as error:
            raise CommandError("; ".join(getattr(error, "messages", [str(error)]))) from error
        self.stdout.write(f"{member.name} can sign in now as {member.email}.")

    def _value(self, options: dict[str, Any], name: str, check: Check, default: str = "") -> str:
        given = options[name]
        if given is not None or not sys.stdin.isatty():
            try:
                return check(given or default)
            except ValidationError as error:
                raise CommandError(f"--{name.replace('_', '-')}: {error.messages[0]}") from error
        while True:
            answer = input(
                f"{name.replace('_', ' ').capitalize()}{f' [{default}]' * bool(default)}: "
            )
            try:
                return check(answer.strip() or default)
            except ValidationError as error:
                self.stderr.write(error.messages[0])

    def _password(self) -> str:
        given = os.environ.get(PASSWORD_VARIABLE)
        if given or not sys.stdin.isatty():
            try:
                validate_password(given or "")
            except ValidationError as error:
                raise CommandError(f"{PASSWORD_VARIABLE}: {' '.join(error.messages)}") from error
            return given or ""
        while True:
            answer = getpass.getpass("Password: ")
            try:
                validate_password(answer)
            except ValidationError as error:
                self.stderr.write(" ".join(error.messages))
                continue
            if getpass.getpass("Password again: ") == answer:
                return answer
            self.stderr.write("The two differ.")


def _filled(value: str) -> str:
    if not value:
        raise ValidationError("is needed")
    return value


def _email(value: str) -> str:
    validate_email(value)
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValidationError(f"{value} is not a time zone such as Europe/Berlin")
    return value


def _currency(value: str) -> str:
    code = value.upper()
    if len(code) != CURRENCY_LETTERS or not (code.isascii() and code.isalpha()):
        raise ValidationError(f"{value} is not a currency code such as EUR")
    return code
