"""Reads of the audit trail: a record's own history, and the rows of a bulk operation."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from apps.core.audit_kinds import KINDS, kind_of, model_of
from apps.core.models import AuditEntry
from apps.core.paging import KeysetPage, Order, keyset_page
from apps.members.audit.names import scoped
from apps.members.audit.wording import record_address
from apps.members.querysets import Viewer

# Of a bulk operation, on one page of its entry.
ROWS_A_PAGE = 100


@dataclass(frozen=True)
class Row:
    """A record that a bulk operation touched; without a name where the reader can't open it."""

    pk: int
    name: str
    address: str


@dataclass(frozen=True)
class Rows:
    """A page of them; `number` counts pages from 1."""

    rows: list[Row]
    total: int
    number: int
    pages: int

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def following(self) -> int:
        return self.number + 1 if self.number < self.pages else 0


def history_page(
    record: models.Model, user: Viewer, *, size: int, cursor: str | None = None
) -> KeysetPage[AuditEntry]:
    """What happened to a record that the reader may open, and to what belongs to it; latest first.

    Raises BadCursor for a text that is no cursor of a history.
    """
    kind = kind_of(type(record))
    parts = {
        part: scoped(part, user).filter(**{field: record.pk}) for part, field in KINDS[kind].parts
    }
    entries = AuditEntry.objects.of_record(kind, record.pk, parts).for_list()
    return keyset_page(entries, order=[Order("at", descending=True)], cursor=cursor, size=size)


def names_on_page(record: models.Model) -> Mapping[str, frozenset[int]]:
    """Kind → ids of the records that the record itself names, and so its page."""
    found: dict[str, set[int]] = defaultdict(set)
    found[kind_of(type(record))].add(record.pk)
    for field in record._meta.concrete_fields:
        related, value = field.related_model, getattr(record, field.attname)
        if isinstance(related, type) and value is not None:
            found[kind_of(related)].add(value)
    return {kind: frozenset(ids) for kind, ids in found.items()}


def rows_of(entry: AuditEntry, user: Viewer, asked: str | None) -> Rows:
    """The page of a bulk operation's rows that is asked for, with names as they are today."""
    pages = max(1, -(-len(entry.rows) // ROWS_A_PAGE))
    number = int(asked) if asked and asked.isdecimal() else 1
    number = min(max(number, 1), pages)
    ids = entry.rows[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    seen = _records(entry.kind, ids, user)
    return Rows([_row(entry.kind, pk, seen.get(pk)) for pk in ids], len(entry.rows), number, pages)


def _records(kind: str, ids: list[int], user: Viewer) -> dict[int, Any]:
    if not ids or model_of(kind) is None:
        return {}
    rows = scoped(kind, user)
    loads = getattr(rows, "for_list", None)
    return dict((loads() if loads else rows).in_bulk(ids))


def _row(kind: str, pk: int, record: models.Model | None) -> Row:
    if record is None:
        return Row(pk, "", "")
    return Row(pk, str(record), record_address(kind, getattr(record, KINDS[kind].key)))
