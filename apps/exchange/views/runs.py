"""The imports that somebody may see, the result of one, and its rejected rows as a file."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from apps.core.paging import BadCursor, Order, keyset_page
from apps.exchange.access import for_importers
from apps.exchange.labels import ImportView
from apps.exchange.models import ImportRun


@require_safe
@for_importers
def imports(request: HttpRequest) -> HttpResponse:
    """The latest first."""
    seen = ImportRun.objects.visible_to(request.user).for_list()
    try:
        page = keyset_page(
            seen, order=[Order("pk", descending=True)], cursor=request.GET.get("page")
        )
    except BadCursor:
        return redirect("imports")
    context = {"page": page, "imports": [ImportView(run) for run in page.rows]}
    return render(request, "exchange/imports.html", context)


@require_safe
@for_importers
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    seen = ImportRun.objects.visible_to(request.user).select_related("by")
    found = ImportView(get_object_or_404(seen, pk=pk))
    return render(request, "exchange/import_run.html", {"import": found, "run": found.run})


@require_safe
@for_importers
def import_rejected(request: HttpRequest, pk: int) -> FileResponse:
    """Every rejected row as CSV, as written when the import ran."""
    run = get_object_or_404(ImportRun.objects.visible_to(request.user), pk=pk)
    if not run.rejected_file or not default_storage.exists(run.rejected_file):
        raise Http404
    content = default_storage.open(run.rejected_file)
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"import-{run.pk}-rejected.csv",
        content_type="text/csv",
    )
