"""Records of calls as files hold them, and the events that they stand for: plain Python.

Two kinds of file: a sheet of a call centre (Call Id, Agent, Date, Time, Answered (Y/N), Speed of
answer in seconds, AvgTalkDuration) and the call records of an Asterisk (CSV without headings, fields
as its manual names them). Event ids follow from the record: a file that is replayed twice counts once.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zlib import crc32

STARTED, ANSWERED, ENDED = "started", "answered", "ended"
# Numbers that the German regulator keeps free for fiction; the sheet has none of its own.
FICTIONAL, FICTIONAL_COUNT = "+493023125{:03}", 1000
FIRST_EXTENSION = 101
OUR_NUMBER = "+493023125000"
# Of an Asterisk's line: the fields that are read, by their place.
SOURCE, DESTINATION, CHANNEL, DESTINATION_CHANNEL = 1, 2, 5, 6
START, ANSWER, END, DISPOSITION, SHORTEST_LINE = 9, 10, 11, 14, 15
EXTENSION = re.compile(r"^[A-Za-z0-9]+/([A-Za-z0-9]+)")


class UnreadableRecord(ValueError):  # noqa: N818 - named for what it is
    """A line that is no record of a call; says which and why."""


@dataclass(frozen=True)
class Record:
    """One call as a file has it; `answered_at` is None where nobody answered."""

    call_id: str
    direction: str
    from_number: str
    to_number: str
    extension: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime

    def events(self) -> Iterator[dict[str, str]]:
        """Its events in their order, as the hook takes them."""
        instants = (
            (STARTED, self.started_at),
            (ANSWERED, self.answered_at),
            (ENDED, self.ended_at),
        )
        for kind, at in instants:
            if at is not None:
                yield {
                    "event_id": f"{self.call_id}-{kind}"[:100],
                    "call_id": self.call_id,
                    "kind": kind,
                    "direction": self.direction,
                    "from": self.from_number,
                    "to": self.to_number,
                    "extension": self.extension,
                    "at": at.isoformat(),
                }


def sheet_records(rows: Iterable[Sequence[Any]], zone: tzinfo) -> list[Record]:
    """Calls of a call centre's sheet; the first row holds the headings.

    Agents get extensions from 101 on in the order of their names. Callers get a number made of the
    call's id; a call that nobody answered ends when it starts, since the sheet does not say when.
    """
    head, *lines = [list(row) for row in rows]
    told = [dict(zip(map(str, head), line, strict=False)) for line in lines if any(line)]
    try:
        agents = extensions_of(str(one["Agent"]) for one in told)
        return [_of_sheet(one, agents, zone) for one in told]
    except (KeyError, TypeError, ValueError) as error:
        words = f"This is no sheet of calls: {type(error).__name__} {error}"
        raise UnreadableRecord(words) from error


def extensions_of(agents: Iterable[str]) -> dict[str, str]:
    """Agent → extension, by name."""
    names = sorted(set(agents))
    return {name: str(FIRST_EXTENSION + at) for at, name in enumerate(names)}


def _of_sheet(told: dict[str, Any], agents: dict[str, str], zone: tzinfo) -> Record:
    call_id = str(told["Call Id"])
    day = told["Date"]
    on = day if isinstance(day, date) else date.fromisoformat(str(day))
    started = datetime.combine(on, told["Time"], tzinfo=zone)
    is_answered = str(told["Answered (Y/N)"]).upper() == "Y"
    answered = started + timedelta(seconds=int(told["Speed of answer in seconds"] or 0))
    return Record(
        call_id=call_id,
        direction="in",
        from_number=FICTIONAL.format(crc32(call_id.encode()) % FICTIONAL_COUNT),
        to_number=OUR_NUMBER,
        extension=agents[str(told["Agent"])],
        started_at=started,
        answered_at=answered if is_answered else None,
        ended_at=answered + _length(told["AvgTalkDuration"]) if is_answered else started,
    )


def _length(told: time | None) -> timedelta:
    if told is None:
        return timedelta()
    return timedelta(hours=told.hour, minutes=told.minute, seconds=told.second)


def asterisk_records(lines: Iterable[str], zone: tzinfo) -> list[Record]:
    """Calls of an Asterisk's records (Master.csv).

    A call is outgoing where its caller's number ends with the extension of the caller's channel;
    else it came in to the extension that was rung.
    """
    found = []
    for number, fields in enumerate(csv.reader(lines), start=1):
        if not fields:
            continue
        try:
            found.append(_of_asterisk(fields, zone))
        except (IndexError, ValueError) as error:
            raise UnreadableRecord(f"Line {number} is no call record: {error}") from error
    return found


def _of_asterisk(fields: list[str], zone: tzinfo) -> Record:
    if len(fields) < SHORTEST_LINE:
        raise ValueError(f"{len(fields)} fields")
    ours = _extension(fields[CHANNEL])
    is_outgoing = bool(ours) and fields[SOURCE].endswith(ours)
    started, ended = (_instant(fields[at], zone) for at in (START, END))
    is_answered = fields[DISPOSITION].upper() == "ANSWERED"
    return Record(
        # The channel's name ends with what tells its calls apart.
        call_id=f"{fields[CHANNEL]} {fields[START]}"[:90],
        direction="out" if is_outgoing else "in",
        from_number=fields[SOURCE],
        to_number=fields[DESTINATION],
        extension=ours if is_outgoing else _extension(fields[DESTINATION_CHANNEL]),
        started_at=started,
        answered_at=_instant(fields[ANSWER], zone) if is_answered else None,
        ended_at=ended,
    )


def _extension(channel: str) -> str:
    found = EXTENSION.match(channel)
    return found[1] if found else ""


def _instant(text: str, zone: tzinfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def in_order(records: Iterable[Record]) -> list[dict[str, str]]:
    """The events of all calls as they happened, one after the other."""
    events = [event for record in records for event in record.events()]
    return sorted(events, key=lambda one: datetime.fromisoformat(one["at"]))
