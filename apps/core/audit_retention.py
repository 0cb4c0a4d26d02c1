"""How long audit entries are kept: the organisation's months, never less than the database's 24."""

from datetime import date
from typing import Any

from django.db import connection, transaction

from apps.core.models import Organisation
from apps.core.services import audit_record

BATCH = 10_000
# Midnight in the organisation's zone, so many months before the day.
EXPIRED = """
DELETE FROM core_auditentry WHERE id IN (
  SELECT id FROM core_auditentry
  WHERE at < (%(day)s::date - make_interval(months => %(months)s)) AT TIME ZONE %(zone)s
  ORDER BY at LIMIT %(batch)s
)
"""


@transaction.atomic
def audit_expire(*, as_of: date, batch: int = BATCH) -> int:
    """Delete what is older than the organisation keeps; how many entries. A second time: none.

    In batches, so that no single statement holds the table for long. The deletion is an entry too.
    """
    organisation = Organisation.current()
    values: dict[str, Any] = {
        "day": as_of,
        "months": organisation.audit_months,
        "zone": organisation.time_zone,
        "batch": batch,
    }
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(EXPIRED, values)
            found = int(cursor.rowcount)
            deleted += found
            if found < batch:
                break
    if deleted:
        audit_record(
            by=None,
            action="audit.expire",
            record=organisation,
            entries=deleted,
            months=organisation.audit_months,
        )
    return deleted
