"""Who has to do with customers at all: for anybody else their pages don't exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from apps.members.querysets import may_export, reads
from apps.members.roles import Reach, RecordKind

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_customer_roles[**P](view: View[P]) -> View[P]:
    """A page for roles that see customers; 404 for the others, the sign-in page for strangers."""
    return require_safe(_for_readers(view))


def for_customer_forms[**P](view: View[P]) -> View[P]:
    """The same for a page that takes what is typed into it."""
    return require_http_methods(["GET", "HEAD", "POST"])(_for_readers(view))


def _for_readers[**P](view: View[P]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if reads(request.user, RecordKind.SALES) is Reach.NONE:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def for_exporters[**P](view: View[P]) -> View[P]:
    """A file of records; 404 for roles that see none, and for who may not take lists away.

    Only by GET: each answer is in the audit trail, so there is none without a file.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_export(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return require_GET(for_customer_roles(guarded))
