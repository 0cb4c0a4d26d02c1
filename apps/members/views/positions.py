"""The positions that the firm knows."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse_fields
from apps.core.kept_text import kept_initial
from apps.members.access import for_administrators, reader_of
from apps.members.forms.settings import PositionForm
from apps.members.models import Position
from apps.members.organisation import position_delete, position_save

both = require_http_methods(["GET", "HEAD", "POST"])
NEW_RANK = 100


def _position(request: HttpRequest, pk: int) -> Position:
    found = get_object_or_404(Position.objects.editable_by(request.user), pk=pk)
    return cast("Position", found)


@require_safe
@for_administrators
def positions(request: HttpRequest) -> HttpResponse:
    now = Count("holdings", filter=Q(holdings__ends_on__isnull=True))
    rows = Position.objects.visible_to(request.user).annotate(held_by=now)
    return render(request, "members/positions.html", {"positions": rows})


@both
@for_administrators
def position_new(request: HttpRequest) -> HttpResponse:
    return _form(request, Position(rank=NEW_RANK, names={}))


@both
@for_administrators
def position(request: HttpRequest, pk: int) -> HttpResponse:
    return _form(request, _position(request, pk))


def _form(request: HttpRequest, found: Position) -> HttpResponse:
    initial = {**PositionForm.initial_of(found), **kept_initial(request)}
    form = PositionForm(request.POST or None, position=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            position_save(position=found, values=form.values(), by=reader_of(request))
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("The position is saved."))
            return redirect("positions")
    title = PositionForm.initial_of(found)["name_en"] if found.pk else ""
    return form_page(request, "members/position.html", form, position=found, title=title)


@require_POST
@for_administrators
def position_delete_action(request: HttpRequest, pk: int) -> HttpResponse:
    position_delete(position=_position(request, pk), by=reader_of(request))
    messages.success(request, _("The position is deleted."))
    return redirect("positions")
