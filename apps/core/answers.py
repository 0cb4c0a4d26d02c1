"""How the pages with a form answer: 422 with the form again where something was refused."""

from http import HTTPStatus

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.errors import DomainError


def refuse(form: forms.Form, refusal: DomainError) -> None:
    """Say the domain's refusal above the form, which keeps what was typed.

    Raises the refusal itself where it is no matter of what was typed (403).
    """
    if refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
        raise refusal
    form.add_error(None, str(refusal.message))


def form_page(
    request: HttpRequest, template: str, form: forms.Form, **content: object
) -> HttpResponse:
    """The page with the form, empty, filled or refused."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, template, {"form": form, **content}, status=status)


def refuse_fields(form: forms.Form, error: ValidationError) -> None:
    """Say a record's refusal at the fields concerned, or above the form where it has none of them."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        form.add_error(name if name in form.fields else None, problems)
