"""Who has to do with customers at all: for anybody else their pages don't exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_customer_roles[**P](view: View[P]) -> View[P]:
    """A page for roles that see customers; 404 for the others, the sign-in page for strangers."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if reads(request.user, RecordKind.SALES) is Reach.NONE:
            raise Http404
        return view(request, *args, **kwargs)

    return require_safe(login_required(guarded))
