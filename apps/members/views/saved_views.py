"""Saved views of lists: save, change, delete, and what greets a member."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.filtering import VIEW
from apps.core.kept_text import kept_initial
from apps.core.lists import COLUMNS, CURSOR
from apps.members.access import reader_of
from apps.members.forms.saved_views import SavedViewForm
from apps.members.models import SavedView
from apps.members.saved_views import services
from apps.members.saved_views.pages import PAGES
from apps.members.saved_views.selectors import NO_VIEW, view_address

both = require_http_methods(["GET", "HEAD", "POST"])


def _page(request: HttpRequest) -> str:
    """The list that the form came from."""
    page = request.POST.get("page") or request.GET.get("page", "")
    if page not in PAGES:
        raise Http404
    return page


def _columns(request: HttpRequest) -> list[str]:
    told = request.POST.get("columns") or request.GET.get("columns", "")
    return [key for key in told.split(",") if key]


def _view(request: HttpRequest, pk: int) -> SavedView:
    found = get_object_or_404(SavedView.objects.editable_by(request.user), pk=pk)
    return cast("SavedView", found)


@both
@login_required
def saved_view_new(request: HttpRequest) -> HttpResponse:
    """The address's filters and order, and its columns, under a name; these come along as they are."""
    page, member = _page(request), reader_of(request)
    query = request.POST.get("query", request.GET.get("query", ""))
    form = SavedViewForm(request.POST or None, member=member, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            view = services.saved_view_create(
                page=page, query=query, columns=_columns(request), by=member, **form.values()
            )
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("The view “%(view)s” is saved.") % {"view": view})
            return redirect(view_address(view))
    content = {"page": page, "query": query, "columns": ",".join(_columns(request))}
    return form_page(request, "members/saved_view.html", form, back=reverse(page), **content)


@both
@login_required
def saved_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, other people."""
    view = _view(request, pk)
    initial = {"name": view.name, "sharing": view.sharing, "team": view.team_id}
    form = SavedViewForm(
        request.POST or None,
        member=reader_of(request),
        view=view,
        initial={**initial, **kept_initial(request)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.saved_view_change(view=view, by=reader_of(request), **form.values())
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("The view is changed."))
            return redirect(view_address(view))
    return form_page(request, "members/saved_view.html", form, view=view, back=view_address(view))


@require_POST
@login_required
def saved_view_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the view show what the list shows now."""
    view = services.saved_view_update(
        view=_view(request, pk),
        query=request.POST.get("query", ""),
        columns=_columns(request),
        by=reader_of(request),
    )
    messages.success(request, _("The view “%(view)s” shows this from now on.") % {"view": view})
    return redirect(view_address(view))


@require_POST
@login_required
def saved_view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = _view(request, pk)
    services.saved_view_delete(view=view, by=reader_of(request))
    messages.success(request, _("The view “%(view)s” is deleted.") % {"view": view})
    return redirect(f"{reverse(view.page)}?{VIEW}={NO_VIEW}")


@require_POST
@login_required
def saved_view_default(request: HttpRequest) -> HttpResponse:
    """Let a view greet the reader when they open the list, or the list itself."""
    page, pk = _page(request), request.POST.get("view", "")
    rows = SavedView.objects.visible_to(request.user).filter(page=page)
    view = get_object_or_404(rows, pk=int(pk)) if pk.isdecimal() else None
    services.list_default_choose(page=page, view=view, by=reader_of(request))
    if view is None:
        messages.success(request, _("The list opens as it is again."))
        return redirect(f"{reverse(page)}?{VIEW}={NO_VIEW}")
    messages.success(request, _("The list opens with “%(view)s” from now on.") % {"view": view})
    return redirect(view_address(view))


@require_POST
@login_required
def list_columns(request: HttpRequest) -> HttpResponse:
    """The columns of a list and their order: remembered, or within a saved view put in the address."""
    page, asked = _page(request), QueryDict(request.POST.get("query", ""), mutable=True)
    keys = [] if "usual" in request.POST else _ticked(request)
    for name in (COLUMNS, CURSOR):
        asked.pop(name, None)
    if asked.get(VIEW, NO_VIEW) == NO_VIEW:
        services.list_columns_choose(page=page, columns=keys, by=reader_of(request))
    elif keys:
        asked[COLUMNS] = ",".join(keys)
    told = asked.urlencode()
    return redirect(f"{reverse(page)}?{told}" if told else reverse(page))


def _ticked(request: HttpRequest) -> list[str]:
    """The ticked columns by the places given to them, else as they stand."""

    def place(key: str) -> int:
        told = request.POST.get(f"place.{key}", "")
        return int(told) if told.isdecimal() else len(keys)

    keys = request.POST.getlist("column")
    return sorted(keys, key=place)
