"""Who has to do with other people's records at all: for anybody else these pages don't exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from apps.members.models import Member
from apps.members.querysets import Viewer, is_acted_for, reads, writes
from apps.members.roles import Reach, RecordKind

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def reader_of(request: HttpRequest) -> Member:
    """The member who asks; one of the guards below has seen to it that there is one."""
    return cast("Member", request.user)


def _guarded[**P](view: View[P], may: Callable[[Viewer], bool]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def for_people_roles[**P](view: View[P]) -> View[P]:
    """Who leads people, HR and administrators."""
    return _guarded(view, lambda user: reads(user, RecordKind.PEOPLE) >= Reach.SUBTREE)


def for_everybodys_people[**P](view: View[P]) -> View[P]:
    """HR and administrators."""
    return _guarded(view, lambda user: reads(user, RecordKind.PEOPLE) is Reach.ALL)


def may_export_people(user: Viewer) -> bool:
    """Take the directory away as a file: HR and administrators, unless it was forbidden them."""
    if reads(user, RecordKind.PEOPLE) is not Reach.ALL or is_acted_for(user):
        return False
    return user.may_export_lists is not False  # type: ignore[union-attr]


def for_people_exporters[**P](view: View[P]) -> View[P]:
    return _guarded(view, may_export_people)


def for_administrators[**P](view: View[P]) -> View[P]:
    return _guarded(view, lambda user: writes(user, RecordKind.SETTINGS) is Reach.ALL)
