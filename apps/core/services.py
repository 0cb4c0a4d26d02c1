"""The audit trail, written by every service in the transaction of its change; a reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from apps.core.models import AuditEntry
from apps.core.origin import current_origin

if TYPE_CHECKING:
    from apps.members.models import Member

# As long as `label` and `by_text` of an entry.
LONGEST_NAME = 300

type Changes = Mapping[str, Sequence[Any]]


def audit_record(
    *,
    by: "Member | None",
    action: str,
    record: models.Model | type[models.Model],
    changes: Changes | None = None,
    rows: Iterable[int] = (),
    is_reading: bool = False,
    **details: Any,
) -> AuditEntry:
    """Write who did what to a record; one insert, in the transaction of the change.

    Args:
        by: who did it; None for the system itself.
        action: `kind.verb`, with its sentence in `apps.core.audit_words`.
        record: the record as it is after the change, or for a bulk operation the model of its rows.
        changes: field → [before, after]; `changed_values` makes it. Records that are named (an
            owner, a team) belong here, where the reader's scope is asked, not in `details`.
        rows: ids of the records, all of the kind of `record`, that one bulk operation touched.
        is_reading: a sealed record was opened, not changed.
        details: what else the sentence says: counts, reasons, codes. Never a name of a record.
    """
    origin = current_origin()
    acting = origin.acting()
    if acting is not None:
        details["acting"] = person_text(acting)
    return AuditEntry.objects.create(
        by=by,
        by_text="" if by is None else person_text(by),
        action=action,
        kind=record._meta.model_name or "",
        object_id=None if isinstance(record, type) else record.pk,
        label="" if isinstance(record, type) else _label(record),
        changes=_changes(changes or {}),
        rows=list(rows),
        details=plain(details),
        channel=origin.channel,
        address=origin.address,
        is_reading=is_reading,
        is_sample=_is_sample(record, by),
    )


@transaction.atomic
def language_choose(*, by: "Member", language: str) -> None:
    """Keep with the member in which language they read."""
    before = values_of(by, ["language"])
    by.language = language
    by.save(update_fields=["language"])
    if changes := changed_values(by, before):
        audit_record(by=by, action="member.profile", record=by, changes=changes)


def values_of(record: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The fields' values as plain JSON, to be compared after the change.

    A relation is [id, text]: have it loaded already, or its text costs a query.
    """
    return {name: plain(getattr(record, name)) for name in fields}


def changed_values(
    record: models.Model, before: Mapping[str, Any], fields: Iterable[str] | None = None
) -> dict[str, list[Any]]:
    """Field → [before, after] of the fields that differ; `before` comes from `values_of`.

    Fields that `before` lacks had no value: for a record that was just made it is empty.
    """
    names = before if fields is None else fields
    after = values_of(record, names)
    return {
        name: [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value
    }


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - whatever a field may hold
    """The value as JSON has it: decimals and dates as text, a record as [id, text]."""
    match value:
        case models.Model():
            return [value.pk, str(value)[:LONGEST_NAME]]
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case date() | time():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset() | models.QuerySet():
            return [plain(one) for one in value]
        case _:
            return str(value)


def person_text(person: Any) -> str:  # noqa: ANN401 - a member, which core does not know
    """Who somebody was at the time: “Name <email>”."""
    return f"{person.name} <{person.email}>"[:LONGEST_NAME]


def _changes(changes: Changes) -> dict[str, list[Any]]:
    pairs = {name: [plain(before), plain(after)] for name, (before, after) in changes.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _label(record: models.Model) -> str:
    """What the record is called; a sealed one only by its kind, since others read the trail.

    A personal one too: what nobody can edit must not hold what somebody may want erased.
    """
    if getattr(record, "is_sealed", False) or getattr(record, "is_personal", False):
        return ""
    return str(record)[:LONGEST_NAME]


def _is_sample(record: models.Model | type[models.Model], by: "Member | None") -> bool:
    """Entries about the sample firm go with it; what its people did to real records stays."""
    if isinstance(record, models.Model) and hasattr(record, "is_sample"):
        return bool(record.is_sample)
    return by is not None and by.is_sample
