"""Pages of calling: the button with the clock there, do-not-call, the settings."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.activities.models import Activity
from apps.calling.models import CallRules
from apps.calling.services import do_not_call_set
from apps.core.models import Organisation
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

# Wednesday, 13:00 in Berlin, 08:00 in New York.
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


class Firm:
    def __init__(self) -> None:
        Organisation.current()
        Organisation.objects.update(time_zone="Europe/Berlin", country="DE", subdivision="")
        self.lead = make_member(AccessRole.MANAGER)
        self.rep = make_member(team=make_team(lead=self.lead))
        self.customer = make_customer(owner=self.rep, name="Acme")
        self.ada = contact(self.customer, "Ada", "+49 30 901820")


@pytest.fixture
def firm() -> Firm:
    return Firm()


def contact(customer: Customer, name: str, phone: str) -> Contact:
    made: Contact = Contact.objects.create(customer=customer, name=name, phone=phone)
    return made


def part(client: Client, who: Member, customer: Customer) -> str:
    client.force_login(who)
    named = list(customer.contacts.values_list("pk", flat=True))
    address = reverse("customer_call", args=[customer.pk])
    response = client.get(address, {"contact": named}, headers=HTMX)
    assert response.status_code == 200
    return words(response.content.decode())


def words(html: str) -> str:
    return re.sub(r"\s+", " ", html)


def main(html: str) -> str:
    """The button alone, without the contacts' lines that come along."""
    return html.split('id="phones-', maxsplit=1)[0]


def test_button_dials_and_says_the_time_there(client: Client, firm: Firm) -> None:
    html = part(client, firm.rep, firm.customer)

    assert 'href="tel:+49 30 901820"' in main(html)
    assert "13:00 there" in html
    assert html.count("tel:") == 3


def test_outside_the_hours_there_is_no_link_but_the_reason(client: Client, firm: Firm) -> None:
    Contact.objects.update(phone="+1 212 555 0123")

    html = part(client, firm.rep, firm.customer)

    assert "tel:" not in html
    assert 'aria-disabled="true"' in main(html)
    assert "08:00 there" in main(html)
    assert "Calls and texts are for 09:00 to 20:00 of the day there." in main(html)
    assert "Allowed from 09:00 there." in main(html)


def test_number_of_unknown_zone_says_whose_clock_it_is(client: Client, firm: Firm) -> None:
    Contact.objects.update(phone="+1 800 555 0123")

    assert "if in our time zone" in main(part(client, firm.rep, firm.customer))


def test_too_many_calls_name_the_limit_and_the_next_day(client: Client, firm: Firm) -> None:
    for hours in (1, 2, 3):
        Activity.objects.create(
            customer=firm.customer,
            member=firm.lead,
            channel="call",
            outcome="no_answer",
            at=NOW - timedelta(hours=hours),
        )

    html = main(part(client, firm.rep, firm.customer))

    assert "They were called often enough today: 3 calls a day are the most." in html
    assert "Allowed from 12 Mar, 09:00 there." in html


def test_each_contact_stands_under_its_own_clock(client: Client, firm: Firm) -> None:
    ben = contact(firm.customer, "Ben", "+1 212 555 0123")

    html = part(client, firm.rep, firm.customer)

    line = html.split(f'id="phones-{ben.pk}"')[1].split('id="dial-')[0]
    assert "tel:" not in line
    assert "+1 212 555 0123" in line
    assert "Allowed from 09:00 there." in line
    assert 'href="tel:+49 30 901820"' in html


def test_contact_whose_line_is_not_there_gets_no_numbers(client: Client, firm: Firm) -> None:
    client.force_login(firm.rep)
    address = reverse("customer_call", args=[firm.customer.pk])

    html = client.get(address, {"contact": ["x", "0"]}, headers=HTMX).content.decode()

    assert 'href="tel:+49 30 901820"' in html
    assert "hx-swap-oob" not in html


def test_contact_not_to_be_called_has_no_link_anywhere(client: Client, firm: Firm) -> None:
    do_not_call_set(contact=firm.ada, reason="Asked on the phone", by=firm.rep)

    html = part(client, firm.rep, firm.customer)
    client.force_login(firm.rep)
    page = client.get(reverse("customer", args=[firm.customer.pk])).content.decode()
    whole = client.get(reverse("customer_call", args=[firm.customer.pk])).content.decode()

    for text in (html, page, whole):
        assert "tel:" not in text
    assert 'id="call"' not in page
    for text in ("do not call", "Asked on the phone", "+49 30 901820"):
        assert text in page
    assert "do not call" in whole


def test_colleague_is_called_in_place_of_who_must_not_be(client: Client, firm: Firm) -> None:
    contact(firm.customer, "Zoe", "+49 30 111111")
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)

    html = main(part(client, firm.rep, firm.customer))

    assert 'href="tel:+49 30 111111"' in html


