"""Every filter of the audit log, and its order, is served by an index."""

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict

from apps.core.models import AuditEntry
from apps.members.filters.audit import AuditFilter
from apps.members.models import AccessRole
from tests.factories import make_member

pytestmark = pytest.mark.django_db
FILL = """
INSERT INTO core_auditentry (at, by_id, by_text, action, kind, object_id, label, changes, rows, details,
  channel, is_reading, is_sample)
SELECT now() - i * interval '1 minute', i %% 500, '', 'order.create', 'order', i, md5(i::text), '{}',
  CASE WHEN i %% 5000 = 0 THEN ARRAY[i]::bigint[] ELSE '{}' END, '{}', 'web', i %% 5000 = 1, false
FROM generate_series(1, 40000) i
"""


def plan(**filters: str) -> str:
    admin = make_member(AccessRole.ADMIN, name="Only Admin")
    asked = QueryDict(mutable=True)
    asked.update(filters)
    form = AuditFilter(asked, user=admin)
    assert form.is_valid(), form.errors
    rows: Any = form.apply(AuditEntry.objects.visible_to(admin))
    return str(rows.order_by("-at", "-id")[:26].explain())


@pytest.fixture(autouse=True)
def _many_entries(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [])
        cursor.execute("ANALYZE core_auditentry")


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "audit_by_time"),
        ({"kind": "member"}, "audit_by_kind"),
        ({"action": "member.move"}, "audit_by_action"),
        ({"person": "only admin"}, "audit_by_person"),
        ({"kind": "order", "record": "17"}, "audit_by_object"),
        ({"q": "c4ca4238a0b9"}, "audit_label_search"),
        ({"sort_of": "readings"}, "audit_readings_by_time"),
        ({"sort_of": "bulk"}, "audit_bulk_by_time"),
        ({"from": "2020-01-01", "to": "2020-02-01"}, "audit_by_time"),
    ],
)
def test_the_log_is_read_by_an_index(filters: dict[str, str], index: str) -> None:
    told = plan(**filters)

    assert index in told
    assert "Seq Scan" not in told


def test_a_history_is_read_by_its_indexes() -> None:
    told = AuditEntry.objects.of_record("order", 5000).order_by("-at", "-id")[:9].explain()

    assert "audit_by_object" in told
    assert "audit_by_row" in told
