"""Notifications as their member reads them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.audit_kinds import KINDS as RECORD_KINDS
from apps.core.formats import listed
from apps.members.audit.names import is_reference, scoped
from apps.members.audit.wording import record_address
from apps.members.models import Member, Notification
from apps.members.notification_words import KINDS
from apps.members.querysets import Viewer

# Where a sentence has no value for one of its places.
MISSING = "…"

type Seen = Mapping[str, Mapping[int, Any]]


@dataclass(frozen=True)
class NewsLine:
    """A notification in words; `address` is empty where its record is not (or no longer) seen."""

    notification: Notification
    sentence: SafeString
    address: str

    @property
    def is_unread(self) -> bool:
        return self.notification.read_at is None


class _Words(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return MISSING


def unread_count(member: Member) -> int:
    """How many are unread; loaded with the signed-in member, else asked for."""
    loaded = getattr(member, "unread_news", None)
    if loaded is not None:
        return int(loaded)
    return Notification.objects.filter(member=member, read_at__isnull=True).count()


def news_lines(rows: Iterable[Notification], user: Viewer) -> list[NewsLine]:
    """Notifications (with `by` loaded); one query for each kind of record that they are about."""
    found = list(rows)
    seen = _seen(found, user)
    return [_line(row, seen) for row in found]


def _seen(rows: Iterable[Notification], user: Viewer) -> Seen:
    """Kind → id → record of those that the reader sees now."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.record_kind in RECORD_KINDS and row.record_id is not None:
            wanted[row.record_kind].add(row.record_id)
        for name, value in row.details.items():
            if name in RECORD_KINDS and is_reference(value):
                wanted[name].add(value[0])
    return {kind: scoped(kind, user).in_bulk(ids) for kind, ids in wanted.items()}


def _line(row: Notification, seen: Seen) -> NewsLine:
    record = seen.get(row.record_kind, {}).get(row.record_id or 0)
    words = _Words(
        {name: _detail(name, value, seen) for name, value in row.details.items()},
        by=format_html("<b>{}</b>", row.by.name if row.by else _("The system")),
        record=format_html("<b>{}</b>", record) if record is not None else _hidden(),
    )
    template = KINDS.get(row.kind)
    if template is None:
        # Of a release whose words are gone: its own name is better than nothing.
        return NewsLine(row, format_html("{}", row.kind), _address(row, record))
    escaped = _Words({name: conditional_escape(value) for name, value in words.items()})
    text = (escape(str(template)) % escaped).strip()
    return NewsLine(row, mark_safe(capfirst(text)), _address(row, record))


def _address(row: Notification, record: Any) -> str:  # noqa: ANN401 - a record of any kind
    if record is None:
        return ""
    return record_address(row.record_kind, getattr(record, RECORD_KINDS[row.record_kind].key))


def _hidden() -> str:
    return _("something that you can't see any more")


def _detail(name: str, value: Any, seen: Seen) -> str | SafeString:  # noqa: ANN401 - plain JSON
    if is_reference(value):
        if name == "member" or name not in RECORD_KINDS:
            return str(value[1])
        record = seen.get(name, {}).get(value[0])
        return _hidden() if record is None else format_html("<b>{}</b>", record)
    if isinstance(value, list):
        return listed(str(one) for one in value)
    if isinstance(value, bool | int | float):
        return formats.number(value)
    if name.endswith("_on") and value:
        return formats.day_short(date.fromisoformat(str(value)))
    return "" if value is None else str(value)
