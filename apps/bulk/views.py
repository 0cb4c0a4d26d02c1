"""Bulk changes: asked, checked, started, watched."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.bulk import services
from apps.bulk.effects import effects_of
from apps.bulk.exports import refused_response
from apps.bulk.forms import FORMS
from apps.bulk.models import BulkKind, BulkRun
from apps.bulk.selection import Selection
from apps.bulk.selectors import MOST_SHOWN, progress_of, refusals_of
from apps.core.answers import form_page
from apps.core.kept_text import kept_initial
from apps.customers.access import for_customer_roles
from apps.members.access import reader_of
from apps.members.models import Member
from apps.members.querysets import may_export, writes
from apps.members.roles import Reach, RecordKind

SALT = "apps.bulk.plan"
PLAN_SECONDS = 3600


def _kind(request: HttpRequest, member: Member) -> BulkKind:
    """The change that is asked for; one that is not the person's to make does not exist."""
    try:
        kind = BulkKind(request.GET.get("kind", ""))
    except ValueError as error:
        raise Http404 from error
    allowed = may_export(member) if kind == BulkKind.EXPORT else _may_change(member)
    if not allowed:
        raise Http404
    return kind


def _may_change(member: Member) -> bool:
    return writes(member, RecordKind.SALES) is not Reach.NONE


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bulk_new(request: HttpRequest) -> HttpResponse:
    """The form of a change, for the customers that the address names; then what it would do."""
    member = reader_of(request)
    if not request.GET.get("kind") and _may_change(member):
        messages.info(request, _("Tick the customers to change first."))
        return redirect("customers")
    kind = _kind(request, member)
    chosen = Selection.asked(request.GET)
    customers = chosen.customers(member)
    if not customers:
        messages.info(request, _("Tick the customers to change first."))
        return redirect("customers")
    if "plan" in request.POST:
        return _carry_out(request, kind, customers)
    data = request.POST or None
    form = FORMS[kind](data, user=member, initial=kept_initial(request) | _chosen(request))
    if request.method == "POST" and form.is_valid():
        return _check(request, kind, customers, form.params(), form.words())
    content = {"kind": kind, "count": len(customers), "back": _back(chosen)}
    name = "bulk/new.html#fields" if _is_part(request) else "bulk/new.html"
    return form_page(request, name, form, **content)


def _chosen(request: HttpRequest) -> dict[str, str]:
    """The field that was chosen without JavaScript, or by htmx while the form stands open."""
    return {"field": request.GET["field"]} if request.GET.get("field") else {}


def _is_part(request: HttpRequest) -> bool:
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    return bool(htmx.target == "bulk-fields" and request.method == "GET")


def _back(chosen: Selection) -> str:
    return f"?{chosen.query}" if chosen.query else ""


def _check(
    request: HttpRequest,
    kind: BulkKind,
    customers: list[int],
    params: dict[str, Any],
    words: str,
    *,
    has_changed: bool = False,
) -> HttpResponse:
    """What would happen; nothing is written. The plan comes back signed when it is confirmed."""
    effects = effects_of(kind=kind, customers=customers, params=params, by=reader_of(request))
    plan = {"kind": kind, "params": params, "words": words, "count": len(customers)}
    content = {
        "kind": kind,
        "words": words,
        "effects": effects,
        "plan": signing.dumps(plan, salt=SALT),
        "back": _back(Selection.asked(request.GET)),
        "has_changed": has_changed,
        "waits": len(customers) > services.SMALL,
    }
    status = HTTPStatus.CONFLICT if has_changed else HTTPStatus.OK
    return render(request, "bulk/check.html", content, status=status)


def _carry_out(request: HttpRequest, kind: BulkKind, customers: list[int]) -> HttpResponse:
    """Start what was confirmed; if the list has changed since, show it once more instead."""
    try:
        plan = signing.loads(request.POST["plan"], salt=SALT, max_age=PLAN_SECONDS)
    except signing.BadSignature:
        messages.warning(request, _("This page was open for too long: check it once more."))
        return redirect(request.get_full_path())
    if plan["kind"] != kind:
        raise Http404
    if plan["count"] != len(customers):
        return _check(request, kind, customers, plan["params"], plan["words"], has_changed=True)
    member = reader_of(request)
    run = services.bulk_start(kind=kind, customers=customers, params=plan["params"], by=member)
    if len(customers) <= services.SMALL:
        services.bulk_work_off(run_id=run.pk)
    return redirect("bulk_run", run.pk)


def _run(request: HttpRequest, pk: int) -> BulkRun:
    return get_object_or_404(BulkRun.objects.visible_to(request.user), pk=pk)


@for_customer_roles
def bulk_runs(request: HttpRequest) -> HttpResponse:
    """One's own latest changes."""
    rows = BulkRun.objects.visible_to(request.user).defer("refused")[:50]
    return render(request, "bulk/runs.html", {"runs": [progress_of(run) for run in rows]})


@for_customer_roles
def bulk_run(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; htmx asks for its part again until it is over."""
    run = _run(request, pk)
    progress = progress_of(run)
    content = {
        "run": run,
        "progress": progress,
        "refused": [] if progress.is_open else refusals_of(run, reader_of(request), MOST_SHOWN),
        "most": MOST_SHOWN,
        "may_export": may_export(request.user),
    }
    part = request.htmx.target == "bulk-progress"  # type: ignore[attr-defined]
    response = render(request, f"bulk/run.html{'#progress' if part else ''}", content)
    response["Vary"] = "HX-Request"
    return response


@require_POST
@login_required
def bulk_stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = services.bulk_stop(run=_run(request, pk), by=reader_of(request))
    return redirect("bulk_run", run.pk)


@for_customer_roles
def bulk_run_refused(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The refused customers with the reasons, as a file."""
    if not may_export(request.user):
        raise Http404
    return refused_response(_run(request, pk), reader_of(request))


@for_customer_roles
def bulk_run_export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file that the run has written; for a week, and while its author may take lists away."""
    run = _run(request, pk)
    if (
        not may_export(request.user)
        or not run.file
        or not default_storage.exists(str(run.file.name))
    ):
        raise Http404
    name = f"customers-{run.pk}.{run.params.get('file', 'csv')}"
    response = FileResponse(
        default_storage.open(str(run.file.name)), as_attachment=True, filename=name
    )
    response["Cache-Control"] = "private, no-store"
    return response
