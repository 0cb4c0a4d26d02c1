"""The person behind a request, and pages that are theirs alone."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.core.errors import NotPermitted
from apps.members.models import Member

type View = Callable[..., HttpResponseBase]

UNPROCESSABLE = 422
JUST_NOW_SECONDS = 300


def real_person(request: HttpRequest) -> Member | None:
    """Who sits at the browser: the administrator, where one looks at the product as somebody else."""
    if not request.user.is_authenticated:
        return None
    acting: Member | None = getattr(request.user, "acted_by", None)
    return acting or request.user


def signed_in_just_now(request: HttpRequest) -> bool:
    """Was the person asked who they are, in whatever way, within the last minutes?"""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < JUST_NOW_SECONDS


def me(request: HttpRequest) -> Member:
    """The member whose account a page of `own_account` is about."""
    assert request.user.is_authenticated  # noqa: S101 - own_account has seen to it
    return request.user


def own_account(view: View) -> View:
    """A page about one's own sign-in: for members, and not while acting for somebody else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request.user, "acted_by", None) is not None:
            raise NotPermitted(_("Somebody's own account is open to nobody else."))
        return refused(view)(request, *args, **kwargs)

    return login_required(guarded)


def refused(view: View) -> View:
    """Answers 422 where a page of django-allauth shows its form again, which it does with 200."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and isinstance(response, TemplateResponse):
            form = (response.context_data or {}).get("form")
            if form is not None and form.errors:
                response.status_code = UNPROCESSABLE
        return response

    return answered
