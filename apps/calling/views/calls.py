"""Calling a customer: the button on its page, and the page without scripts that says the same."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from apps.calling.selectors import Reach, call_desk
from apps.calling.words import from_words, rule_words
from apps.customers.access import for_customer_roles
from apps.customers.models import Channel
from apps.customers.parts import is_part, readable
from apps.customers.selectors import ContactLine, contacts_of
from apps.members.access import reader_of


@dataclass(frozen=True)
class Line:
    """A contact, and whether they may be called now."""

    line: ContactLine
    reach: Reach
    rule: str
    next_words: str

    @property
    def clock(self) -> str:
        """The time there; as text, since templates show instants by the reader's own clock."""
        return f"{self.reach.there:%H:%M}"

    @property
    def moment_there(self) -> str:
        return self.reach.there.isoformat(timespec="minutes")

    @property
    def is_dialled(self) -> bool:
        return self.line.is_dialled and self.reach.is_allowed


@for_customer_roles
def customer_call(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may be called at the customer now; who may not, by which rule and from when on.

    htmx gets the button, and the numbers of the contacts whose lines it names: one that is being
    edited has none.
    """
    customer = readable(request, pk)
    member = reader_of(request)
    desk = call_desk([pk], now=timezone.now(), user=member)
    lines = []
    for line in contacts_of(customer, member):
        reach = desk.reach(pk, contact=line.contact, channel=Channel.CALL)
        rule = rule_words(reach.refusal, reach.limits) if reach.refusal else ""
        lines.append(Line(line, reach, rule, from_words(reach.next_there, reach.there)))
    first = next((one for one in lines if one.line.is_dialled), None)
    named = set(request.GET.getlist("contact"))
    shown = [one for one in lines if str(one.line.contact.pk) in named]
    context = {"customer": customer, "lines": lines, "first": first, "shown": shown}
    part = "#part" if is_part(request) else ""
    response = render(request, f"calling/call.html{part}", context)
    patch_vary_headers(response, ("HX-Request",))
    return response
