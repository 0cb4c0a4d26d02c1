"""Customers from a file: upload, match columns, check, import, and what came of it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError
from apps.exchange.access import for_importers
from apps.exchange.customers.columns import TARGETS, targets
from apps.exchange.customers.selectors import custom_fields, outcomes_of
from apps.exchange.customers.services import (
    customers_named,
    import_drop,
    import_match,
    import_sheet,
    import_start,
    import_upload,
)
from apps.exchange.forms import MatchForm, StartForm, UploadForm
from apps.exchange.models import CustomerImport, CustomerImportState, KnownCustomers
from apps.members.access import reader_of
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

both = require_http_methods(["GET", "HEAD", "POST"])
SAMPLES = 3
TEMPLATE = (
    "name", "region", "industry", "source", "website", "owner", "tags", "contact_name",
    "contact_job_title", "contact_phone", "contact_email", "note",
)  # fmt: skip
MATCHING = (CustomerImportState.UPLOADED, CustomerImportState.CHECKED)


@both
@for_importers
def customer_import(request: HttpRequest) -> HttpResponse:
    """Upload a file; below, what one has under way."""
    is_sent = request.method == "POST"
    form = UploadForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = import_upload(content=file.read(), file_name=file.name, by=reader_of(request))
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return redirect("customer_import_run", made.pk)
    open_ones = CustomerImport.objects.visible_to(request.user).filter(run=None)
    return form_page(
        request,
        "exchange/customer_import.html",
        form,
        imports=open_ones.select_related("by")[:20],
    )


@require_safe
@for_importers
def customer_import_template(_request: HttpRequest) -> HttpResponse:
    """An empty file with headings that are matched by themselves."""
    heads = ",".join(f'"{TARGETS[key]}"' for key in TEMPLATE)
    response = HttpResponse(f"\ufeff{heads}\r\n", content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return response


@both
@for_importers
def customer_import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Where an import stands: columns to match, the check's result, progress, or the outcome."""
    found = get_object_or_404(
        CustomerImport.objects.visible_to(request.user).select_related("by", "run"), pk=pk
    )
    if request.method == "POST" or (
        found.state in MATCHING
        and (found.state == CustomerImportState.UPLOADED or "match" in request.GET)
    ):
        return _match(request, found)
    context = {
        "found": found,
        "known": StartForm(initial={"known": KnownCustomers.SKIP}),
        "counts": found.checked.get("counts", {}),
        "refused": found.checked.get("refused", []),
        "here": _here(found, request),
        "outcomes": outcomes_of(found),
    }
    name = "exchange/customer_import_run.html"
    is_part = bool(request.htmx)  # type: ignore[attr-defined] # by django-htmx's middleware
    return render(request, f"{name}#part" if is_part else name, context)


def _here(found: CustomerImport, request: HttpRequest) -> list[tuple[int, str, int, str]]:
    """Line, its name, and the customer or (negative) the earlier line that it names again."""
    rows = found.checked.get("here", [])
    names = customers_named(
        [place for _line, _name, place in rows if place > 0], reader_of(request)
    )
    return [(line, name, place, names.get(place, "")) for line, name, place in rows]


def _match(request: HttpRequest, found: CustomerImport) -> HttpResponse:
    if found.state not in MATCHING:
        return redirect("customer_import_run", found.pk)
    sheet, offered = import_sheet(found), targets(custom_fields())
    initial = {f"column-{at}": key for at, key in enumerate(found.columns)}
    initial["default"] = "mine" if found.is_mine else "pool"
    form = MatchForm(request.POST or None, header=sheet.header, targets=offered, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            import_match(
                found=found, columns=form.columns(), is_mine=form.is_mine, by=reader_of(request)
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            return redirect("customer_import_run", found.pk)
    samples = [
        [cells[at] for _line, cells in sheet.rows if cells[at]][:SAMPLES]
        for at in range(len(sheet.header))
    ]
    columns = [(form[f"column-{at}"], samples[at]) for at in range(len(sheet.header))]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {
        "form": form,
        "found": found,
        "columns": columns,
        "may_own": writes(request.user, RecordKind.SALES) is not Reach.NONE,
    }
    return render(request, "exchange/customer_import_match.html", context, status=status)


@require_POST
@for_importers
def customer_import_start(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CustomerImport.objects.editable_by(request.user), pk=pk)
    form = StartForm(request.POST)
    if form.is_valid():
        import_start(found=found, known=form.cleaned_data["known"], by=reader_of(request))
    else:
        messages.error(request, _("Choose what to do with customers that are here already."))
    return redirect("customer_import_run", pk)


@require_POST
@for_importers
def customer_import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CustomerImport.objects.editable_by(request.user), pk=pk)
    import_drop(found=found, by=reader_of(request))
    messages.success(request, _("The file is forgotten; nothing was imported."))
    return redirect("customer_import")
