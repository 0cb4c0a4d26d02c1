"""Sends events to the hook as a phone system does: signed, one after the other, patiently."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from apps.telephony.signing import (
    SIGNATURE_HEADER,
    SYSTEM_HEADER,
    TIMESTAMP_HEADER,
    signature_of,
)

WAIT_SECONDS, TIMEOUT_SECONDS, MOST_TRIES = 60, 30, 5
MOST_SAID = 1000

type Answer = tuple[int, str]


class Refused(Exception):  # noqa: N818 - named for what happened
    """The other side answered with an error; says which."""


def signed(event: Mapping[str, str], *, url: str, system: str, secret: str) -> Request:
    """The request for an event, signed for this moment. Raises ValueError for another scheme."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(url)
    body = json.dumps(event).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        SYSTEM_HEADER: system,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signature_of(secret, timestamp, body),
    }
    return Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - checked above


def asked(request: Request) -> Answer:
    """Status and text of the answer."""
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - see `signed`
            return response.status, response.read(MOST_SAID).decode(errors="replace")
    except HTTPError as error:
        return error.code, error.read(MOST_SAID).decode(errors="replace")


def send_all(
    events: Iterable[Mapping[str, str]],
    *,
    make: Callable[[Mapping[str, str]], Request],
    speed: float = 0,
    ask: Callable[[Request], Answer] = asked,
    sleep: Callable[[float], None] = time.sleep,
) -> Counter[int]:
    """Send the events in order; how many got each status.

    With a `speed` the pauses between them last that many times less than they did; 0: no pauses.
    Where it is too much for the other side (429), it is asked again a minute later.

    Raises:
        Refused: any other error, at the first one.
    """
    counts: Counter[int] = Counter()
    before: datetime | None = None
    for event in events:
        at = datetime.fromisoformat(event["at"])
        if speed and before is not None and at > before:
            sleep((at - before).total_seconds() / speed)
        before = at
        status, said = _patiently(event, make, ask, sleep)
        if status >= HTTPStatus.BAD_REQUEST:
            raise Refused(f"{event['event_id']}: {status} {said}")
        counts[status] += 1
    return counts


def _patiently(
    event: Mapping[str, str],
    make: Callable[[Mapping[str, str]], Request],
    ask: Callable[[Request], Answer],
    sleep: Callable[[float], None],
) -> Answer:
    answer = ask(make(event))
    for _try in range(MOST_TRIES):
        if answer[0] != HTTPStatus.TOO_MANY_REQUESTS:
            break
        sleep(WAIT_SECONDS)
        # Signed anew: what was signed a minute ago grows old.
        answer = ask(make(event))
    return answer
