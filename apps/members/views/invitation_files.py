"""Inviting many people from a file: choose it, look at what it brings about, confirm."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.answers import form_page, refuse
from apps.core.errors import DomainError
from apps.members.access import for_administrators, reader_of
from apps.members.forms.invitations import InvitationFileForm
from apps.members.invitations.batches import batch_checked, batch_confirm, batch_create
from apps.members.invitations.file import HEADINGS, MOST_ROWS, TEMPLATE, Row, written
from apps.members.models import AccessRole, CareerLevel, InvitationBatch, Position

# So many rows of each kind are shown; the refused ones can be downloaded whole.
MOST_SHOWN = 100


def _batch(request: HttpRequest, pk: int) -> InvitationBatch:
    rows = InvitationBatch.objects.editable_by(request.user)
    found: InvitationBatch = get_object_or_404(rows, pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def invitation_file(request: HttpRequest) -> HttpResponse:
    """Upload; the file is checked whole before anything is shown."""
    reader = reader_of(request)
    form = InvitationFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = InvitationFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = batch_create(content=file.read(), file_name=file.name, by=reader)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                return redirect("invitation_batch", batch.pk)
    context = {
        "most_rows": MOST_ROWS,
        "roles": AccessRole,
        "levels": CareerLevel,
        "positions": Position.objects.visible_to(reader).offered(),
    }
    return form_page(request, "members/invitation_file.html", form, **context)


@require_safe
@for_administrators
def invitation_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would bring about now; once it was confirmed, what it has."""
    return _page(request, _batch(request, pk))


def _page(request: HttpRequest, batch: InvitationBatch, refusal: str = "") -> HttpResponse:
    context = {"batch": batch, "refusal": refusal, "most_shown": MOST_SHOWN}
    if batch.confirmed_at is None:
        checked = batch_checked(batch)
        context |= {
            "good": checked.good[:MOST_SHOWN],
            "good_count": len(checked.good),
            "refused": checked.refused[:MOST_SHOWN],
            "refused_count": len(checked.refused),
        }
    else:
        rows = _refused(batch)
        context |= {"refused": rows[:MOST_SHOWN], "refused_count": len(rows)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return render(request, "members/invitation_batch.html", context, status=status)


def _refused(batch: InvitationBatch) -> list[Row]:
    if batch.confirmed_at is None:
        return batch_checked(batch).refused
    return [Row(line, cells, reasons=reasons) for line, cells, reasons in batch.refused]


@require_POST
@for_administrators
def invitation_batch_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    asked = request.POST.get("expected", "")
    expected = int(asked) if asked.isascii() and asked.isdigit() else -1
    try:
        done = batch_confirm(batch=batch, expected=expected, by=reader_of(request))
    except DomainError as refusal:
        batch.refresh_from_db()
        return _page(request, batch, str(refusal.message))
    text = ngettext(
        "%(count)d invitation is on its way.",
        "%(count)d invitations are on their way.",
        done.invited_count,
    )
    messages.success(request, text % {"count": done.invited_count})
    return redirect("invitation_batch", pk)


@require_safe
@for_administrators
def invitation_batch_refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows as they came, with line and reasons: to be corrected and uploaded again."""
    rows = _refused(_batch(request, pk))
    if not rows:
        raise Http404
    columns = list(HEADINGS)
    heading = [*(HEADINGS[name][0] for name in columns), _("line"), _("reasons")]
    lines = (
        [*(row.cells.get(name, "") for name in columns), row.line, " ".join(row.reasons)]
        for row in rows
    )
    return _csv(written([heading, *lines]), "refused-invitations.csv")


@require_safe
@for_administrators
def invitation_template(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """A file with the headings and one example."""
    return _csv(written(TEMPLATE), "invitations.csv")


def _csv(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
