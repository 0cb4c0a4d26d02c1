"""Refusals that next steps and tasks share."""

from apps.core.errors import DomainError


class AlreadySettled(DomainError):  # noqa: N818 - named for what is the case
    """It is done or dropped already."""


class NotOfCustomer(DomainError):  # noqa: N818 - named for what is the case
    """The contact or the opportunity belongs to another customer."""


class DayIsOver(DomainError):  # noqa: N818 - named for what is the case
    """What is planned lies ahead."""
