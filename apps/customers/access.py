"""Who has to do with customers at all: for anybody else their pages don't exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.members.querysets import access_role

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_customer_roles[**P](view: View[P]) -> View[P]:
    """A page for roles that see customers; 404 for the others, the sign-in page for strangers."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        role = access_role(request.user)
        if role is None or not (role.sees_all_customers or role.sees_own_customers):
            raise Http404
        return view(request, *args, **kwargs)

    return require_safe(login_required(guarded))
