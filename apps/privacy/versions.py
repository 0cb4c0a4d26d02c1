"""Personal data in what activities said before they were corrected."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apps.activities.models import ActivityVersion
from apps.core.services import plain
from apps.privacy.people import Person

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Free texts of an earlier version; its other fields say nothing of a person.
TEXTS = ("note", "objection")


def versions_read(person: Person) -> Iterator[dict[str, Any]]:
    """Earlier texts of the person's own contacts, and others that name the person."""
    for version in _versions(person):
        texts = _texts(version)
        if texts and (_is_own(version, person) or any(map(person.is_in, texts.values()))):
            yield {"at": plain(version.at), **texts}


def versions_erase(person: Person) -> int:
    """Blots the person out; of their own contacts the whole text goes. How many were changed."""
    changed = []
    for version in _versions(person):
        is_own, texts = _is_own(version, person), _texts(version)
        after = {name: "" if is_own else person.without(text) for name, text in texts.items()}
        if after != texts:
            version.before = {**version.before, **after}
            changed.append(version)
    ActivityVersion.objects.bulk_update(changed, ["before"], batch_size=500)
    return len(changed)


def _versions(person: Person) -> "QuerySet[ActivityVersion]":
    rows = ActivityVersion.objects.filter(activity__customer__in=person.customers)
    return rows.select_related("activity").order_by("pk")


def _texts(version: ActivityVersion) -> dict[str, str]:
    """The texts that the version has, without empty ones."""
    return {name: text for name in TEXTS if (text := str(version.before.get(name) or ""))}


def _is_own(version: ActivityVersion, person: Person) -> bool:
    """Whether the contact was with the person, then or now."""
    named = {version.activity.contact_id, version.before.get("contact_id")}
    return person.is_whole_customer or bool(named & set(person.contacts))
