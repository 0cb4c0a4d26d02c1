"""The search of customers: a page, and what the box above every page shows while one types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from apps.customers.access import for_customer_roles
from apps.customers.search.asking import LONGEST
from apps.customers.search.selectors import Hits, hits

# As many as the box shows; the page shows more.
IN_THE_BOX = 8


@for_customer_roles
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\x00", "")[:LONGEST].strip()
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    is_box = htmx.target == "palette-hits"
    found = Hits([])
    if text:
        found = hits(text, request.user, **({"most": IN_THE_BOX} if is_box else {}))
    partial = "#hits" if htmx and not htmx.history_restore_request else ""
    context = {"text": text, "found": found, "is_box": is_box}
    response = render(request, f"customers/search.html{partial}", context)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response