def test_whoever_may_not_read_numbers_gets_neither_number_nor_clock(
    client: Client, firm: Firm
) -> None:
    html = part(client, make_member(AccessRole.ANALYST), firm.customer)

    assert "tel:" not in html
    assert "901820" not in html
    assert "there" not in html


def test_page_without_scripts_says_the_same(client: Client, firm: Firm) -> None:
    client.force_login(firm.rep)
    page = client.get(reverse("customer", args=[firm.customer.pk])).content.decode()
    html = words(client.get(reverse("customer_call", args=[firm.customer.pk])).content.decode())

    address = reverse("customer_call", args=[firm.customer.pk])
    # Until it is known whether they may be called, the page itself dials nobody.
    assert f'href="{address}"' in page
    assert "tel:" not in page
    assert 'href="tel:+49 30 901820"' in html
    assert "13:00 there" in html


def test_more_contacts_cost_no_more_queries(client: Client, firm: Firm) -> None:
    client.force_login(firm.rep)
    address = reverse("customer_call", args=[firm.customer.pk])
    client.get(address)
    few = queries_of(client, address)
    for n in range(10):
        contact(firm.customer, f"More {n}", f"+49 30 20202{n}")
    many = queries_of(client, address)

    assert len(many) == len(few)
    assert len(many) <= 15


def test_marking_a_contact_on_its_page(client: Client, firm: Firm) -> None:
    client.force_login(firm.rep)
    address = reverse("contact_do_not_call", args=[firm.ada.pk])

    empty = client.post(address, {"reason": " ", "deed": "set"})
    done = client.post(address, {"reason": "Asked", "deed": "set"})

    assert empty.status_code == 422
    assert done.headers["Location"].endswith(f"/customers/{firm.customer.pk}/#contacts")
    assert Contact.objects.get().do_not_call_at == NOW


def test_rep_reads_why_and_is_sent_to_the_lead(client: Client, firm: Firm) -> None:
    do_not_call_set(contact=firm.ada, reason="Asked <b>", by=firm.rep)
    client.force_login(firm.rep)
    address = reverse("contact_do_not_call", args=[firm.ada.pk])

    html = client.get(address).content.decode()
    refused = client.post(address, {"reason": "Please", "deed": "lift"})

    assert "Asked &lt;b&gt;" in html
    assert "Only those who lead may allow calls again" in html
    assert 'value="lift"' not in html
    assert refused.status_code == 403
    assert Contact.objects.get().do_not_call_at == NOW


def test_lead_allows_calls_again(client: Client, firm: Firm) -> None:
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)
    client.force_login(firm.lead)
    address = reverse("contact_do_not_call", args=[firm.ada.pk])

    assert 'value="lift"' in client.get(address).content.decode()
    client.post(address, {"reason": "Wrote that we may", "deed": "lift"})

    assert Contact.objects.get().do_not_call_at is None


def test_old_page_of_a_contact_marked_meanwhile_does_not_free_it(
    client: Client, firm: Firm
) -> None:
    client.force_login(firm.lead)
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)

    client.post(
        reverse("contact_do_not_call", args=[firm.ada.pk]), {"reason": "Too", "deed": "set"}
    )

    assert Contact.objects.get().do_not_call_reason == "Asked"
    assert Contact.objects.get().do_not_call_at == NOW


def test_settings_are_saved_and_nonsense_is_said_at_its_field(client: Client, firm: Firm) -> None:
    client.force_login(make_member(AccessRole.ADMIN))
    address = reverse("call_settings")
    given = {"first": "08:00", "until": "19:30", "most_a_day": "2", "minutes_apart": "45"}

    bad = client.post(address, {**given, "until": "08:00"})
    worse = client.post(address, {**given, "first": "25:00", "most_a_day": "x"})
    done = client.post(address, given)

    assert (bad.status_code, worse.status_code, done.status_code) == (422, 422, 302)
    assert "This has to be later than the first hour." in bad.content.decode()
    assert "Enter a time such as 09:00." in worse.content.decode()
    rules = CallRules.current()
    assert (rules.first, rules.until) == (time(8), time(19, 30))
    assert (rules.most_a_day, rules.minutes_apart, rules.are_weekends_allowed) == (2, 45, False)
    page = client.get(address).content.decode()
    assert 'value="08:00"' in page
    assert 'aria-current="page">Calls' in page


def test_every_number_that_dials_asks_whether_it_may() -> None:
    """A link that dials stands within `if ….is_dialled`, in whichever template it is."""
    dialling = [
        line
        for path in (ROOT / "templates").rglob("*.html")
        for line in path.read_text().splitlines()
        if "tel:" in line
    ]

    assert len(dialling) >= 4
    for line in dialling:
        before = line.split("tel:", maxsplit=1)[0]
        assert "is_dialled %}" in before, line
    assert not [path for path in (ROOT / "apps").rglob("*.py") if "tel:" in path.read_text()]
