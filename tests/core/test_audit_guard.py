"""The database keeps the audit trail: nothing is changed, and deleted only by age or with the sample."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.audit_retention import audit_expire
from apps.core.models import AuditEntry, Organisation

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MONTH = timedelta(days=31)


def entry(**fields: object) -> AuditEntry:
    return AuditEntry.objects.create(action="member.create", kind="member", object_id=1, **fields)


def refused(statement: str) -> str:
    """What the database says to a statement that it must refuse."""
    with (
        pytest.raises(IntegrityError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET action = 'x'",
        "UPDATE core_auditentry SET is_sample = true",
        "UPDATE core_auditentry SET at = '2000-01-01'",
        "DELETE FROM core_auditentry",
    ],
)
def test_an_entry_is_neither_changed_nor_deleted(statement: str) -> None:
    kept = entry()

    assert "an audit entry is never changed" in refused(statement)

    assert AuditEntry.objects.values_list("pk", "action").get() == (kept.pk, "member.create")


@pytest.mark.parametrize("fields", [{"is_sample": True}, {"at": NOW - 40 * MONTH}])
def test_neither_sample_nor_old_entries_are_changed(fields: dict[str, object]) -> None:
    entry(**fields)

    assert "never changed" in refused("UPDATE core_auditentry SET action = 'x'")


def test_the_trail_is_not_emptied() -> None:
    entry()

    assert "the audit trail is never emptied" in refused("TRUNCATE core_auditentry")

    assert AuditEntry.objects.count() == 1


def test_the_guard_holds_where_other_triggers_rest() -> None:
    entry()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    assert "never changed" in refused("DELETE FROM core_auditentry")
    assert "never emptied" in refused("TRUNCATE core_auditentry")


def test_the_guard_does_not_take_its_clock_from_a_schema_of_somebody_else() -> None:
    entry()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA mine")
        cursor.execute(
            "CREATE FUNCTION mine.now() RETURNS timestamptz LANGUAGE sql"
            " AS $$ SELECT timestamptz '2100-01-01' $$"
        )
        cursor.execute("SET LOCAL search_path = mine, public, pg_catalog")

    assert "never changed" in refused("DELETE FROM core_auditentry")


def test_entries_of_the_sample_firm_and_those_past_24_months_may_go() -> None:
    entry(is_sample=True)
    entry(at=NOW - 25 * MONTH)
    kept = entry(at=NOW - 23 * timedelta(days=30))

    AuditEntry.objects.exclude(pk=kept.pk).delete()

    assert AuditEntry.objects.get() == kept


def test_the_night_deletes_what_is_older_than_the_firm_keeps() -> None:
    organisation = Organisation.current()
    organisation.audit_months, organisation.time_zone = 30, "Asia/Shanghai"
    organisation.save()
    midnight = datetime(2024, 5, 20, 16, tzinfo=UTC)  # 21 May in Shanghai
    kept = entry(at=midnight)
    for number in range(5):
        entry(at=midnight - timedelta(seconds=1 + number))

    assert audit_expire(as_of=date(2026, 11, 21), batch=2) == 5
    assert audit_expire(as_of=date(2026, 11, 21), batch=2) == 0

    told = AuditEntry.objects.exclude(pk=kept.pk).get()
    assert (told.action, told.by, told.details) == (
        "audit.expire",
        None,
        {"entries": 5, "months": 30},
    )


def test_less_than_24_months_can_not_even_be_wished_for() -> None:
    organisation = Organisation.current()
    organisation.audit_months = 23

    with pytest.raises(IntegrityError, match="organisation_keeps_audit"), transaction.atomic():
        organisation.save()
