"""What a screening asks, settled by administrators."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.customers.forms.screening import DimensionForm, MinimumForm
from apps.customers.models import GRADES, ScreeningDimension
from apps.customers.screening.arithmetic import minimum_range
from apps.customers.screening.rules import (
    DOWN,
    UP,
    screening_dimension_move,
    screening_dimension_save,
    screening_minimum_set,
)
from apps.customers.screening.selectors import all_dimensions, rules_in_use
from apps.members.access import for_administrators, reader_of

both = require_http_methods(["GET", "HEAD", "POST"])


def _dimension(pk: int) -> ScreeningDimension:
    return get_object_or_404(all_dimensions(), pk=pk)


@both
@for_administrators
def screening_settings(request: HttpRequest) -> HttpResponse:
    rules = rules_in_use()
    initial = {"minimum": rules.minimum, **kept_initial(request)}
    form = MinimumForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            screening_minimum_set(minimum=form.cleaned_data["minimum"], by=reader_of(request))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The minimum is saved."))
            return redirect("screening_settings")
    context = {
        "rules": rules,
        "range": minimum_range(len(rules.dimensions)),
        "dimensions": all_dimensions(),
        "numbers": range(1, GRADES + 1),
    }
    return form_page(request, "customers/screening_settings.html", form, **context)


@both
@for_administrators
def screening_dimension_new(request: HttpRequest) -> HttpResponse:
    return _form(request, ScreeningDimension(names={}, grades={}))


@both
@for_administrators
def screening_dimension(request: HttpRequest, pk: int) -> HttpResponse:
    return _form(request, _dimension(pk))


def _form(request: HttpRequest, found: ScreeningDimension) -> HttpResponse:
    initial = {**DimensionForm.initial_of(found), **kept_initial(request)}
    form = DimensionForm(request.POST or None, dimension=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            screening_dimension_save(dimension=found, values=form.values(), by=reader_of(request))
        except DomainError as refusal:
            refuse(form, refusal)
        except ValidationError as error:
            refuse_fields(form, error)
        else:
            messages.success(request, _("The dimension is saved."))
            return redirect("screening_settings")
    title = found.name if found.pk else ""
    return form_page(
        request, "customers/screening_dimension.html", form, dimension=found, title=title
    )


@require_POST
@for_administrators
def screening_dimension_move_action(request: HttpRequest, pk: int) -> HttpResponse:
    to = UP if request.POST.get("to") == UP else DOWN
    screening_dimension_move(dimension=_dimension(pk), to=to, by=reader_of(request))
    return redirect("screening_settings")
