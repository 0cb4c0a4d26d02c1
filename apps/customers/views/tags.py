"""Tags: on a customer's page, and kept in order by administrators."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError
from apps.core.formats import number
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.forms.custom_fields import TagForm, TagsForm
from apps.customers.models import Customer, Tag
from apps.customers.tagging import services
from apps.customers.tagging.selectors import (
    tag_found,
    tags_counted,
    tags_like,
    tags_of,
    tags_other,
)
from apps.members.access import for_administrators, reader_of

both = require_http_methods(["GET", "HEAD", "POST"])


@for_customer_forms
def customer_tags(request: HttpRequest, pk: int) -> HttpResponse:
    """Part of the customer's page; sent with `tags` it puts some on, with `take` it takes one off."""
    seen = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    customer = cast("Customer", seen)
    if request.method != "POST":
        return _panel(request, customer, TagsForm(initial=kept_initial(request)))
    taken = request.POST.get("take", "")
    form = TagsForm({"tags": taken or request.POST.get("tags", "")})
    if not form.is_valid() or not _tagged(request, customer, form, takes=bool(taken)):
        return _panel(request, customer, form)
    if request.htmx:  # type: ignore[attr-defined] # by django-htmx's middleware
        return _panel(request, customer, TagsForm())
    return redirect("customer", customer.pk)


def _tagged(request: HttpRequest, customer: Customer, form: TagsForm, *, takes: bool) -> bool:
    """Whether the service took it; else the form says why not."""
    deed = services.tags_take if takes else services.tags_put
    try:
        names = services.tag_names(form.cleaned_data["tags"])
        deed(customers=[customer.pk], names=names, by=reader_of(request))
    except DomainError as refusal:
        refuse(form, refusal)
    return not form.errors


def _panel(request: HttpRequest, customer: Customer, form: TagsForm) -> HttpResponse:
    part = bool(request.htmx)  # type: ignore[attr-defined] # by django-htmx's middleware
    name = "customers/tags.html" if part else "customers/tags_page.html"
    mine = Customer.objects.editable_by(request.user).filter(pk=customer.pk)
    content = {
        "customer": customer,
        "tags": tags_of([customer.pk]).get(customer.pk, []),
        "may_tag": mine.exists(),
    }
    response = form_page(request, name, form, **content)
    response["Vary"] = "HX-Request"
    return response


@for_customer_roles
def tag_choices(request: HttpRequest) -> HttpResponse:
    """Tags that contain what is typed, of customers that the reader sees."""
    text = request.GET.get("tags", "").rpartition(",")[2].strip()[:50]
    return render(request, "customers/value_choices.html", {"words": tags_like(request.user, text)})


@require_safe
@for_administrators
def tags(request: HttpRequest) -> HttpResponse:
    return render(request, "customers/tags_settings.html", {"tags": tags_counted()})


def _tag(pk: int) -> Tag:
    found = tag_found(pk)
    if found is None:
        raise Http404
    return found


@both
@for_administrators
def tag(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, or into another tag."""
    found = _tag(pk)
    others = tags_other(found)
    initial = {"name": found.name, **kept_initial(request)}
    form = TagForm(request.POST or None, others=others, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _settle(request, found, form, others)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return redirect("tags")
    return form_page(request, "customers/tag.html", form, tag=found)


def _settle(request: HttpRequest, found: Tag, form: TagForm, others: list[Tag]) -> None:
    by, given = reader_of(request), form.cleaned_data
    into = next((one for one in others if one.pk == given["into"]), None)
    if into is None:
        services.tag_rename(tag=found, name=given["name"], by=by)
        messages.success(request, _("The tag is renamed."))
        return
    count = services.tag_merge(tag=found, into=into, by=by)
    words = ngettext(
        "The tag is merged: %(count)s customer has “%(tag)s” now.",
        "The tag is merged: %(count)s customers have “%(tag)s” now.",
        count,
    )
    messages.success(request, words % {"count": number(count), "tag": into.name})


@require_POST
@for_administrators
def tag_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.tag_delete(tag=_tag(pk), by=reader_of(request))
    messages.success(request, _("The tag is deleted."))
    return redirect("tags")
