"""A page of a customer's timeline, as its reader may see it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import connection
from django.utils import timezone

from apps.activities.selectors import activity_lines
from apps.core.paging import BadCursor
from apps.customers.models import Channel, Customer, Screening, ScreeningDimension
from apps.customers.notes.selectors import note_lines
from apps.members.querysets import Viewer, is_acted_for, reads_contact_data, writes
from apps.members.roles import Reach, RecordKind
from apps.portfolio.timeline.keys import Key, newest
from apps.portfolio.timeline.sources import SOURCES, Scope, Source

PAGE_ENTRIES = 25
CHANNEL_ICONS: dict[str, str] = {
    Channel.CALL: "phone",
    Channel.VISIT: "building-store",
    Channel.EMAIL: "mail",
    Channel.MESSAGE: "message",
    Channel.MEETING: "users",
    Channel.FAX: "printer",
}
SIGNER = Signer(salt="timeline")
# The customer and all that became it, also by way of another.
FAMILY = """
WITH RECURSIVE family (id) AS (
  SELECT %s::bigint
  UNION
  SELECT c.id FROM customers_customer c JOIN family ON c.merged_into_id = family.id
)
SELECT id FROM family ORDER BY id
"""


@dataclass(frozen=True)
class Entry:
    """One row of the timeline: `row` as its template prints it, `at` None where only a day is known."""

    source: Source
    row: Any
    pk: int
    day: date
    at: datetime | None

    @property
    def icon(self) -> str:
        """Of the kind; of a contact, that of its channel."""
        activity = getattr(self.row, "activity", None)
        return CHANNEL_ICONS.get(str(getattr(activity, "channel", "")), self.source.icon)


@dataclass(frozen=True)
class Day:
    """The entries of a day, newest first; `goes_on` if the page before ended in the same day."""

    day: date
    entries: list[Entry]
    goes_on: bool = False


@dataclass(frozen=True)
class TimelinePage:
    """Entries by day; `older` is the cursor of what comes after them, empty at the end."""

    days: list[Day]
    older: str


def family_of(customer: Customer) -> list[int]:
    """Ids of the customer and of all that were merged into it."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, [customer.pk])
        return [pk for (pk,) in cursor.fetchall()]


def timeline_page(
    customer: Customer,
    user: Viewer,
    *,
    groups: Collection[str] = (),
    cursor: str = "",
    may_change: bool,
    size: int = PAGE_ENTRIES,
) -> TimelinePage:
    """A page of the timeline of a customer that the reader may open; `groups` empty: everything.

    As many queries however deep and however long. Raises BadCursor for a text that none has given.
    """
    scope = Scope(family_of(customer), user)
    start = _decoded(cursor) if cursor else None
    chosen = [one for one in SOURCES if not groups or one.group in groups]
    # Bound to its source: one list for each, in the order of the timeline.
    lists = [_found(source, scope, start, size + 1) for source in chosen]
    found = newest(lists, size + 1)
    shown = found[:size]
    older = _encoded(shown[-1][0]) if len(found) > size else ""
    before = timezone.localdate(start.at) if start else None
    return TimelinePage(_by_day(shown, user, before, may_change=may_change), older)


def _found(
    source: Source, scope: Scope, start: Key | None, size: int
) -> list[tuple[Key, tuple[Source, Any]]]:
    return [(key, (source, row)) for key, row in source.newest(scope, start, size)]


def _encoded(key: Key) -> str:
    return SIGNER.sign_object([key.at.isoformat(), key.rank, key.pk])


def _decoded(cursor: str) -> Key:
    try:
        at, rank, pk = SIGNER.unsign_object(cursor)
        return Key(datetime.fromisoformat(at), int(rank), int(pk))
    except (BadSignature, ValueError, TypeError) as error:
        raise BadCursor from error


def _by_day(
    shown: Sequence[tuple[Key, tuple[Source, Any]]],
    user: Viewer,
    before: date | None,
    *,
    may_change: bool,
) -> list[Day]:
    """Days in the reader's zone; of what has only a day, that day. `before` came last so far."""
    lines = _lines([pair for _key, pair in shown], user, may_change=may_change)
    entries = [
        Entry(
            source=source,
            row=lines.get(source.name, {}).get(key.pk, row),
            pk=key.pk,
            day=getattr(row, source.at) if source.is_day else timezone.localdate(key.at),
            at=None if source.is_day else key.at,
        )
        for key, (source, row) in shown
    ]
    days = groupby(entries, key=lambda one: one.day)
    return [Day(day, list(rows), goes_on=day == before) for day, rows in days]


def _lines(
    shown: Sequence[tuple[Source, Any]], user: Viewer, *, may_change: bool
) -> Mapping[str, Mapping[int, Any]]:
    """Kind → id → the row with what the reader may know and do of it."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for source, row in shown:
        rows[source.name].append(row)
    return {
        "activity": {
            line.activity.pk: line
            for line in activity_lines(rows["activity"], user, may_change=may_change)
        },
        "note": {
            line.note.pk: line for line in note_lines(rows["note"], user, may_change=may_change)
        },
        "file": _files(rows["file"], user, may_change=may_change),
        "screening": _screenings(rows["screening"]),
        "merge": {row.pk: {"merge": row, "names": _merged_names(row)} for row in rows["merge"]},
    }


def _files(rows: Sequence[Any], user: Viewer, *, may_change: bool) -> dict[int, Any]:
    leads = writes(user, RecordKind.SALES) >= Reach.SUBTREE
    downloads = reads_contact_data(user) and not is_acted_for(user)
    return {
        row.pk: {
            "file": row,
            "may_download": downloads,
            "may_delete": may_change and (leads or row.by_id == user.pk),
        }
        for row in rows
    }


def _screenings(rows: Sequence[Screening]) -> dict[int, Any]:
    """With the names of the dimensions as they are called today."""
    if not rows:
        return {}
    names = {one.key: str(one) for one in ScreeningDimension.objects.order_by("rank", "pk")}
    return {
        row.pk: {
            "screening": row,
            "grades": [(names.get(key, key), grade) for key, grade in row.grades.items()],
        }
        for row in rows
    }


def _merged_names(row: Any) -> list[str]:  # noqa: ANN401 - a merge
    """What the customers that went into it were called."""
    before = row.before if isinstance(row.before, dict) else {}
    found = (before.get(str(pk), {}) for pk in row.absorbed)
    return [str(one["name"]) for one in found if isinstance(one, dict) and one.get("name")]
