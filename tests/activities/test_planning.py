"""Next steps that are put off, handed over, edited, and that repeat."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.activities.models import (
    FollowUp,
    FollowUpChange,
    FollowUpChangeKind,
    Outcome,
)
from apps.activities.planning.errors import AlreadySettled, DayIsOver, NotOfCustomer
from apps.activities.planning.services import (
    follow_up_drop,
    follow_up_edit,
    follow_up_finish,
    follow_up_plan,
    follow_up_reassign,
    follow_up_snooze,
    follow_ups_follow,
)
from apps.activities.services import NextStep, activity_delete, activity_log
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member, Notification
from tests.factories import make_customer, make_member, make_team
from tests.racing import together

pytestmark = pytest.mark.django_db


def today() -> date:
    return Organisation.current().today()


def in_days(n: int) -> date:
    return today() + timedelta(days=n)


def planned(rep: Member, **fields: Any) -> FollowUp:
    given = {"due_on": today(), "channel": "call", "purpose": "Ask for the order", **fields}
    customer = given.pop("customer", None) or make_customer(owner=rep)
    return follow_up_plan(customer=customer, by=rep, **given)


def logged(customer: Customer, by: Member, **fields: Any) -> Any:
    return activity_log(customer=customer, channel="call", outcome=Outcome.REACHED, by=by, **fields)


def test_snoozing_keeps_what_was_and_why() -> None:
    rep = make_member()
    step = planned(rep, due_at=time(9))

    follow_up_snooze(
        follow_up=step, due_on=in_days(3), due_at=time(10, 30), reason=" On holiday ", by=rep
    )

    step.refresh_from_db()
    assert (step.due_on, step.due_at) == (in_days(3), time(10, 30))
    change = step.changes.get()
    assert (change.kind, change.reason, change.by) == ("snoozed", "On holiday", rep)
    assert (change.from_on, change.from_at, change.to_on) == (today(), time(9), in_days(3))
    entry = AuditEntry.objects.get(action="followup.snooze")
    assert "due_on" in entry.changes
    assert "holiday" not in str(entry.changes) + str(entry.details)


def refused(step: FollowUp, error: type[DomainError], by: Member, **fields: Any) -> None:
    given = {"due_on": in_days(1), "reason": "Later", **fields}
    with pytest.raises(error):
        follow_up_snooze(follow_up=step, by=by, **given)
    before = step.due_on
    step.refresh_from_db()
    assert step.due_on == before
    assert not FollowUpChange.objects.exists()


def test_snoozing_into_the_past_or_without_a_reason_is_refused() -> None:
    rep = make_member()
    step = planned(rep)

    refused(step, DayIsOver, rep, due_on=in_days(-1))
    refused(step, DomainError, rep, reason="  ")
    refused(step, DomainError, rep, reason="x" * 501)
    refused(step, DomainError, rep, due_on=today())


def test_time_of_today_passes_by_the_owners_clock() -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), tick=False):
        rep = make_member(time_zone="America/New_York")  # 07:00
        step = planned(rep)

        refused(step, DayIsOver, rep, due_on=date(2026, 11, 23), due_at=time(6, 59))
        follow_up_snooze(
            follow_up=step, due_on=date(2026, 11, 23), due_at=time(7, 1), reason="Later", by=rep
        )


def test_only_who_may_change_the_customer_snoozes() -> None:
    rep, analyst = make_member(team=make_team()), make_member(AccessRole.ANALYST)
    step = planned(rep)

    refused(step, NotPermitted, analyst)
    refused(step, NotPermitted, make_member(team=make_team()))


def test_what_is_done_is_not_snoozed() -> None:
    rep = make_member()
    step = planned(rep)
    follow_up_drop(follow_up=step, by=rep)

    refused(step, AlreadySettled, rep)


def test_new_owner_is_told_and_history_names_both() -> None:
    lead, team = make_member(AccessRole.MANAGER), make_team()
    team.lead = lead
    team.save()
    rep = make_member(team=team)
    step = planned(rep)

    follow_up_reassign(follow_up=step, to=lead, reason="I call", by=lead)
    follow_up_reassign(follow_up=step, to=rep, by=lead)

    step.refresh_from_db()
    assert step.owner == rep
    back, there = step.changes.all()
    assert (there.from_owner, there.to_owner, there.reason) == (rep, lead, "I call")
    assert (back.kind, back.from_owner, back.to_owner) == ("reassigned", lead, rep)
    # Nobody is told what they did themselves.
    told = Notification.objects.filter(kind="followup.received").values_list("member", flat=True)
    assert list(told) == [rep.pk]


def test_step_stays_with_whoever_can_work_on_the_customer() -> None:
    team = make_team()
    rep, peer = make_member(team=team), make_member(team=team)
    step = planned(rep)

    for to in (peer, rep):
        with pytest.raises(DomainError):
            follow_up_reassign(follow_up=step, to=to, by=rep)

    step.refresh_from_db()
    assert step.owner == rep
    assert not FollowUpChange.objects.exists()


def test_edited_step_says_what_changed() -> None:
    rep = make_member()
    step = planned(rep)
    contact = Contact.objects.create(customer=step.customer, name="Ada")

    follow_up_edit(follow_up=step, purpose=" Send the offer ", contact=contact, by=rep)
    follow_up_edit(follow_up=step, purpose="Send the offer", by=rep)

    step.refresh_from_db()
    assert (step.purpose, step.contact) == ("Send the offer", contact)
    assert [one.kind for one in step.changes.all()] == [FollowUpChangeKind.EDITED]


def test_contact_of_another_customer_is_refused() -> None:
    rep = make_member()
    step = planned(rep)
    stranger = Contact.objects.create(customer=make_customer(owner=rep), name="Ada")

    with pytest.raises(NotOfCustomer):
        follow_up_edit(follow_up=step, contact=stranger, by=rep)
    with pytest.raises(NotOfCustomer):
        planned(rep, contact=stranger)

    assert FollowUp.objects.count() == 1


def test_finished_step_of_a_series_plans_the_next_from_the_first_day() -> None:
    with time_machine.travel(datetime(2026, 1, 31, 10, tzinfo=UTC)):
        rep = make_member()
        step = planned(rep, repeats="monthly", due_at=time(9))
        follow_up_finish(follow_up=step, activity=logged(step.customer, rep), by=rep)
    second = FollowUp.objects.get(follows=step)
    assert (second.due_on, second.due_at, second.owner) == (date(2026, 2, 28), time(9), rep)

    with time_machine.travel(datetime(2026, 2, 28, 10, tzinfo=UTC)):
        follow_up_snooze(follow_up=second, due_on=date(2026, 3, 2), reason="Ill", by=rep)
        follow_up_drop(follow_up=second, by=rep)

    third = FollowUp.objects.get(follows=second)
    assert (third.due_on, third.first_on) == (date(2026, 3, 31), date(2026, 1, 31))


def test_series_that_was_left_lying_goes_on_after_today() -> None:
    rep = make_member()
    with time_machine.travel(datetime(2026, 1, 5, 10, tzinfo=UTC)):
        step = planned(rep, repeats="weekly")
    with time_machine.travel(datetime(2026, 2, 9, 10, tzinfo=UTC)):
        follow_up_drop(follow_up=step, by=rep)

    assert FollowUp.objects.get(follows=step).due_on == date(2026, 2, 16)


def test_series_ends_on_demand_and_with_the_pool() -> None:
    rep = make_member()
    one, other = planned(rep, repeats="weekly"), planned(rep, repeats="weekly")

    follow_up_drop(follow_up=one, ends_series=True, by=rep)
    follow_ups_follow(customers=[other.customer_id], to=None)

    assert not FollowUp.objects.filter(done_at=None).exists()


def test_edited_day_or_rhythm_counts_the_series_anew() -> None:
    rep = make_member()
    step = planned(rep, repeats="monthly")

    follow_up_edit(follow_up=step, due_on=in_days(4), by=rep)
    step.refresh_from_db()
    assert step.first_on == in_days(4)

    follow_up_edit(follow_up=step, repeats="none", by=rep)
    step.refresh_from_db()
    assert step.first_on is None


def test_next_step_goes_to_the_customers_owner_if_who_had_it_cannot_take_it() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    step = planned(rep, repeats="weekly")
    Customer.objects.filter(pk=step.customer_id).update(owner=other)

    follow_up_drop(follow_up=FollowUp.objects.get(pk=step.pk), by=other)

    assert FollowUp.objects.get(follows=step).owner == other


def test_deleted_contact_takes_back_the_next_of_the_series() -> None:
    rep = make_member()
    step = planned(rep, repeats="weekly")
    activity = logged(step.customer, rep, finishes=step)
    assert FollowUp.objects.filter(follows=step).exists()

    activity_delete(activity=activity, by=rep)

    assert FollowUp.objects.get() == step
    assert FollowUp.objects.get().done_at is None


def test_next_of_the_series_that_was_changed_stays_and_comes_once() -> None:
    rep = make_member()
    step = planned(rep, repeats="weekly")
    activity = logged(step.customer, rep, finishes=step)
    following = FollowUp.objects.get(follows=step)
    follow_up_snooze(follow_up=following, due_on=in_days(9), reason="Fair", by=rep)

    activity_delete(activity=activity, by=rep)
    follow_up_drop(follow_up=step, by=rep)

    assert list(FollowUp.objects.filter(done_at=None)) == [following]


def test_call_back_is_a_promise_to_the_person() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    contact = Contact.objects.create(customer=customer, name="Ada")

    activity_log(
        customer=customer,
        channel="call",
        outcome=Outcome.CALL_BACK,
        contact=contact,
        next_step=NextStep(in_days(1), "call", "Call back"),
        by=rep,
    )

    step = FollowUp.objects.get()
    assert (step.is_promised, step.contact) == (True, contact)


def test_steps_that_follow_their_customers_say_so() -> None:
    rep, other = make_member(), make_member()
    step = planned(rep)

    follow_ups_follow(customers=[step.customer_id], to=other)

    change = step.changes.get()
    assert (change.from_owner, change.to_owner, change.by) == (rep, other, None)


@pytest.mark.django_db(transaction=True)
def test_finished_twice_at_once_plans_one() -> None:
    rep = make_member()
    step = planned(rep, repeats="weekly")
    connection.close()

    answers = together([lambda: follow_up_drop(follow_up=step, by=rep)] * 3)

    assert sorted(bool(one) for one in answers) == [False, True, True]
    assert FollowUp.objects.filter(follows=step).count() == 1
    assert FollowUp.objects.count() == 2
