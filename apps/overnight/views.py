"""The run log for administrators: the list of runs, a run's page, and “Run now”."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, cast

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from apps.core.paging import BadCursor, Order, keyset_page
from apps.members.querysets import reads
from apps.members.roles import Reach, RecordKind
from apps.overnight import services
from apps.overnight.models import NightRun
from apps.overnight.selectors import run_rows
from apps.overnight.tasks import run_step

if TYPE_CHECKING:
    from apps.members.models import Member

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]

log = structlog.get_logger()


def for_administrators[**P](view: View[P]) -> View[P]:
    """404 for every other role, the sign-in page for strangers."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if reads(request.user, RecordKind.SETTINGS) is not Reach.ALL:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


@for_administrators
@require_safe
def night_runs(request: HttpRequest) -> HttpResponse:
    """The runs, the latest first; htmx asks for the list alone while one works."""
    runs = NightRun.objects.visible_to(request.user).with_steps()
    try:
        page = keyset_page(
            runs, order=[Order("pk", descending=True)], cursor=request.GET.get("page")
        )
    except BadCursor:
        return redirect("night_runs")
    rows = run_rows(page.rows)
    context = {
        "page": page,
        "rows": rows,
        "live": next((row for row in rows if row.is_live), None),
        "yesterday": services.yesterday(),
        "asks_again": request.GET.get("page", ""),
    }
    return render(request, f"overnight/runs.html{_part(request, 'runs')}", context)


@for_administrators
@require_safe
def night_run(request: HttpRequest, pk: int) -> HttpResponse:
    runs = NightRun.objects.visible_to(request.user).with_steps()
    (row,) = run_rows([get_object_or_404(runs, pk=pk)])
    return render(request, f"overnight/run.html{_part(request, 'run')}", {"row": row})


@for_administrators
@require_POST
def night_run_start(request: HttpRequest) -> HttpResponse:
    """Begin a run for yesterday, or take up the one that stopped, and hand it to the worker."""
    run = services.run_start(by=cast("Member", request.user))
    transaction.on_commit(lambda: _hand_over(request, run))
    return redirect("night_run", run.pk)


def _part(request: HttpRequest, name: str) -> str:
    """The suffix that picks a template's partial, for htmx."""
    htmx = getattr(request, "htmx", None)
    return f"#{name}" if htmx and not htmx.boosted else ""


def _hand_over(request: HttpRequest, run: NightRun) -> None:
    try:
        run_step.delay(run.pk)
    except OperationalError as error:
        # The run is written down: the scheduler hands it over at its next tick.
        log.warning("overnight_run_not_queued", run=run.pk, error=str(error))
        messages.warning(
            request, _("The queue does not answer. The run starts as soon as it does.")
        )
