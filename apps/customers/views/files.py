"""Files about a customer: filing them, downloading them, taking them away."""

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from apps.core.answers import refuse
from apps.customers.access import for_customer_forms, for_customer_roles
from apps.customers.files.services import (
    UnfitFile,
    file_create,
    file_delete,
    limits,
    most_bytes,
    too_large,
)
from apps.customers.files.uploads import LimitedUpload
from apps.customers.forms.files import FilesForm
from apps.customers.models import Customer, CustomerFile
from apps.customers.parts import CHANGED, back_to_timeline, is_part, writable
from apps.members.access import reader_of
from apps.members.querysets import is_acted_for, reads_contact_data

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from apps.core.errors import DomainError


@csrf_exempt  # checked by `_received`, once the limit stands before whatever is sent
@for_customer_forms
@vary_on_headers("HX-Request")
def file_new(request: HttpRequest, pk: int) -> HttpResponse:
    """File documents: the form on top of the timeline, or as a page of its own."""
    customer = writable(request, pk)
    limit = LimitedUpload(most_bytes())
    request.upload_handlers.insert(0, limit)
    return _received(request, customer, limit)


@csrf_protect
def _received(request: HttpRequest, customer: Customer, limit: LimitedUpload) -> HttpResponse:
    form, kept = FilesForm(auto_id="files_%s"), 0
    if request.method == "POST":
        form = FilesForm(request.POST, request.FILES, auto_id="files_%s")
        kept = _filed(request, customer, form, limit)
    if kept:
        words = ngettext("%(n)s file is kept.", "%(n)s files are kept.", kept) % {"n": kept}
        messages.success(request, words)
    if kept and not form.errors and not is_part(request):
        return back_to_timeline(customer.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    if kept and not form.errors:
        form = FilesForm(auto_id="files_%s")
    template = "customers/file_form.html" if is_part(request) else "customers/file_new.html"
    content = {"customer": customer, "form": form, "is_part": is_part(request), **limits()}
    response = render(request, template, content, status=status)
    return trigger_client_event(response, CHANGED) if kept else response


def _filed(request: HttpRequest, customer: Customer, form: FilesForm, limit: LimitedUpload) -> int:
    """File what can be filed; the form says of each other one why not. How many are filed."""
    refused: list[DomainError] = [too_large(name) for name in limit.refused]
    if limit.left_out:
        words = _("No more than %(most)s files at a time: send the others afterwards.")
        refused.append(UnfitFile(words % {"most": limits()["most_files"]}))
    given = cast("list[UploadedFile[bytes]]", request.FILES.getlist("attached"))
    kept = 0
    for file in given:
        try:
            file_create(customer=customer, file=file, by=reader_of(request))
            kept += 1
        except UnfitFile as unfit:
            refused.append(unfit)
    if given or refused:
        # What is wrong is said of each file; that there is one has been seen.
        form.errors.clear()
    for refusal in refused:
        refuse(form, refusal)
    return kept


@for_customer_roles
def customer_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download: whatever is in it, the browser keeps it and runs nothing of it.

    Its words can't be masked: whom contact data are masked for gets none, nor does who looks as
    somebody else.
    """
    if not reads_contact_data(request.user) or is_acted_for(request.user):
        raise Http404
    found = get_object_or_404(CustomerFile.objects.visible_to(request.user), pk=pk)
    try:
        content = found.file.open("rb")
    except (OSError, ValueError) as error:
        raise Http404 from error
    response = FileResponse(
        content, as_attachment=True, filename=found.name, content_type=found.content_type
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
@for_customer_forms
def file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    seen = CustomerFile.objects.visible_to(request.user).select_related("customer", "by")
    found = get_object_or_404(seen, pk=pk)
    file_delete(file=found, by=reader_of(request))
    messages.success(request, _("The file is deleted."))
    if is_part(request):
        return render(request, "shell/toasts.html", {"oob": True})
    return back_to_timeline(found.customer_id)
