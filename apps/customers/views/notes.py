"""Notes on a customer: on top of its timeline, in it, and each under an address of its own."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from apps.core.answers import refuse
from apps.core.errors import DomainError, NotPermitted
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.forms.notes import NoteEditForm, NoteForm
from apps.customers.models import Customer, Note
from apps.customers.notes.selectors import NoteLine, note_lines, people_to_mention
from apps.customers.notes.services import NoteChanged, note_create, note_delete, note_edit
from apps.customers.parts import CHANGED, back_to_timeline, is_part, writable
from apps.members.access import reader_of


@for_customer_forms
@vary_on_headers("HX-Request")
def note_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note: the form on top of the timeline, or as a page of its own."""
    customer = writable(request, pk)
    form = NoteForm(
        request.POST or None, customer=customer, initial=kept_initial(request), auto_id="note_%s"
    )
    done = request.method == "POST" and form.is_valid() and _written(request, customer, form)
    if done and not is_part(request):
        return back_to_timeline(pk)
    if done:
        form = NoteForm(customer=customer, auto_id="note_%s")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    template = "customers/note_form.html" if is_part(request) else "customers/note_new.html"
    content = {"customer": customer, "form": form, "is_part": is_part(request)}
    response = render(request, template, content, status=status)
    return trigger_client_event(response, CHANGED) if done else response


def _written(request: HttpRequest, customer: Customer, form: NoteForm) -> bool:
    try:
        note_create(customer=customer, text=form.cleaned_data["text"], by=reader_of(request))
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    messages.success(request, _("The note is kept."))
    return True


@for_customer_roles
@vary_on_headers("HX-Request")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """One note: the page that a notification opens, or its place in the timeline."""
    line = _line(request, pk)
    template = "customers/note_body.html" if is_part(request) else "customers/note.html"
    return render(request, template, {"line": line, "customer": line.note.customer})


def _found(request: HttpRequest, pk: int) -> Note:
    seen = Note.objects.visible_to(request.user).select_related("customer", "author")
    found: Note = get_object_or_404(seen.prefetch_related("mentions"), pk=pk)
    return found


def _line(request: HttpRequest, pk: int) -> NoteLine:
    found = _found(request, pk)
    may_change = Customer.objects.editable_by(request.user).filter(pk=found.customer_id).exists()
    return note_lines([found], request.user, may_change=may_change)[0]


@for_customer_forms
@vary_on_headers("HX-Request")
def note_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit one's own note, in its place or on a page of its own."""
    line = _line(request, pk)
    found = line.note
    if not line.may_edit:
        raise NotPermitted(_("Only %(member)s may edit this note.") % {"member": found.author})
    initial = {"text": found.text, "seen": found.edited_at and found.edited_at.isoformat()}
    form = NoteEditForm(
        request.POST or None,
        customer=found.customer,
        initial=initial | kept_initial(request),
        auto_id=f"note_{pk}_%s",
    )
    if request.method == "POST" and form.is_valid() and _edited(request, found, form):
        if is_part(request):
            return render(request, "customers/note_body.html", {"line": _line(request, pk)})
        return redirect("note", pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    template = "customers/note_edit_form.html" if is_part(request) else "customers/note_edit.html"
    content = {"note": found, "customer": found.customer, "form": form}
    return render(request, template, content, status=status)


def _edited(request: HttpRequest, found: Note, form: NoteEditForm) -> bool:
    try:
        note_edit(
            note=found,
            text=form.cleaned_data["text"],
            # As it was sent, to the microsecond: the field would take it for local time.
            seen=parse_datetime(form["seen"].data or ""),
            by=reader_of(request),
        )
    except NoteChanged as refusal:
        refuse(form, refusal)
        # Both versions are on the page; saving again means this one.
        found.refresh_from_db()
        seen = found.edited_at.isoformat() if found.edited_at else ""
        form.data = {"text": form.cleaned_data["text"], "seen": seen}
        return False
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    messages.success(request, _("The note is changed."))
    return True


@require_POST
@for_customer_forms
def note_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    note_delete(note=found, by=reader_of(request))
    messages.success(request, _("The note is deleted."))
    if is_part(request):
        return render(request, "shell/toasts.html", {"oob": True})
    return back_to_timeline(found.customer_id)


@for_customer_roles
def mention_choices(request: HttpRequest, pk: int) -> HttpResponse:
    """Members who may see the customer, for whoever may write a note on it."""
    customer = get_object_or_404(Customer.objects.editable_by(request.user), pk=pk)
    text = request.GET.get("q", "")[:100]
    content = {"suggestions": people_to_mention(customer, text)}
    return render(request, "customers/mention_choices.html", content)
