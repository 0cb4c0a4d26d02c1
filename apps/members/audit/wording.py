"""Audit entries as people read them: a sentence, what was before and after, and from where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from apps.core import formats
from apps.core.audit_kinds import KINDS, field_of, is_sealed, kind_label, kind_of, named_model
from apps.core.audit_words import ACTIONS, CODES, FIELDS
from apps.core.formats import listed
from apps.core.models import AuditEntry
from apps.members.audit.names import Names, is_reference, references
from apps.members.querysets import Viewer, reads_contact_data

NOTHING = "–"
MASK = "••••"
# Where a sentence has no value for one of its places.
MISSING = "…"
# Contact data, which some roles read masked wherever they meet it.
MASKED = frozenset({("contact", "phone"), ("contact", "email")})
HIDDEN = {"member": gettext_lazy("a colleague")}
MONEY = frozenset({"value", "cost", "annual_revenue"})


@dataclass(frozen=True)
class ChangeLine:
    """One changed value; empty ones are a dash."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class EntryLine:
    """An entry in words; `rows_count` is above 0 for a bulk operation."""

    entry: AuditEntry
    sentence: SafeString
    icon: str
    origin: str
    acting: str
    rows_count: int
    changes: list[ChangeLine] = field(default_factory=list)


class _Words(dict[str, Any]):
    """The places of a sentence; one that nothing is known of is three dots."""

    def __missing__(self, key: str) -> str:
        return MISSING


def entry_lines(entries: Iterable[AuditEntry], user: Viewer, names: Names) -> list[EntryLine]:
    """The entries for a reader: nothing is named that `names` does not let them read."""
    masks = not reads_contact_data(user)
    return [_line(entry, names, masks=masks) for entry in entries]


def action_label(action: str) -> str:
    """The action without who and what, for a list of choices: “moved … from … to …”."""
    template = ACTIONS.get(action)
    if template is None:
        return action
    return str(template % _Words()).strip(f"{MISSING} :：")


def _line(entry: AuditEntry, names: Names, *, masks: bool) -> EntryLine:
    hidden = is_sealed(entry.kind) and not names.may_name(entry.kind, entry.object_id)
    changes = {} if hidden else entry.changes
    shown = {
        name: [_value(entry.kind, name, value, names, masks=masks) for value in pair]
        for name, pair in changes.items()
    }
    rows = len(entry.rows)
    return EntryLine(
        entry=entry,
        sentence=_sentence(entry, shown, names),
        icon="eye" if entry.is_reading else "list" if rows else _icon(entry.action),
        origin=" · ".join(filter(None, [entry.get_channel_display(), entry.address])),
        acting=str(entry.details.get("acting", "")).partition(" <")[0],
        rows_count=rows,
        changes=[ChangeLine(_label(entry.kind, name), *pair) for name, pair in shown.items()],
    )


def _icon(action: str) -> str:
    verb = action.rpartition(".")[2]
    return {"create": "plus", "start": "plus", "delete": "trash"}.get(verb, "pencil")


def _sentence(entry: AuditEntry, shown: Mapping[str, list[str]], names: Names) -> SafeString:
    words = _Words({key: _detail(key, value) for key, value in entry.details.items()})
    words["count"] = formats.number(entry.details.get("count", len(entry.rows)))
    for name, (before, after) in shown.items():
        words[name], words[f"{name}_before"] = after, before
    words["by"] = _by(entry, names)
    words["record"] = _record(entry, names)
    template = ACTIONS.get(entry.action)
    if template is None:
        # Of a release whose words are gone: the action's own name is better than nothing.
        parts = (words["by"], entry.action, words["record"])
        return format_html("{}: {} {}", *parts)
    escaped = _Words({key: conditional_escape(value) for key, value in words.items()})
    return mark_safe(escape(str(template)) % escaped)


