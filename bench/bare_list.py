"""The baseline of every page: a view with one indexed query and 25 rows in a table.

No session, no sign-in, no middleware: what a list costs at least. The connection to the database
stays open. Page and list are asked in turn, in this process, through Django's request handler.
"""

import statistics
import time
from collections.abc import Callable
from http.cookies import SimpleCookie

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from apps.funnel.models import Opportunity
from apps.members.models import Member

ROWS = 25
TURNS = 30
WARM_UPS = 3
MARKUP = """<!doctype html><title>List</title><table>
{% for row in rows %}<tr><td><a href="/opportunities/{{ row.pk }}/">{{ row.pk }}</a></td>
<td>{{ row.value }}</td><td>{{ row.opened_on }}</td><td>{{ row.state }}</td></tr>{% endfor %}
</table>"""


class BareList:
    """Answers with the list; the template is compiled once."""

    def __init__(self) -> None:
        self.template = Template(MARKUP)
        self.urlconf = (path("", self.view),)
        self.handler = BaseHandler()
        with override_settings(MIDDLEWARE=[]):
            self.handler.load_middleware()

    def view(self, _request: HttpRequest) -> HttpResponse:
        rows = Opportunity.objects.order_by("-opened_on", "-pk").only("value", "opened_on", "state")
        return HttpResponse(self.template.render(Context({"rows": rows[:ROWS]})))

    def ask(self) -> HttpResponse:
        request = RequestFactory().get("/")
        setattr(request, "urlconf", self.urlconf)  # noqa: B010 - typed as a module's name only
        response = self.handler.get_response(request)
        assert isinstance(response, HttpResponse)
        return response


def asker(member: Member, address: str) -> Callable[[], HttpResponse]:
    """Asks for the page as the member, the way the bare list is asked: all middleware, no client."""
    client = Client()
    client.force_login(member)
    cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: client.session.session_key or ""})
    factory, handler = RequestFactory(), BaseHandler()
    factory.cookies = cookies
    handler.load_middleware()

    def ask() -> HttpResponse:
        response = handler.get_response(factory.get(address))
        assert isinstance(response, HttpResponse)
        return response

    return ask


def against_bare_list(
    page: Callable[[], HttpResponse], bare: BareList | None = None
) -> tuple[float, float]:
    """Median seconds of a page and of the bare list, asked in turn after some warm-ups."""
    bare = bare or BareList()
    pairs = [(_seconds(page), _seconds(bare.ask)) for _ in range(TURNS + WARM_UPS)]
    pages, lists = zip(*pairs[WARM_UPS:], strict=True)
    return statistics.median(pages), statistics.median(lists)


def _seconds(ask: Callable[[], HttpResponse]) -> float:
    started = time.perf_counter()
    response = ask()
    taken = time.perf_counter() - started
    if response.status_code != 200:
        message = f"the page answered {response.status_code}"
        raise RuntimeError(message)
    return taken
