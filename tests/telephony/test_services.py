"""From events to the activity of a call."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.activities.models import Activity
from apps.activities.services import activity_correct, activity_delete, activity_log
from apps.core.models import AuditEntry
from apps.telephony.folding import Event
from apps.telephony.models import CallEvent, CallProblem, Extension, PhoneCall
from apps.telephony.refusals import EventIdTaken
from apps.telephony.services import call_event_take
from tests.factories import make_customer, make_member
from tests.telephony.conftest import START, Office, customer_with_phone, event, with_phone

WHOLE = (event("started"), event("answered", 9), event("ended", 9 + 61))
MISSED = (event("started"), event("ended", 20))


def take(office: Office, *events: Event, call_id: str = "c1") -> PhoneCall:
    for one in events:
        call_event_take(system=office.system, call_id=call_id, event=one)
    return PhoneCall.objects.get(call_id=call_id)


def written() -> list[tuple[Any, ...]]:
    columns = ("customer", "member", "contact", "channel", "direction", "outcome", "at", "minutes")
    return list(Activity.objects.order_by("pk").values_list(*columns))


def test_an_answered_call_becomes_an_activity_of_the_member(office: Office) -> None:
    customer = make_customer(owner=office.mei)
    anna = with_phone(customer)

    call = take(office, *WHOLE)

    assert written() == [(customer.pk, office.mei.pk, anna.pk, "call", "in", "reached", START, 2)]
    assert (call.customer, call.contact, call.number) == (customer, anna, "+493023125001")
    assert (call.state, call.talk_seconds, call.problem) == ("ended", 61, "")
    customer.refresh_from_db()
    assert customer.last_contacted_at == START
    # Nobody is said to have written what nobody wrote.
    assert AuditEntry.objects.get(action="activity.log").by is None


def test_a_call_that_nobody_answered_is_no_contact(office: Office) -> None:
    customer = customer_with_phone(office.mei)

    take(office, *MISSED)

    assert [row[4:] for row in written()] == [("in", "no_answer", START, None)]
    customer.refresh_from_db()
    assert customer.last_contacted_at is None


def test_nothing_is_written_before_the_call_is_over(office: Office) -> None:
    customer_with_phone(office.mei)

    call = take(office, event("started"), event("answered", 9))

    assert (call.state, call.customer, call.problem) == ("talking", None, "")
    assert not PhoneCall.objects.in_inbox().exists()
    assert written() == []


def test_an_end_without_its_start_waits_in_the_inbox_until_the_start_comes(
    office: Office,
) -> None:
    customer = customer_with_phone(office.mei)

    early = take(office, event("ended", 70))
    whole = take(office, event("started"))

    assert (early.problem, early.customer) == (CallProblem.INCOMPLETE, None)
    assert (whole.problem, whole.customer) == ("", customer)
    assert len(written()) == 1


def test_an_event_that_comes_again_changes_nothing(office: Office) -> None:
    customer_with_phone(office.mei)
    take(office, *WHOLE)
    before, entries = written(), AuditEntry.objects.count()

    again = [call_event_take(system=office.system, call_id="c1", event=one) for one in WHOLE]

    assert again == [False, False, False]
    assert (written(), AuditEntry.objects.count()) == (before, entries)
    assert CallEvent.objects.count() == 3


def test_an_id_that_stands_for_another_event_is_refused_and_nothing_kept(office: Office) -> None:
    take(office, event("started"))

    for call_id, one in (("c2", event("started")), ("c1", event("ended", 5, event_id="started-0"))):
        with pytest.raises(EventIdTaken):
            call_event_take(system=office.system, call_id=call_id, event=one)

    assert CallEvent.objects.count() == PhoneCall.objects.count() == 1


def state_of(call_id: str) -> tuple[Any, ...]:
    """The call and its activity, without what differs with every writing."""
    columns = (
        "state", "direction", "number", "raw_number", "extension", "member", "customer", "contact",
        "at", "started_at", "answered_at", "ended_at", "talk_seconds", "problem",
        *(f"activity__{name}" for name in (
            "key", "customer", "member", "contact", "outcome", "direction", "at", "minutes",
        )),
    )  # fmt: skip
    found: tuple[Any, ...] = PhoneCall.objects.filter(call_id=call_id).values_list(*columns).get()
    return found


@pytest.mark.parametrize("events", [WHOLE, MISSED])
@pytest.mark.parametrize("by_hand", [False, True])
def test_every_order_of_three_events_gives_the_same(
    office: Office, events: tuple[Event, ...], by_hand: bool
) -> None:
    customer = customer_with_phone(office.mei)
    found = set()
    for order in permutations(events):
        with transaction.atomic():
            if by_hand:
                activity_log(
                    customer=customer, channel="call", outcome="agreed", at=START, by=office.mei
                )
            take(office, *order)
            found.add(state_of("c1"))
            assert Activity.objects.count() == 1
            transaction.set_rollback(True)

    assert len(found) == 1


KINDS = st.sampled_from(["started", "answered", "ended"])
CALLS = st.lists(
    st.tuples(KINDS, st.integers(0, 900), st.sampled_from(["101", "102", ""])),
    min_size=1,
    max_size=5,
    unique=True,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_order_and_repetition_gives_the_same_call_and_activity(
    office: Office, data: st.DataObject
) -> None:
    """Also of calls that are transferred: the member, and with them the customer, may change."""
    events = [
        event(kind, after, extension=extension, event_id=f"{kind}{after}{extension}")
        for kind, after, extension in data.draw(CALLS)
    ]
    shuffled = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events)))]))
    with transaction.atomic():
        customer_with_phone(office.mei)
        customer_with_phone(office.mate)
        found = []
        for order in (sorted(events, key=lambda one: one.at), shuffled):
            with transaction.atomic():
                take(office, *order)
                found.append(state_of("c1"))
                assert Activity.objects.count() == (found[-1][6] is not None)
                transaction.set_rollback(True)
        transaction.set_rollback(True)

    assert found[0] == found[1]


# By hand


def test_what_was_written_by_hand_is_completed(office: Office) -> None:
    customer = customer_with_phone(office.mei)
    mine = activity_log(
        customer=customer,
        channel="call",
        outcome="agreed",
        at=START + timedelta(minutes=11),
        note="Wants 40",
        by=office.mei,
    )

    call = take(office, *WHOLE)

    assert call.activity == mine
    assert [row[5:] for row in written()] == [("agreed", mine.at, 2)]
    entry = AuditEntry.objects.get(action="activity.complete")
    assert (entry.by, entry.changes) == (None, {"minutes": [None, 2]})


@pytest.mark.parametrize(
    "other",
    [
        {"at": START - timedelta(minutes=11)},
        {"at": START + timedelta(minutes=12)},
        {"channel": "email"},
    ],
)
def test_what_is_about_something_else_stays_as_it_is(office: Office, other: Any) -> None:
    customer = customer_with_phone(office.mei)
    said = {"channel": "call", "outcome": "agreed", "at": START, **other}
    activity_log(customer=customer, by=office.mei, **said)

    take(office, *WHOLE)

    assert Activity.objects.count() == 2


def test_minutes_that_somebody_gave_stay(office: Office) -> None:
    customer = customer_with_phone(office.mei)
    activity_log(
        customer=customer, channel="call", outcome="agreed", at=START, minutes=7, by=office.mei
    )

    take(office, *WHOLE)

    assert [row[-1] for row in written()] == [7]


def test_of_two_calls_only_one_is_what_was_written_by_hand(office: Office) -> None:
    customer = customer_with_phone(office.mei)
    activity_log(customer=customer, channel="call", outcome="agreed", at=START, by=office.mei)
    later = START + timedelta(minutes=5)

    take(office, *WHOLE)
    take(
        office,
        *(event(one.kind, n, at=later, event_id=f"b{n}") for n, one in enumerate(WHOLE)),
        call_id="c2",
    )

    assert Activity.objects.count() == 2
    assert PhoneCall.objects.filter(activity=None).count() == 0


def test_what_somebody_corrected_stays_when_an_event_comes_late(office: Office) -> None:
    customer_with_phone(office.mei)
    activity = take(office, *MISSED).activity
    assert activity is not None
    activity_correct(activity=activity, by=office.mei, outcome="busy")

    take(office, event("answered", 3))

    assert [row[5:] for row in written()] == [("busy", START, 1)]


def test_what_somebody_deleted_does_not_come_back(office: Office) -> None:
    customer_with_phone(office.mei)
    activity = take(office, *MISSED).activity
    assert activity is not None
    activity_delete(activity=activity, by=office.mei)

    call = take(office, event("answered", 3), event("answered", 4, extension="102"))

    assert written() == []
    assert not PhoneCall.objects.in_inbox().filter(pk=call.pk).exists()


# Whose it is


def test_of_several_customers_the_members_own_is_meant(office: Office) -> None:
    customer_with_phone(None)
    mine = customer_with_phone(office.mei)

    assert take(office, *WHOLE).customer == mine


@pytest.mark.parametrize(
    ("owners", "problem"),
    [
        ([], CallProblem.UNKNOWN),
        (["stranger"], CallProblem.UNKNOWN),
        (["pool"], CallProblem.NOT_PERMITTED),
        (["pool", "pool"], CallProblem.SEVERAL),
        (["mei", "mei"], CallProblem.SEVERAL),
    ],
)
def test_a_call_that_is_nobodys_for_sure_waits_in_the_inbox(
    office: Office, owners: list[str], problem: str
) -> None:
    people = {"mei": office.mei, "pool": None, "stranger": make_member(team=None)}
    for owner in owners:
        customer_with_phone(people[owner])

    call = take(office, *WHOLE)

    assert (call.problem, call.customer) == (problem, None)
    assert written() == []
    assert list(PhoneCall.objects.in_inbox()) == [call]


@pytest.mark.parametrize("number", ["", "anonymous"])
def test_a_withheld_number_is_nobodys(office: Office, number: str) -> None:
    events = [event("started", from_number=number), event("ended", 9, from_number=number)]

    assert take(office, *events).problem == CallProblem.NO_NUMBER


def test_an_extension_of_nobody_or_of_somebody_who_left_has_no_member(office: Office) -> None:
    customer_with_phone(office.mei)
    unknown = take(
        office,
        event("started", extension="999"),
        event("ended", 9, extension="999"),
    )
    office.mei.is_active = False
    office.mei.save()
    left = take(
        office, event("started", event_id="x"), event("ended", 9, event_id="y"), call_id="c2"
    )

    assert [(one.problem, one.member) for one in (unknown, left)] == [
        (CallProblem.NO_MEMBER, None)
    ] * 2


def test_extensions_of_another_system_are_not_asked(office: Office) -> None:
    Extension.objects.all().delete()

    assert take(office, *WHOLE).problem == CallProblem.NO_MEMBER


def test_a_number_as_it_is_dialled_at_home_finds_the_customer(office: Office) -> None:
    customer = customer_with_phone(office.mei)
    said: dict[str, Any] = {"direction": "out", "to_number": "030 / 23125-001"}

    call = take(office, event("started", **said), event("ended", 5, **said))

    assert (call.customer, call.raw_number) == (customer, "030 / 23125-001")


def test_of_two_contacts_with_the_number_the_one_still_there_is_meant(office: Office) -> None:
    customer = make_customer(owner=office.mei)
    with_phone(customer, is_former=True)
    there = with_phone(customer, name="Bernd")

    assert take(office, *WHOLE).contact == there


def test_a_contact_who_must_not_be_called_may_call(office: Office) -> None:
    customer = make_customer(owner=office.mei)
    anna = with_phone(customer, do_not_call_at=START)

    assert take(office, *WHOLE).contact == anna
    assert len(written()) == 1


# The database


def test_events_stay_as_they_came_but_their_numbers_can_be_blotted_out(office: Office) -> None:
    take(office, event("started"))
    rows = CallEvent.objects.all()

    for change in (lambda: rows.update(kind="ended"), rows.delete):
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            change()
    rows.update(from_number="", to_number="")

    assert list(rows.values_list("kind", "from_number")) == [("started", "")]
