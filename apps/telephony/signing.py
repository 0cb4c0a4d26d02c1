"""How an event is signed: plain Python, the same for the hook and for whoever calls it.

Signature = HMAC-SHA256(secret, timestamp + "." + body), in hexadecimal digits. `timestamp` is the
time of sending in whole seconds since 1970, in ASCII digits; `body` the bytes that are sent.
"""

import hmac
from hashlib import sha256

SYSTEM_HEADER = "X-Phone-System"
TIMESTAMP_HEADER = "X-Phone-Timestamp"
SIGNATURE_HEADER = "X-Phone-Signature"
# Older and newer ones are no longer taken: what was overheard can't be sent again later.
WINDOW_SECONDS = 5 * 60


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body that is sent at that time."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def is_signed(secret: str, timestamp: str, body: bytes, signature: str) -> bool:
    """Whether the signature is right; takes as long for a wrong one as for a right one."""
    wanted = signature_of(secret, timestamp, body)
    return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode())


def is_in_time(timestamp: str, now: float) -> bool:
    """Whether it was sent within five minutes of `now` (seconds since 1970)."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= len("9999999999")):
        return False
    return abs(int(timestamp) - now) <= WINDOW_SECONDS
