"""Who has to do with imports: for anybody else their pages don't exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_importers[**P](view: View[P]) -> View[P]:
    """A page for roles that import; 404 for the others, the sign-in page for strangers."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if reads(request.user, RecordKind.IMPORTS) is Reach.NONE:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)
