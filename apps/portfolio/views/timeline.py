"""The timeline of a customer: a panel of its page, and a page of its own."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url

from apps.activities.forms import ActivityForm
from apps.core.kept_text import kept_initial
from apps.core.paging import BadCursor
from apps.customers.access import for_customer_roles
from apps.customers.files.services import limits
from apps.customers.forms.files import FilesForm
from apps.customers.forms.notes import NoteForm
from apps.customers.models import Customer
from apps.customers.parts import is_part, readable
from apps.portfolio.timeline.selectors import timeline_page
from apps.portfolio.timeline.sources import GROUPS

# Names in the address: which kinds are shown, and the cursor.
SHOWN, BEFORE = "timeline", "before"
STREAM, MORE = "timeline-stream", "timeline-more"


@for_customer_roles
@vary_on_headers("HX-Request", "HX-Target", "HX-Current-URL")
def customer_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Answers with the panel, its stream (another filter), further entries, or a whole page."""
    customer = readable(request, pk)
    target = request.htmx.target if is_part(request) else None  # type: ignore[attr-defined]
    groups = _groups(request)
    may_change = Customer.objects.editable_by(request.user).filter(pk=pk).exists()
    try:
        page = timeline_page(
            customer,
            request.user,
            groups=groups,
            cursor=request.GET.get(BEFORE, ""),
            may_change=may_change,
        )
    except BadCursor as error:
        raise Http404 from error
    address = reverse("customer_timeline", args=[pk])
    content: dict[str, Any] = {
        "customer": customer,
        "page": page,
        "address": _with(address, groups),
        "older": _with(address, groups, page.older) if page.older else "",
        "is_first": BEFORE not in request.GET,
        "is_part": is_part(request),
    }
    if target == MORE:
        return render(request, "portfolio/timeline_days.html", content)
    content["chips"] = _chips(address, groups)
    if target == STREAM:
        response = render(request, "portfolio/timeline_stream.html", content)
        return push_url(response, _pushed(request, groups))
    if may_change:
        content |= _composer(request, customer)
    name = "timeline_panel" if is_part(request) else "timeline_page"
    return render(request, f"portfolio/{name}.html", content, status=HTTPStatus.OK)


def _groups(request: HttpRequest) -> list[str]:
    """The kinds asked for; as a part of the customer's page, those that its address names."""
    asked = request.GET.getlist(SHOWN)
    htmx = request.htmx  # type: ignore[attr-defined]
    if is_part(request) and not htmx.target and SHOWN not in request.GET:
        query = urlsplit(htmx.current_url or "").query
        asked = [value for name, value in parse_qsl(query) if name == SHOWN]
    return [group for group in GROUPS if group in asked]


def _with(address: str, groups: list[str], cursor: str = "") -> str:
    values = [(SHOWN, group) for group in groups]
    if cursor:
        values.append((BEFORE, cursor))
    return f"{address}?{urlencode(values)}" if values else address


def _chips(address: str, groups: list[str]) -> list[dict[str, Any]]:
    """Each kind with the address that puts it on or off; first the one that shows everything."""
    every = {"label": None, "address": address, "is_on": not groups}
    chips = [
        {
            "label": label,
            "is_on": group in groups,
            "address": _with(
                address, [one for one in GROUPS if (one in groups) is not (one == group)]
            ),
        }
        for group, label in GROUPS.items()
    ]
    return [every, *chips]


def _pushed(request: HttpRequest, groups: list[str]) -> str:
    """The address of the page on which the timeline stands, with these kinds."""
    here = urlsplit(request.htmx.current_url_abs_path or request.path)  # type: ignore[attr-defined]
    others = [pair for pair in parse_qsl(here.query) if pair[0] not in {SHOWN, BEFORE}]
    values = [*others, *((SHOWN, group) for group in groups)]
    return f"{here.path}?{urlencode(values)}" if values else here.path


def _composer(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The forms on top, with what was typed before the session ended; that one is open."""
    kept = {
        name: kept_initial(request, posted_to=reverse(name, args=[customer.pk]))
        for name in ("note_new", "activity_new")
    }
    return {
        "note_form": NoteForm(customer=customer, initial=kept["note_new"], auto_id="note_%s"),
        "activity_form": ActivityForm(
            customer=customer,
            user=request.user,
            initial=kept["activity_new"],
            auto_id="activity_%s",
        ),
        "files_form": FilesForm(auto_id="files_%s"),
        "composing": "activity" if kept["activity_new"] else "note",
        **limits(),
    }
