"""What a phone system is told when its event is not taken; each knows its status of HTTP."""

from apps.core.errors import DomainError


class NotSigned(DomainError):  # noqa: N818 - named for what is the case
    """The event is not signed as it has to be."""

    status = 401


class Garbage(DomainError):  # noqa: N818 - named for what it is
    """The body is no event of a call."""

    status = 400


class TooBig(DomainError):  # noqa: N818 - named for what is the case
    """The body is larger than any event."""

    status = 413


class TooOften(DomainError):  # noqa: N818 - named for what is the case
    """More events in a minute than are taken."""

    status = 429


class EventIdTaken(DomainError):  # noqa: N818 - named for what is the case
    """Another event has this id."""

    status = 409


class AlreadyHandled(DomainError):  # noqa: N818 - named for what happened
    """Somebody else has worked the call off."""
