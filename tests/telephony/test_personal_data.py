"""Calls when a person is erased, customers are merged, or somebody leaves."""

from apps.customers.merging.services import customers_merge
from apps.customers.models import Contact
from apps.members.models import AccessRole
from apps.privacy.people import CONTACT
from apps.privacy.services import person_erase, person_export
from apps.telephony.models import CallEvent, PhoneCall
from apps.telephony.services import call_event_take
from tests.factories import make_customer, make_member
from tests.telephony.conftest import NUMBER, Office, customer_with_phone, event


def ended(office: Office, call_id: str = "c1", number: str = NUMBER) -> PhoneCall:
    for kind in ("started", "ended"):
        one = event(kind, event_id=f"{call_id}-{kind}", from_number=number)
        call_event_take(system=office.system, call_id=call_id, event=one)
    return PhoneCall.objects.get(call_id=call_id)


def test_of_an_erased_person_no_number_is_left(office: Office) -> None:
    waits = ended(office, "before")
    customer_with_phone(office.mei)
    ended(office)
    others = ended(office, "others", "+493023125009")
    anna, admin = Contact.objects.get(), make_member(AccessRole.ADMIN)

    told = person_export(kind=CONTACT, pk=anna.pk, by=admin)
    erasure = person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    assert [row["number"] for row in told["phone_calls"]] == [NUMBER, NUMBER]
    assert erasure.counts["phone_calls"] == 2
    left = PhoneCall.objects.exclude(number="").get()
    assert (left, left.raw_number) == (others, "+493023125009")
    assert CallEvent.objects.exclude(from_number="").count() == 2
    assert waits.pk != left.pk


def test_a_late_event_brings_no_number_back(office: Office) -> None:
    customer = customer_with_phone(office.mei)
    ended(office)
    anna, admin = Contact.objects.get(), make_member(AccessRole.ADMIN)
    person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    call_event_take(system=office.system, call_id="c1", event=event("ended", 0, event_id="c1-x"))

    call = PhoneCall.objects.get()
    assert (call.customer, call.activity_id is not None) == (customer, True)
    assert (call.number, call.raw_number) == ("", "")


def test_calls_go_along_into_the_customer_that_is_left(office: Office) -> None:
    into, gone = make_customer(owner=office.mei), customer_with_phone(office.mei)
    ended(office)

    customers_merge(survivor=into, absorbed=[gone.pk], choices={}, owner=office.mei, by=office.mei)

    assert PhoneCall.objects.get().customer == into
