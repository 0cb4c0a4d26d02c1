"""Custom fields of customers, for administrators."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse, refuse_fields
from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.customers.custom_fields import services
from apps.customers.custom_fields.selectors import field_found, field_lines, times_used
from apps.customers.forms.custom_fields import CustomFieldForm
from apps.customers.models import CustomField
from apps.members.access import for_administrators, reader_of

both = require_http_methods(["GET", "HEAD", "POST"])
TICKS = ("is_required", "is_active")
STEPS = {"up": -1, "down": 1}


def _field(pk: int) -> CustomField:
    found = field_found(pk)
    if found is None:
        raise Http404
    return found


@require_safe
@for_administrators
def custom_fields(request: HttpRequest) -> HttpResponse:
    return render(request, "customers/custom_fields.html", {"lines": field_lines()})


@both
@for_administrators
def custom_field_new(request: HttpRequest) -> HttpResponse:
    empty = CustomField(is_active=True)
    initial = CustomFieldForm.initial_of(empty) | kept_initial(request, ticks=TICKS)
    form = CustomFieldForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        field = _saved(request, form, None)
        if field is not None:
            messages.success(request, _("The field “%(field)s” is added.") % {"field": field})
            return redirect("custom_fields")
    return form_page(request, "customers/custom_field.html", form)


@both
@for_administrators
def custom_field(request: HttpRequest, pk: int) -> HttpResponse:
    field = _field(pk)
    used = times_used(field)
    initial = CustomFieldForm.initial_of(field) | kept_initial(request, ticks=TICKS)
    form = CustomFieldForm(request.POST or None, initial=initial, is_fixed=used > 0)
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, form, field)
        if saved is not None:
            messages.success(request, _("The field “%(field)s” is changed.") % {"field": saved})
            return redirect("custom_fields")
    content: dict[str, Any] = {"field": field, "used": used}
    return form_page(request, "customers/custom_field.html", form, **content)


def _saved(
    request: HttpRequest, form: CustomFieldForm, field: CustomField | None
) -> CustomField | None:
    """The field as the service took it; None where the form says why not."""
    values, by = form.cleaned_data, reader_of(request)
    try:
        if field is None:
            return services.custom_field_create(values=values, by=by)
        return services.custom_field_change(field=field, values=values, by=by)
    except DomainError as refusal:
        refuse(form, refusal)
    except ValidationError as error:
        refuse_fields(form, error)
    return None


@require_POST
@for_administrators
def custom_field_move(request: HttpRequest, pk: int) -> HttpResponse:
    step = STEPS.get(request.POST.get("to", ""))
    if step is None:
        raise Http404
    services.custom_field_move(field=_field(pk), step=step, by=reader_of(request))
    return redirect("custom_fields")


@require_POST
@for_administrators
def custom_field_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.custom_field_delete(field=_field(pk), by=reader_of(request))
    messages.success(request, _("The field is deleted."))
    return redirect("custom_fields")
