"""Adding the sample firm and taking it away again."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from random import Random
from string import ascii_letters, digits

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.members.models import Member
from apps.sample import registry, removal
from apps.sample.context import SCALES, Context
from apps.sample.copying import analyze
from apps.sample.people import ROOT
from apps.sample.selectors import SignIn, has_real_records, has_sample, sign_ins

# Known to everybody who reads this: only given where nothing real can be reached with it.
DEMO_PASSWORD = "northern-lights-42"  # noqa: S105 - printed on purpose
SALT_LENGTH = 24
LOCK = 7_310_527
DEFAULT_NAME = "SalesTeam"


class SampleExists(DomainError):  # noqa: N818 - named for what was found
    """The sample firm is here already; `manage.py demo --remove` removes it."""


class RealRecordsExist(DomainError):  # noqa: N818 - named for what was found
    """There are records of your own here; `--beside` adds the sample firm to them."""


class RealRecordsHang(DomainError):  # noqa: N818 - named for what was found
    """Records of your own refer to sample ones."""


@dataclass(frozen=True)
class Created:
    """What was written: rows by kind, and who can sign in with which password."""

    until: date
    rows: dict[str, int]
    sign_ins: list[SignIn]
    password: str


@dataclass(frozen=True)
class Removed:
    rows: dict[str, int] = field(default_factory=dict)


def nothing(_part: str, _rows: dict[str, int]) -> None:
    """No report on parts that are done."""


@transaction.atomic
def sample_create(
    *,
    seed: int,
    scale: str,
    until: date | None = None,
    beside: bool = False,
    report: Callable[[str, dict[str, int]], None] = nothing,
) -> Created:
    """Write the whole firm in one transaction.

    `until` is the last day of the history, by default yesterday in the organisation's zone.
    `report` hears of each part as it is done. Raises SampleExists, RealRecordsExist, or DomainError
    for a day in the future.
    """
    _lock()
    if has_sample():
        raise SampleExists
    real = has_real_records()
    if real and not beside:
        raise RealRecordsExist
    organisation = _organisation(leave_alone=real)
    last_day = until or organisation.today() - timedelta(days=1)
    if last_day > organisation.today():
        message = f"The history can't end in the future: {last_day}."
        raise DomainError(message)
    password = secrets.token_urlsafe(12) if real or settings.PRODUCTION else DEMO_PASSWORD
    context = Context(
        seed=seed,
        scale=SCALES[scale],
        until=last_day,
        organisation=organisation,
        password=_encoded(password, seed),
        beside=real,
    )
    rows: dict[str, int] = {}
    for name, part in registry.parts():
        written = dict(part.build(context))
        rows |= written
        report(name, written)
    organisation.has_sample = True
    if not real:
        # Somebody who looks at the sample firm isn't asked for the settings of their own.
        organisation.set_up_at = organisation.set_up_at or timezone.now()
    organisation.save(update_fields=["has_sample", "set_up_at"])
    analyze(registry.sample_models())
    audit_record(by=None, action="sample.create", record=organisation, seed=seed, scale=scale)
    return Created(last_day, rows, sign_ins(), password)


@transaction.atomic
def sample_remove() -> Removed:
    """Delete every sample row; raises RealRecordsHang and changes nothing where that can't be.

    The triggers mark the days, so that the next overnight run computes the figures without them.
    """
    _lock()
    if not has_sample():
        return Removed()
    hanging = removal.hanging_records()
    if hanging:
        lines = "".join(f"\n  {count} × {what}" for what, count in sorted(hanging.items()))
        message = (
            f"Nothing was removed: records of your own refer to sample ones.{lines}\n"
            "Give them another owner, team or customer, or delete them, and try again."
        )
        raise RealRecordsHang(message)
    files = removal.files()
    rows = removal.delete_rows()
    organisation = Organisation.current()
    organisation.has_sample = False
    if organisation.name == ROOT[0] and not has_real_records():
        organisation.name, organisation.set_up_at = DEFAULT_NAME, None
    organisation.save(update_fields=["has_sample", "name", "set_up_at"])
    audit_record(by=None, action="sample.remove", record=organisation)
    transaction.on_commit(partial(_delete_files, files))
    return Removed(rows)


def _delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _lock() -> None:
    """One generation or removal at a time; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _organisation(*, leave_alone: bool) -> Organisation:
    """The organisation, named after the sample firm where nobody has set it up yet."""
    organisation = Organisation.current()
    if organisation.name == DEFAULT_NAME and not leave_alone:
        organisation.name = ROOT[0]
        organisation.time_zone = "Europe/Berlin"
        organisation.currency = "EUR"
        organisation.country = "DE"
        organisation.full_clean()
        organisation.save()
    return organisation


def _encoded(password: str, seed: int) -> str:
    """One hash for everybody: hashing is slow on purpose, and the same seed gives the same rows."""
    rng = Random(f"{seed}:salt")  # noqa: S311 - a published password keeps no secret
    salt = "".join(rng.choice(ascii_letters + digits) for _ in range(SALT_LENGTH))
    return make_password(password, salt=salt if password == DEMO_PASSWORD else None)


def demo_password_works() -> bool:
    """Whether the published password still opens the sample sign-ins."""
    member = Member.objects.filter(is_sample=True, is_active=True).order_by("pk").first()
    return member is not None and member.check_password(DEMO_PASSWORD)
