"""Personal data: find somebody, hand out what is kept, erase it. For administrators."""

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import DomainError
from apps.core.kept_text import kept_initial
from apps.members.access import for_administrators, reader_of
from apps.privacy.forms import EraseForm, PersonSearch
from apps.privacy.people import KINDS, Person, person_of
from apps.privacy.selectors import held_of, latest_erasures, people_found
from apps.privacy.services import person_erase, person_export


def _person(kind: str, pk: int) -> Person:
    person = person_of(kind, pk) if kind in KINDS else None
    if person is None:
        raise Http404
    return person


@require_safe
@for_administrators
def personal_data(request: HttpRequest) -> HttpResponse:
    """What is looked for stands in the body's form only as long as the page: never cached."""
    form = PersonSearch(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    context = {
        "form": form,
        "text": text,
        "found": people_found(text) if text else [],
        "erasures": latest_erasures(),
    }
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "privacy/personal_data.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def personal_data_of(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """What is kept of one person, and the form that erases it."""
    person = _person(kind, pk)
    sent = request.POST if request.method == "POST" else None
    form = EraseForm(sent, initial=kept_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            person_erase(
                kind=kind, pk=pk, reason=form.cleaned_data["reason"], by=reader_of(request)
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("The personal data are erased; figures stay."))
            return redirect("personal_data")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"person": person, "form": form, "held": held_of(person)}
    return render(request, "privacy/person.html", context, status=status)


@require_POST
@never_cache
@for_administrators
def personal_data_export(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """A file of everything, for the person who asked; by POST, since each is in the audit trail."""
    _person(kind, pk)
    told = person_export(kind=kind, pk=pk, by=reader_of(request))
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="personal-data-{kind}-{pk}.json"'
    return cast("HttpResponse", answer)
