"""What an activity said before it was corrected: part of its page, and a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.vary import vary_on_headers

from apps.activities.models import Activity
from apps.agenda.history import history_of
from apps.customers.access import for_customer_roles
from apps.customers.parts import is_part


@for_customer_roles
@vary_on_headers("HX-Request")
def activity_history(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Activity.objects.visible_to(request.user).select_related("customer")
    found = get_object_or_404(rows, pk=pk)
    content = {"activity": found, "lines": history_of(found, request.user)}
    name = "history_panel" if is_part(request) else "history"
    return render(request, f"agenda/{name}.html", content)
