"""Sealed records: nothing through another's eyes, and every opening is written down."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Self

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from apps.core import audit_kinds
from apps.core.models import AuditEntry
from apps.core.sealed import SealedQuerySet, SealedRecord, sealed_read
from apps.members.models import AccessRole
from tests.factories import make_member

pytestmark = pytest.mark.django_db


class CaseQuerySet(SealedQuerySet):
    def sealed_visible_to(self, user: Any) -> Self:
        return self.filter(named=user.pk)

    def sealed_editable_by(self, user: Any) -> Self:
        return self.filter(named=user.pk)


class Case(SealedRecord):
    """A sealed record of tests: open to the one named on it."""

    named = models.BigIntegerField()
    title = models.CharField(max_length=50)

    objects = CaseQuerySet.as_manager()

    class Meta:
        app_label = "core"
        verbose_name = "conflict case"

    def __str__(self) -> str:
        return self.title


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Case)
    monkeypatch.setitem(audit_kinds.KINDS, "case", audit_kinds.RecordKind("core.Case"))
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Case)


def acting(admin: Any, member: Any) -> Any:
    """The member as a request has them while an administrator looks with their eyes."""
    return SimpleNamespace(pk=member.pk, acted_by=admin)


def test_whoever_is_named_sees_it_and_nobody_through_their_eyes() -> None:
    admin, mia = make_member(AccessRole.ADMIN), make_member()
    case = Case.objects.create(named=mia.pk, title="Mia against Jonas")

    assert list(Case.objects.visible_to(mia)) == [case]
    assert list(Case.objects.editable_by(mia)) == [case]
    assert not Case.objects.visible_to(admin).exists()
    assert not Case.objects.visible_to(acting(admin, mia)).exists()
    assert not Case.objects.editable_by(acting(admin, mia)).exists()


def test_an_opening_is_written_down_without_the_records_name() -> None:
    mia = make_member()
    case = Case.objects.create(named=mia.pk, title="Mia against Jonas")

    entry = sealed_read(by=mia, record=case)

    assert (entry.action, entry.kind, entry.object_id) == ("sealed.read", "case", case.pk)
    assert (entry.is_reading, entry.label) == (True, "")


def test_the_log_tells_an_administrator_of_the_opening_and_nothing_of_the_case(
    client: Client,
) -> None:
    admin, mia = make_member(AccessRole.ADMIN), make_member(name="Mia Petersen")
    case = Case.objects.create(named=mia.pk, title="Mia against Jonas")
    sealed_read(by=mia, record=case)
    AuditEntry.objects.create(
        action="case.update", kind="case", object_id=case.pk, changes={"title": ["Old", "New one"]}
    )
    client.force_login(admin)

    html = client.get(reverse("audit_log"), {"kind": "case"}).content.decode()

    assert "<b>Mia Petersen</b> opened <b>Conflict case no. " in html
    assert "sealed record, read only" in html
    assert "against Jonas" not in html
    assert "New one" not in html


def test_the_history_of_a_sealed_record_opens_for_who_is_named_and_counts_as_a_reading(
    client: Client,
) -> None:
    mia, admin = make_member(), make_member(AccessRole.ADMIN)
    case = Case.objects.create(named=mia.pk, title="Mia against Jonas")
    address = reverse("record_history", args=["case", case.pk])

    client.force_login(admin)
    assert client.get(address).status_code == 404
    assert not AuditEntry.objects.filter(is_reading=True).exists()

    client.force_login(mia)
    assert client.get(address).status_code == 200
    assert AuditEntry.objects.get(is_reading=True).by == mia