def _by(entry: AuditEntry, names: Names) -> SafeString:
    name = entry.by_text.partition(" <")[0]
    if not name:
        return format_html("{}", gettext("The system"))
    if not names.may_name("member", entry.by_id):
        return format_html("{}", capfirst(str(HIDDEN["member"])))
    return format_html("<b>{}</b>", name)


def _record(entry: AuditEntry, names: Names) -> SafeString:
    text = entry.label or _numbered(entry)
    address = record_address(entry.kind, names.key(entry.kind, entry.object_id))
    if address and names.are_links:
        return format_html('<a href="{}">{}</a>', address, text)
    return format_html("<b>{}</b>", text)


def _numbered(entry: AuditEntry) -> str:
    label = kind_label(entry.kind)
    if entry.object_id is None:
        return label
    return gettext("%(kind)s no. %(number)s") % {"kind": label, "number": entry.object_id}


def record_address(kind: str, key: Any) -> str:  # noqa: ANN401 - an id or a slug
    """The address of the record's page; empty where it has none, or none for this reader."""
    page = KINDS[kind].page if kind in KINDS else ""
    if not page or key is None:
        return ""
    try:
        return reverse(page, args=[key])
    except NoReverseMatch:
        return ""


def _detail(key: str, value: Any) -> str:  # noqa: ANN401 - plain JSON
    if isinstance(value, bool | int | float):
        return formats.number(value)
    if isinstance(value, list):
        return listed(str(CODES.get(key, {}).get(str(one), one)) for one in value)
    return str(CODES.get(key, {}).get(str(value), value))


def _label(kind: str, name: str) -> str:
    """The field's name in words: the model's own, else that of the kind it names."""
    own = field_of(kind, name)
    if own is not None:
        return str(capfirst(str(own.verbose_name)))
    named = named_model(kind, name)
    fallback = named._meta.verbose_name if named else name.replace("_", " ")
    return str(capfirst(str(FIELDS.get(name, fallback))))


def _value(kind: str, name: str, value: Any, names: Names, *, masks: bool) -> str:  # noqa: ANN401
    """A value before or after the change, in words; empty values are a dash."""
    if value is None or value in ("", []):
        return NOTHING
    if masks and (kind, name) in MASKED:
        return MASK
    model = named_model(kind, name)
    if model is not None:
        return _named(kind_of(model), value, names)
    if is_reference(value):
        return str(value[1]) if names.may_name_all(kind) else MISSING
    if isinstance(value, list):
        return listed(_plain(kind, name, one) for one in value)
    return _plain(kind, name, value)


def _named(kind: str, value: Any, names: Names) -> str:  # noqa: ANN401 - [id, text], or several
    hidden = str(HIDDEN.get(kind, MISSING))
    if not isinstance(value, list):
        return str(value) if names.may_name_all(kind) else hidden
    return listed(text if names.may_name(kind, pk) else hidden for pk, text in references(value))


def _plain(kind: str, name: str, value: Any) -> str:  # noqa: ANN401 - plain JSON
    own = field_of(kind, name)
    choices = _choices(own)
    if isinstance(value, str | int) and value in choices:
        return str(choices[value])
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    try:
        return _formatted(own, name, str(value))
    except (ValueError, ArithmeticError):
        # Written by a release in which the field was of another type.
        return str(value)


def _formatted(own: object, name: str, value: str) -> str:
    match own:
        case models.DateTimeField():
            return formats.moment(datetime.fromisoformat(value))
        case models.DateField():
            return formats.day_short(date.fromisoformat(value))
        case models.DecimalField() if name in MONEY:
            return formats.money(Decimal(value))
        case models.DecimalField():
            return formats.number(Decimal(value), 2)
    return value


def _choices(own: "models.Field[object, object] | None") -> dict[Any, Any]:
    """The field's choices, or those of the values that a list field holds."""
    inner = getattr(own, "base_field", own)
    return dict(getattr(inner, "flatchoices", None) or [])
