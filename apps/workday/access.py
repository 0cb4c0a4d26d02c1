"""Who has a working day in the product: whoever owns customers of their own to call."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_callers[**P](view: View[P]) -> View[P]:
    """A page of the call queue: 404 to whoever may own no customers."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if writes(request.user, RecordKind.SALES) is Reach.NONE:
            raise Http404
        return view(request, *args, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(login_required(guarded))
