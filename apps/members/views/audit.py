"""The audit log, one entry with its rows, and the history of a record as part of its page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from apps.core.audit_kinds import KINDS, kind_label
from apps.core.lists import list_response, listing
from apps.core.models import AuditEntry
from apps.core.paging import PAGE_SIZE, BadCursor
from apps.core.sealed import SealedRecord, sealed_read
from apps.members.audit.history import history_page, names_on_page, rows_of
from apps.members.audit.names import Names, scoped
from apps.members.audit.wording import entry_lines, record_address
from apps.members.filters.audit import COLUMNS, AuditFilter
from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind

# Nobody needs to know how many more there are, and counting a million costs more than the page.
MOST_COUNTED = 10_000
IN_PANEL = 8

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_auditors[**P](view: View[P]) -> View[P]:
    """A page for those who read the audit log or its people's part; 404 for the others."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if reads(request.user, RecordKind.AUDIT) is Reach.NONE:
            raise Http404
        return view(request, *args, **kwargs)

    return require_safe(login_required(guarded))


@for_auditors
def audit_log(request: HttpRequest) -> HttpResponse:
    result = listing(
        request,
        AuditEntry.objects.visible_to(request.user),
        AuditFilter(request.GET, user=request.user),
        columns=COLUMNS,
        default="-when",
        most=MOST_COUNTED,
    )
    lines = entry_lines(result.rows, request.user, Names(request.user, result.rows))
    context = {"lines": lines, "most": MOST_COUNTED}
    return list_response(request, "members/audit_log.html", result, **context)


@for_auditors
def audit_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry; the rows of a bulk operation by their names, a page at a time."""
    entry = get_object_or_404(AuditEntry.objects.visible_to(request.user), pk=pk)
    line = entry_lines([entry], request.user, Names(request.user, [entry]))[0]
    context = {"line": line, "rows": rows_of(entry, request.user, request.GET.get("rows"))}
    return render(request, "members/audit_entry.html", context)


@require_safe
@login_required
def record_history(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Part of a record's page, or under its own address the whole history."""
    if kind not in KINDS:
        raise Http404
    record = get_object_or_404(scoped(kind, request.user), pk=pk)
    if isinstance(record, SealedRecord):
        sealed_read(by=request.user, record=record)  # type: ignore[arg-type] # signed in
    is_panel = bool(request.htmx)  # type: ignore[attr-defined] # by django-htmx's middleware
    size, cursor = (IN_PANEL, None) if is_panel else (PAGE_SIZE, request.GET.get("page"))
    try:
        page = history_page(record, request.user, size=size, cursor=cursor)
    except BadCursor as error:
        raise Http404 from error
    names = Names(request.user, page.rows, on_page=names_on_page(record))
    context = {
        "record": record,
        "kind": kind,
        "kind_label": kind_label(kind),
        "address": record_address(kind, getattr(record, KINDS[kind].key)),
        "lines": entry_lines(page.rows, request.user, names),
        "page": page,
    }
    template = "members/audit_panel.html" if is_panel else "members/audit_history.html"
    response = render(request, template, context)
    patch_vary_headers(response, ("HX-Request",))
    return response
