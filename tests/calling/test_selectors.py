"""Who may be called now: the zone of the number, earlier calls, promises, do-not-call; many at once."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.activities.models import Activity, FollowUp
from apps.calling.models import CallRules
from apps.calling.rules import Rule
from apps.calling.selectors import Reach, call_desk, may_reach_now
from apps.core.models import Organisation
from apps.customers.models import Channel, Contact, Customer
from apps.members.models import Member
from tests.factories import make_customer, make_member, make_team

pytestmark = pytest.mark.django_db

# Wednesday, 13:00 in Berlin, 08:00 in New York, 20:00 in Shanghai.
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
BERLIN, NEW_YORK, SHANGHAI = "+49 30 901820", "+1 212 555 0123", "+86 139 1234 5678"


@pytest.fixture
def rep() -> Member:
    Organisation.current()
    Organisation.objects.update(time_zone="Europe/Berlin", country="DE", subdivision="")
    return make_member(team=make_team(), time_zone="Europe/Berlin")


def at(customer: Customer, name: str = "Ada", phone: str = BERLIN, **fields: Any) -> Contact:
    made: Contact = Contact.objects.create(customer=customer, name=name, phone=phone, **fields)
    return made


def call(customer: Customer, member: Member, when: datetime, **fields: Any) -> Activity:
    values = {"channel": "call", "direction": "out", "outcome": "no_answer", **fields}
    return Activity.objects.create(customer=customer, member=member, at=when, **values)


def promise(customer: Customer, owner: Member, on: date, **fields: Any) -> FollowUp:
    values = {"channel": "call", "purpose": "Call back", "is_promised": True, **fields}
    return FollowUp.objects.create(customer=customer, owner=owner, due_on=on, **values)


def reach(
    customer: Customer, member: Member, contact: Contact | None = None, **fields: Any
) -> Reach:
    values = {"channel": Channel.CALL, "now": NOW, **fields}
    return may_reach_now(customer=customer, contact=contact, user=member, **values)


def rule(found: Reach) -> Rule | None:
    return found.refusal.rule if found.refusal else None


def test_clock_is_that_of_the_contacts_number(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ada, ben, li = (at(customer, phone, phone) for phone in (BERLIN, NEW_YORK, SHANGHAI))

    found = [reach(customer, rep, one) for one in (ada, ben, li)]

    assert [f"{one.there:%H:%M}" for one in found] == ["13:00", "08:00", "20:00"]
    assert [rule(one) for one in found] == [None, Rule.HOURS, Rule.HOURS]
    assert f"{found[1].next_there:%d %H:%M}" == "11 09:00"
    assert f"{found[2].next_there:%d %H:%M}" == "12 09:00"


def test_colleagues_tell_where_a_contact_without_number_is(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ada = at(customer, phone="")
    at(customer, "Ben", NEW_YORK)

    assert f"{reach(customer, rep, ada).there:%H:%M}" == "08:00"


def test_unknown_zone_is_the_organisations(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ada = at(customer, phone="+1 800 555 0123")

    found = reach(customer, rep, ada)

    assert (f"{found.there:%H:%M}", found.is_zone_known, found.is_allowed) == ("13:00", False, True)


def test_holidays_are_those_of_the_numbers_country(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ada, ben = at(customer), at(customer, "Ben", NEW_YORK)
    # Thanksgiving, noon in New York.
    now = datetime(2026, 11, 26, 17, tzinfo=UTC)

    assert rule(reach(customer, rep, ada, now=now)) is None
    assert rule(reach(customer, rep, ben, now=now)) is Rule.HOLIDAY


def test_calls_of_all_who_call_are_counted(rep: Member) -> None:
    customer, mate = make_customer(owner=rep), make_member()
    ada = at(customer)
    for hours in (1, 2, 3):
        call(customer, mate, NOW - timedelta(hours=hours))

    assert rule(reach(customer, rep, ada)) is Rule.MOST_A_DAY
    assert rule(reach(customer, rep, ada, channel=Channel.MESSAGE)) is None


@pytest.mark.parametrize(
    "fields",
    [{"direction": "in"}, {"channel": "email"}, {"channel": "message"}],
)
def test_what_was_no_call_of_ours_is_not_counted(rep: Member, fields: dict[str, str]) -> None:
    customer = make_customer(owner=rep)
    call(customer, rep, NOW - timedelta(minutes=5), **fields)

    assert rule(reach(customer, rep, at(customer))) is None


def test_calls_too_close_after_another_wait(rep: Member) -> None:
    customer = make_customer(owner=rep)
    call(customer, rep, NOW - timedelta(minutes=20))

    found = reach(customer, rep, at(customer))

    assert rule(found) is Rule.TOO_SOON
    assert f"{found.next_there:%H:%M}" == "13:10"


def test_promised_call_of_the_day_there_may_be_made_at_any_time(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ben = at(customer, "Ben", NEW_YORK)
    promise(customer, rep, date(2026, 3, 11))

    found = reach(customer, rep, ben)

    assert (found.is_allowed, found.has_asked) == (True, True)
    assert rule(reach(customer, rep, ben, now=NOW + timedelta(days=1))) is Rule.HOURS


def test_promised_time_holds_from_shortly_before(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ben = at(customer, "Ben", NEW_YORK)
    # In the owner's zone: 08:00 in New York.
    promise(customer, rep, date(2026, 3, 11), due_at=time(13))

    assert reach(customer, rep, ben, now=NOW - timedelta(minutes=15)).is_allowed
    assert rule(reach(customer, rep, ben, now=NOW - timedelta(minutes=16))) is Rule.HOURS


def test_promise_to_one_is_no_reason_to_call_another(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ben, eve = at(customer, "Ben", NEW_YORK), at(customer, "Eve", NEW_YORK)
    promise(customer, rep, date(2026, 3, 11), contact=ben)

    assert reach(customer, rep, ben).is_allowed
    assert rule(reach(customer, rep, eve)) is Rule.HOURS


@pytest.mark.parametrize("fields", [{"is_promised": False}, {"channel": "email"}, {"done_at": NOW}])
def test_other_steps_promise_no_call(rep: Member, fields: dict[str, Any]) -> None:
    customer = make_customer(owner=rep)
    promise(customer, rep, date(2026, 3, 11), **fields)

    assert rule(reach(customer, rep, at(customer, phone=NEW_YORK))) is Rule.HOURS


def test_do_not_call_is_the_contacts_whatever_was_promised(rep: Member) -> None:
    customer = make_customer(owner=rep)
    ada, eve = at(customer, do_not_call_at=NOW), at(customer, "Eve")
    promise(customer, rep, date(2026, 3, 11))

    assert rule(reach(customer, rep, ada)) is Rule.DO_NOT_CALL
    assert rule(reach(customer, rep, ada, channel=Channel.MESSAGE)) is Rule.DO_NOT_CALL
    assert rule(reach(customer, rep, ada, channel=Channel.EMAIL)) is None
    assert rule(reach(customer, rep, eve)) is None
    assert rule(reach(customer, rep)) is None


def test_customer_whose_every_number_is_do_not_call_is_not_called(rep: Member) -> None:
    customer = make_customer(owner=rep)
    at(customer, do_not_call_at=NOW)
    at(customer, "Ben", phone="")

    assert rule(reach(customer, rep)) is Rule.DO_NOT_CALL


def test_rules_of_the_firm_count(rep: Member) -> None:
    customer = make_customer(owner=rep)
    CallRules.current()
    CallRules.objects.update(until=time(13))

    assert rule(reach(customer, rep, at(customer))) is Rule.HOURS


def test_nothing_is_known_of_a_customer_that_one_does_not_see(rep: Member) -> None:
    customer = make_customer(owner=make_member())
    at(customer, phone=NEW_YORK)

    assert f"{reach(customer, rep).there:%H:%M}" == "13:00"


def test_many_customers_cost_as_many_queries_as_one(rep: Member) -> None:
    def more(n: int) -> list[int]:
        made = [make_customer(owner=rep) for _n in range(n)]
        for customer in made:
            at(customer, phone=NEW_YORK)
            call(customer, rep, NOW - timedelta(minutes=5))
            promise(customer, rep, date(2026, 3, 12))
        return [customer.pk for customer in made]

    def asked(ids: list[int]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk = call_desk(ids, now=NOW, user=rep)
            assert all(not desk.reach(pk, channel=Channel.CALL).is_allowed for pk in ids)
        return len(queries)

    with time_machine.travel(NOW, tick=False):
        # The one row of the rules is made on first use.
        asked(more(1))
        few, many = asked(more(1)), asked(more(20))

    assert few == many
    assert many <= 9
