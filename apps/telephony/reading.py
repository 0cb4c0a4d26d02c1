"""An event as a phone system sends it, made sure of; what is wrong is said in a sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.telephony.folding import ANSWERED, ENDED, IN, OUT, STARTED, Event
from apps.telephony.refusals import Garbage

# Longest text of each field; those that may be left out or empty.
LENGTHS = {
    "event_id": 100,
    "call_id": 100,
    "kind": 8,
    "direction": 4,
    "from": 64,
    "to": 64,
    "extension": 20,
    "at": 40,
}
OPTIONAL = frozenset({"from", "to", "extension"})
CHOICES = {"kind": (STARTED, ANSWERED, ENDED), "direction": (IN, OUT)}
# Clocks differ by a little; what is further off is a mistake, of the zone for the most part.
AHEAD = timedelta(minutes=5)
FIRST_YEAR = 2000


@dataclass(frozen=True)
class Told:
    """An event and the call that it belongs to, as the phone system names it."""

    call_id: str
    event: Event


def told_by(body: bytes, *, now: datetime) -> Told:
    """The event in the body. Raises Garbage with what is wrong; fields that we don't know are left."""
    given = _object(body)
    texts = {name: _text(given, name) for name in LENGTHS}
    for name, choices in CHOICES.items():
        if texts[name] not in choices:
            words = _("“%(field)s” is one of: %(choices)s.")
            raise Garbage(words % {"field": name, "choices": ", ".join(choices)})
    event = Event(
        event_id=texts["event_id"],
        kind=texts["kind"],
        direction=texts["direction"],
        from_number=texts["from"],
        to_number=texts["to"],
        extension=texts["extension"],
        at=_instant(texts["at"], now),
    )
    return Told(texts["call_id"], event)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Garbage(_("The body is not JSON in UTF-8.")) from error
    if not isinstance(given, dict):
        raise Garbage(_("The body is not a JSON object with the fields of an event."))
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None and name in OPTIONAL:
        return ""
    if not isinstance(value, str):
        raise Garbage(_("“%(field)s” is missing, or not a text.") % {"field": name})
    text = value.strip()
    if not text and name not in OPTIONAL:
        raise Garbage(_("“%(field)s” is empty.") % {"field": name})
    if len(text) > LENGTHS[name]:
        words = _("“%(field)s” has more than %(most)s characters.")
        raise Garbage(words % {"field": name, "most": LENGTHS[name]})
    if not text.isprintable():
        raise Garbage(_("“%(field)s” has characters that can't be printed.") % {"field": name})
    return text


def _instant(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None or at.year < FIRST_YEAR:
        words = _("“at” is a time with its zone, such as 2026-11-19T14:05:00+01:00.")
        raise Garbage(words)
    if at.year > now.year + 1 or at > now + AHEAD:
        raise Garbage(_("“at” lies in the future: set the clock or the zone of the phone system."))
    return at
