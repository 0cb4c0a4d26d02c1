"""Refusals of the domain: named, translatable, turned into an answer in one place."""


class DomainError(Exception):
    """A request that the rules of the domain refuse; its text tells the person what to do."""

    status = 422

    def __init__(self, message: object = "") -> None:
        super().__init__(message)
        self.message = message or self.__doc__


class NotPermitted(DomainError):  # noqa: N818 - named for what happened
    """The record may be read but not changed by this person."""

    status = 403
