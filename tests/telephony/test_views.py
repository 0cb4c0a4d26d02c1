"""The inbox of calls, and the settings of phone systems."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.activities.models import Activity
from apps.core.models import AuditEntry
from apps.customers.models import Contact
from apps.members.models import AccessRole, Member
from apps.telephony.inbox import call_assign, call_dismiss
from apps.telephony.models import Extension, PhoneCall, PhoneSystem
from apps.telephony.refusals import AlreadyHandled
from apps.telephony.services import call_event_take
from apps.telephony.systems import secret_of
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of
from tests.telephony.conftest import NUMBER, Office, customer_with_phone, event, with_phone


def missed(office: Office, call_id: str = "c1", **fields: Any) -> PhoneCall:
    """A call without a customer, of 61 seconds."""
    for kind, after in (("started", 0), ("answered", 5), ("ended", 66)):
        one = event(kind, after, event_id=f"{call_id}-{kind}", **fields)
        call_event_take(system=office.system, call_id=call_id, event=one)
    return PhoneCall.objects.get(call_id=call_id)


def html_of(client: Client, member: Member, address: str) -> str:
    client.force_login(member)
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


# The list


def test_a_member_sees_their_own_calls_and_a_lead_those_of_the_team(
    client: Client, office: Office
) -> None:
    missed(office)
    missed(office, "c2", extension="102", from_number="+493023125002")
    missed(office, "c3", extension="999", from_number="+493023125003")
    other = make_member(team=make_team())
    director, admin = make_member(AccessRole.DIRECTOR), make_member(AccessRole.ADMIN)

    def seen(member: Member) -> set[str]:
        return set(
            re.findall(r"\+493023125(\d+)<", html_of(client, member, reverse("calls_inbox")))
        )

    assert seen(office.mei) == {"001"}
    assert seen(office.lead) == {"001", "002"}
    assert seen(other) == set()
    assert seen(director) == seen(admin) == {"001", "002", "003"}


@pytest.mark.parametrize("role", [AccessRole.ANALYST, AccessRole.HR])
def test_for_who_works_no_calls_off_there_is_no_inbox(
    client: Client, office: Office, role: AccessRole
) -> None:
    call, member = missed(office), make_member(role)
    client.force_login(member)

    for address in ("/calls/", f"/calls/{call.pk}/assign/", f"/calls/{call.pk}/dismiss/"):
        assert client.get(address).status_code == 404
    home = client.get(reverse("notifications")).content.decode()
    assert 'href="/calls/"' not in home


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 2),
        ({"q": "030 23125-002"}, 1),
        ({"q": "abc"}, 0),
        ({"problem": "no_member"}, 0),
        ({"problem": "unknown"}, 2),
        ({"direction": "out"}, 0),
        ({"sort": "-talk"}, 2),
    ],
)
def test_filters(client: Client, office: Office, query: dict[str, str], count: int) -> None:
    missed(office)
    missed(office, "c2", from_number="+493023125002")
    client.force_login(office.mei)

    html = client.get(reverse("calls_inbox"), query).content.decode()

    assert html.count("/assign/") == count


def test_the_list_asks_as_many_queries_for_twenty_rows_as_for_two(
    client: Client, office: Office
) -> None:
    client.force_login(office.lead)
    for n in range(2):
        missed(office, f"a{n}")
    few = queries_of(client, reverse("calls_inbox"))
    for n in range(18):
        missed(office, f"b{n}")

    assert len(queries_of(client, reverse("calls_inbox"))) == len(few)


# Working off


def test_a_call_is_assigned_and_its_number_kept(client: Client, office: Office) -> None:
    call = missed(office)
    customer = make_customer(owner=office.mei, name="Nordlicht GmbH")
    anna = with_phone(customer, "+49 30 1")
    address = reverse("call_assign", args=[call.pk])

    found = html_of(client, office.mei, f"{address}?q=nordl")
    assert f'href="?customer={customer.pk}"' in found
    response = client.post(f"{address}?customer={customer.pk}", {"keep": str(anna.pk)})

    assert response["Location"] == reverse("calls_inbox")
    activity = Activity.objects.get()
    assert (activity.customer, activity.contact, activity.member) == (customer, anna, office.mei)
    assert (activity.outcome, activity.minutes, activity.at) == ("reached", 2, call.started_at)
    anna.refresh_from_db()
    assert anna.other_phones == [NUMBER]
    assert AuditEntry.objects.get(action="phonecall.assign").changes == {
        "customer": [None, [customer.pk, "Nordlicht GmbH"]]
    }
    # The next one finds its customer by itself.
    assert missed(office, "c2").customer == customer


def test_a_call_is_assigned_without_keeping_its_number(client: Client, office: Office) -> None:
    call, customer = missed(office), make_customer(owner=office.mei)
    client.force_login(office.mei)

    client.post(f"{reverse('call_assign', args=[call.pk])}?customer={customer.pk}", {"keep": ""})

    assert Activity.objects.get().customer == customer
    assert not Contact.objects.exists()


def test_the_number_is_kept_with_a_new_contact(client: Client, office: Office) -> None:
    call, customer = missed(office), make_customer(owner=office.mei)
    address = f"{reverse('call_assign', args=[call.pk])}?customer={customer.pk}"
    client.force_login(office.mei)

    nameless = client.post(address, {"keep": "new", "name": ""})
    assert nameless.status_code == 422
    assert not Activity.objects.exists()
    client.post(address, {"keep": "new", "name": "Bea"})

    made = Contact.objects.get()
    assert (made.name, made.phone) == ("Bea", NUMBER)
    assert Activity.objects.get().contact == made


def test_a_customer_of_others_can_neither_be_found_nor_chosen(
    client: Client, office: Office
) -> None:
    call = missed(office)
    theirs = customer_with_phone(make_member(), name="Secret AG")
    pooled = make_customer(name="Secret pool")
    address = reverse("call_assign", args=[call.pk])

    html = html_of(client, office.mei, f"{address}?q=secret")

    assert "Secret AG" not in html
    assert f"?customer={pooled.pk}" not in html
    assert "one of the pool has to be claimed first" in html
    for pk in (theirs.pk, pooled.pk, "x", "9" * 30):
        assert client.post(f"{address}?customer={pk}", {"keep": ""}).status_code == 404
    assert not Activity.objects.exists()


def test_customers_with_the_number_are_suggested(client: Client, office: Office) -> None:
    for name in ("Nord AG", "Süd AG"):
        customer_with_phone(office.mei, name=name)
    call = missed(office)

    html = html_of(client, office.mei, reverse("call_assign", args=[call.pk]))

    assert call.problem == "several"
    assert "Nord AG" in html
    assert "Süd AG" in html


def test_a_lead_assigns_for_the_member_who_had_the_call(client: Client, office: Office) -> None:
    call, customer = missed(office), make_customer(owner=office.mate)

    call_assign(call=call, customer=customer, by=office.lead)

    activity = Activity.objects.get()
    assert activity.member == office.mei
    assert AuditEntry.objects.get(action="activity.log").by == office.lead


def test_a_call_of_nobodys_extension_becomes_that_of_who_takes_it(office: Office) -> None:
    director = make_member(AccessRole.DIRECTOR)
    call = missed(office, extension="999")

    done = call_assign(call=call, customer=make_customer(owner=office.mei), by=director)

    assert (done.member, Activity.objects.get().member) == (director, director)


def test_a_late_event_of_an_assigned_call_completes_its_activity(office: Office) -> None:
    for kind in ("started", "ended"):
        call_event_take(system=office.system, call_id="c1", event=event(kind, 9))
    call = PhoneCall.objects.get()
    call_assign(call=call, customer=make_customer(owner=office.mei), by=office.mei)

    call_event_take(system=office.system, call_id="c1", event=event("answered", 5, extension="102"))

    activity = Activity.objects.get()
    assert (activity.outcome, activity.minutes, activity.member) == ("reached", 1, office.mei)
    call.refresh_from_db()
    assert call.member == office.mei


def test_a_call_is_dismissed_with_a_reason(client: Client, office: Office) -> None:
    call = missed(office)
    address = reverse("call_dismiss", args=[call.pk])
    client.force_login(office.mei)

    assert client.post(address, {"reason": " "}).status_code == 422
    response = client.post(address, {"reason": "Advertising"})

    assert response["Location"] == reverse("calls_inbox")
    call.refresh_from_db()
    assert (call.dismissed_reason, call.dismissed_by) == ("Advertising", office.mei)
    assert "No call waits" in html_of(client, office.mei, reverse("calls_inbox"))
    assert AuditEntry.objects.get(action="phonecall.dismiss").details["reason"] == "Advertising"


def test_whoever_is_second_hears_that_it_is_done(client: Client, office: Office) -> None:
    call, customer = missed(office), make_customer(owner=office.mei)
    call_dismiss(call=call, reason="Private", by=office.lead)
    client.force_login(office.mei)

    with pytest.raises(AlreadyHandled):
        call_assign(call=call, customer=customer, by=office.mei)
    for name in ("call_assign", "call_dismiss"):
        response = client.get(reverse(name, args=[call.pk]), follow=True)
        assert "Somebody has worked this call off meanwhile." in response.content.decode()
    assert not Activity.objects.exists()


def test_somebody_elses_call_does_not_exist(client: Client, office: Office) -> None:
    call = missed(office, extension="102")
    client.force_login(office.mei)

    for name in ("call_assign", "call_dismiss"):
        assert client.post(reverse(name, args=[call.pk]), {"reason": "x"}).status_code == 404


# Settings


@pytest.fixture
def admin(db: None) -> Member:
    return make_member(AccessRole.ADMIN)


def test_a_new_systems_secret_is_shown_once_and_kept_encrypted(
    client: Client, admin: Member
) -> None:
    client.force_login(admin)

    first = client.post(reverse("phone_systems"), {"name": "berlin"}, follow=True)
    again = client.get(first.redirect_chain[0][0])

    system = PhoneSystem.objects.get()
    secret = secret_of(system)
    assert secret in first.content.decode()
    assert secret not in again.content.decode()
    assert secret not in system.secret
    assert not AuditEntry.objects.filter(changes__icontains=secret).exists()


@pytest.mark.parametrize("name", ["", "two words", "Büro", "office", "x" * 61])
def test_a_name_that_no_header_can_hold_or_that_is_taken_is_refused(
    client: Client, office: Office, admin: Member, name: str
) -> None:
    client.force_login(admin)

    response = client.post(reverse("phone_systems"), {"name": name})

    assert response.status_code == 422
    assert PhoneSystem.objects.count() == 1


def test_a_rotated_secret_is_shown_once(client: Client, office: Office, admin: Member) -> None:
    client.force_login(admin)

    response = client.post(reverse("phone_system_rotate", args=[office.system.pk]), follow=True)

    office.system.refresh_from_db()
    assert secret_of(office.system) != office.secret
    assert secret_of(office.system) in response.content.decode()


def test_extensions_are_given_to_members_once(
    client: Client, office: Office, admin: Member
) -> None:
    client.force_login(admin)
    address = reverse("phone_system", args=[office.system.pk])

    taken = client.post(address, {"number": "101", "member": str(office.mate.pk)})
    bad = client.post(address, {"number": "1 0", "member": str(office.mate.pk)})
    client.post(address, {"number": "103", "member": str(office.mate.pk)})

    assert "is Mei Lin" in taken.content.decode()
    assert (taken.status_code, bad.status_code) == (422, 422)
    assert Extension.objects.get(number="103").member == office.mate
    gone = Extension.objects.get(number="101")
    client.post(reverse("phone_extension_remove", args=[gone.pk]))
    assert not Extension.objects.filter(number="101").exists()


def test_the_settings_say_when_the_last_event_came(
    client: Client, office: Office, admin: Member
) -> None:
    assert "never" in html_of(client, admin, reverse("phone_systems"))
    missed(office)

    assert "never" not in html_of(client, admin, reverse("phone_systems"))
    assert "/hooks/calls/" in html_of(
        client, admin, reverse("phone_system", args=[office.system.pk])
    )
