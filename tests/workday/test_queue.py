"""Who stands in a member's queue, why, and who is left out."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.activities.models import Activity, FollowUp, Outcome
from apps.core.models import Organisation
from apps.customers.models import Channel, Contact, Customer, CustomerOwnerChangeKind, Tier
from apps.customers.services import customers_assign
from apps.members.models import Member
from apps.portfolio.models import BreachKind, PolicyBreach
from apps.workday.leases import lease_take
from apps.workday.queue.order import Reason
from apps.workday.queue.selectors import highest_levels, queue_of
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> Member:
    return make_member(team=make_team(), name="Mia")


def customer(owner: Member | None, name: str = "", **fields: Any) -> Customer:
    """One that can be called."""
    found = make_customer(owner=owner, name=name or "Acme", **fields)
    Contact.objects.create(customer=found, name="Ines", phone="+49 30 23125 001")
    return found


def step(of: Customer, owner: Member, days: int = 0, **fields: Any) -> FollowUp:
    fields.setdefault("channel", Channel.CALL)
    due_on = timezone.localdate() + timedelta(days=days)
    return FollowUp.objects.create(
        customer=of, owner=owner, due_on=due_on, purpose="Again", **fields
    )


def reached(of: Customer, by: Member, hours: float = 48, **fields: Any) -> Activity:
    fields.setdefault("outcome", Outcome.REACHED)
    at = timezone.now() - timedelta(hours=hours)
    return Activity.objects.create(
        customer=of, member=by, channel=Channel.CALL, at=at, recorded_at=at, **fields
    )


def reasons(member: Member) -> list[tuple[str, Reason]]:
    entries = queue_of(member).entries
    names = {one.pk: one.name for one in Customer.objects.all()}
    return [(names[one.customer], one.reason) for one in entries]


def test_each_reason_in_its_order(mia: Member) -> None:
    today = Organisation.current().today()
    recycled = customer(None, "Recycled")
    customers_assign(
        customers=[recycled.pk],
        to=make_member(team=make_team()),
        reason="",
        kind=CustomerOwnerChangeKind.ASSIGN,
        by=None,
    )
    customers_assign(
        customers=[recycled.pk], to=None, reason="", kind=CustomerOwnerChangeKind.RECYCLE, by=None
    )
    customers_assign(
        customers=[recycled.pk], to=mia, reason="", kind=CustomerOwnerChangeKind.ASSIGN, by=None
    )
    customer(mia, "Poor prospect", potential_score=5)
    customer(mia, "Good prospect", potential_score=11)
    due, promised, waits = (customer(mia, name) for name in ("Due", "Promised", "Waits"))
    for one in (due, promised, waits):
        reached(one, mia, hours=24 * 30)
    step(due, mia)
    step(promised, mia, is_promised=True)
    Customer.objects.filter(pk=waits.pk).update(tier=Tier.A)
    PolicyBreach.objects.create(
        customer=waits, owner=mia, kind=BreachKind.CONTACT, tier=Tier.A, allowed=14, since_on=today
    )

    assert reasons(mia) == [
        ("Promised", Reason.PROMISED),
        ("Waits", Reason.BREACH),
        ("Due", Reason.DUE),
        ("Good prospect", Reason.PROSPECT),
        ("Poor prospect", Reason.PROSPECT),
        ("Recycled", Reason.RECYCLED),
    ]


def test_a_customer_stands_once_with_the_first_reason(mia: Member) -> None:
    both = customer(mia, "Both")
    step(both, mia)
    step(both, mia, days=-3, is_promised=True)

    assert reasons(mia) == [("Both", Reason.PROMISED)]


@pytest.mark.parametrize(
    "fields", [{"days": 1}, {"channel": Channel.VISIT}, {"done_at": timezone.now()}]
)
def test_steps_of_other_days_or_ways_are_no_reason(mia: Member, fields: dict[str, Any]) -> None:
    known = customer(mia)
    make_order(member=mia, value=100, on=Organisation.current().today(), customer=known)
    step(known, mia, **fields)

    assert reasons(mia) == []


def test_nobody_elses_customers(mia: Member) -> None:
    other = make_member(team=make_team())
    customer(other, "Theirs")
    customer(None, "Pool")

    assert reasons(mia) == []


def test_whom_nobody_can_call(mia: Member) -> None:
    make_customer(owner=mia, name="No contact")
    silent = make_customer(owner=mia, name="No phone")
    Contact.objects.create(customer=silent, name="Ines")
    refuses = make_customer(owner=mia, name="Do not call")
    Contact.objects.create(
        customer=refuses, name="Ines", phone="+49 30 23125 002", do_not_call_at=timezone.now()
    )
    gone = customer(mia, "Deleted")
    Customer.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())

    assert reasons(mia) == []


def test_whom_a_colleague_has_open(mia: Member) -> None:
    lead = make_member(name="Lead")
    lease_take(customer=customer(mia), member=lead)

    queue = queue_of(mia)

    assert (list(queue.entries), queue.leased) == ([], 1)


def test_who_was_dialled_just_now_rests(mia: Member) -> None:
    one = customer(mia, "Due")
    step(one, mia)
    reached(one, make_member(), hours=0.5, outcome=Outcome.BUSY)

    queue = queue_of(mia)

    assert (list(queue.entries), queue.resting) == ([], 1)
    assert reasons(mia) == []


def test_after_no_answer_the_same_time_of_day_is_avoided(mia: Member) -> None:
    one = customer(mia, "Due")
    step(one, mia)
    reached(one, mia, hours=24, outcome=Outcome.NO_ANSWER)
    assert queue_of(mia).resting == 1

    Activity.objects.update(at=timezone.now() - timedelta(hours=20))

    assert reasons(mia) == [("Due", Reason.DUE)]


def test_stuck_near_the_order(mia: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    today = Organisation.current().today()
    late = customer(mia, "Late")
    make_order(member=mia, value=100, on=today, customer=late)
    make_opportunity(("A", today - timedelta(days=200)), owner=mia, customer=late)
    monkeypatch.setattr(
        "apps.metrics.stuck._stuck_limits",
        lambda _rates: {f":{pk}": "30" for pk in highest_levels()},
    )

    assert reasons(mia) == [("Late", Reason.STUCK)]


def test_as_many_queries_for_many_customers(mia: Member) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            queue_of(mia)
        return len(queries)

    step(customer(mia), mia)
    Organisation.current()
    asked()
    few = asked()
    for number in range(20):
        step(customer(mia, f"More {number}"), mia)
        customer(mia, f"Prospect {number}")

    assert asked() == few


@pytest.mark.call_window
def test_outside_the_window_nobody_is_called(mia: Member) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    customer(mia, "Prospect")
    sunday = datetime(2026, 11, 22, 11, 0, tzinfo=berlin)
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=berlin)

    closed, late = queue_of(mia, now=sunday), queue_of(mia, now=monday - timedelta(minutes=1))

    assert (list(closed.entries), closed.closed, closed.opens_at) == ([], 1, monday)
    assert (list(late.entries), late.opens_at) == ([], monday)
    assert len(queue_of(mia, now=monday).entries) == 1


def test_a_step_with_a_time_is_due_from_that_time_on(mia: Member) -> None:
    known = customer(mia, "Later")
    make_order(member=mia, value=100, on=Organisation.current().today(), customer=known)
    zone = ZoneInfo(mia.time_zone)
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=zone)
    FollowUp.objects.create(
        customer=known,
        owner=mia,
        due_on=noon.date(),
        due_at=noon.time(),
        channel=Channel.CALL,
        purpose="As promised",
        is_promised=True,
    )

    assert not queue_of(mia, now=noon - timedelta(minutes=1)).entries
    assert len(queue_of(mia, now=noon).entries) == 1
    assert not queue_of(mia, now=noon - timedelta(days=1)).entries
    assert len(queue_of(mia, now=noon + timedelta(hours=13)).entries) == 1
