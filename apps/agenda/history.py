"""What an activity said before it was corrected, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.activities.models import Activity, ActivityVersion, Direction, Outcome
from apps.core.formats import moment, number
from apps.customers.models import Channel, Contact
from apps.funnel.models import Opportunity
from apps.members.querysets import Viewer

# Fields of a version in the order in which they are read.
LABELS: Mapping[str, Any] = {
    "at": gettext_lazy("When"),
    "channel": gettext_lazy("Channel"),
    "direction": gettext_lazy("Direction"),
    "contact_id": gettext_lazy("Contact"),
    "outcome": gettext_lazy("Outcome"),
    "minutes": gettext_lazy("Minutes"),
    "objection": gettext_lazy("Objection met"),
    "opportunity_id": gettext_lazy("Opportunity"),
    "note": gettext_lazy("Note"),
}
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "channel": dict(Channel.choices),
    "direction": dict(Direction.choices),
    "outcome": dict(Outcome.choices),
}
NOTHING = "–"


@dataclass(frozen=True)
class Said:
    """A field and what it said."""

    label: str
    text: str


@dataclass(frozen=True)
class VersionLine:
    """What was changed at a time, as it was before."""

    version: ActivityVersion
    said: list[Said]


@dataclass(frozen=True)
class _Names:
    """What the reader sees of the contacts and opportunities that versions name."""

    contacts: Mapping[int, Contact]
    opportunities: Mapping[int, Opportunity]


def history_of(activity: Activity, reader: Viewer) -> list[VersionLine]:
    """The corrections of an activity that the reader sees, the latest first.

    One query, and one for each kind of record that they name. A contact or an opportunity that the
    reader does not see has no name.
    """
    rows = ActivityVersion.objects.filter(activity=activity)
    versions = list(rows.select_related("by").order_by("-at", "-pk"))
    names = _Names(
        Contact.objects.visible_to(reader).in_bulk(_ids(versions, "contact_id")),
        Opportunity.objects.visible_to(reader).for_list().in_bulk(_ids(versions, "opportunity_id")),
    )
    return [VersionLine(version, _said(version.before, names)) for version in versions]


def _ids(versions: Iterable[ActivityVersion], name: str) -> set[int]:
    return {version.before[name] for version in versions if version.before.get(name)}


def _said(before: Mapping[str, Any], names: _Names) -> list[Said]:
    return [
        Said(str(label), _text(name, before[name], names))
        for name, label in LABELS.items()
        if name in before
    ]


def _text(name: str, value: Any, names: _Names) -> str:  # noqa: ANN401 - whatever a field may hold
    if value in (None, ""):
        return NOTHING
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    match name:
        case "at":
            text = moment(parse_datetime(value))
        case "minutes":
            text = number(value)
        case "contact_id":
            contact = names.contacts.get(value)
            text = contact.name if contact else _("somebody who is not in the list any more")
        case "opportunity_id":
            opportunity = names.opportunities.get(value)
            text = opportunity.short_title if opportunity else _("one that you don’t see")
        case _:
            text = str(value)
    return text
