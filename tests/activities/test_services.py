"""Writing down contacts and next steps: rules, history, who may."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.activities import selectors
from apps.activities.models import Activity, Direction, FollowUp, Outcome
from apps.activities.services import (
    AlreadySettled,
    InTheFuture,
    NextStep,
    NotOfCustomer,
    TooLate,
    activity_correct,
    activity_delete,
    activity_log,
    follow_up_drop,
    follow_up_finish,
    follow_up_plan,
    follow_ups_follow,
)
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Channel, Contact, Customer
from apps.customers.writing import CustomerGone
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_opportunity, make_team

pytestmark = pytest.mark.django_db


def today() -> Any:
    return Organisation.current().today()


def logged(customer: Customer, by: Member, **fields: Any) -> Activity:
    given = {"channel": Channel.CALL, "outcome": Outcome.REACHED, **fields}
    return activity_log(customer=customer, by=by, **given)


def planned(customer: Customer, by: Member | None, **fields: Any) -> FollowUp:
    given = {"due_on": today(), "channel": Channel.CALL, "purpose": "Ask for the order", **fields}
    return follow_up_plan(customer=customer, by=by, **given)


def test_day_in_the_future_is_refused_and_writes_nothing() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)

    with pytest.raises(InTheFuture):
        logged(customer, rep, at=timezone.now() + timedelta(days=1, hours=1))

    assert Activity.objects.count() == 0
    assert not AuditEntry.objects.filter(action="activity.log").exists()


def test_customer_of_the_pool_has_to_be_claimed_first() -> None:
    rep = make_member()
    customer = make_customer(owner=None)

    with pytest.raises(NotPermitted):
        logged(customer, rep)
    with pytest.raises(NotPermitted):
        planned(customer, rep)

    assert (Activity.objects.count(), FollowUp.objects.count()) == (0, 0)


@pytest.mark.parametrize("role", [AccessRole.ANALYST, AccessRole.HR, AccessRole.REP])
def test_who_may_not_change_the_customer_writes_nothing_down(role: AccessRole) -> None:
    customer = make_customer(owner=make_member(team=make_team()))
    other = make_member(role, team=make_team())

    with pytest.raises(NotPermitted):
        logged(customer, other)

    assert Activity.objects.count() == 0


def test_deleted_customer_takes_nothing_more() -> None:
    rep = make_member()
    customer = make_customer(owner=rep, deleted_at=timezone.now())

    with pytest.raises(CustomerGone):
        logged(customer, rep)

    assert Activity.objects.count() == 0


def test_contact_and_opportunity_of_another_customer_are_refused() -> None:
    rep = make_member(team=make_team())
    customer, other = make_customer(owner=rep), make_customer(owner=rep)
    contact = Contact.objects.create(customer=other, name="Ada")
    opportunity = make_opportunity(("E", today()), owner=rep, customer=other)

    with pytest.raises(NotOfCustomer):
        logged(customer, rep, contact=contact)
    with pytest.raises(NotOfCustomer):
        logged(customer, rep, opportunity=opportunity)
    with pytest.raises(NotOfCustomer):
        planned(customer, rep, opportunity=opportunity)

    assert Activity.objects.count() == 0


@pytest.mark.parametrize(
    "wrong", [{"minutes": 1441}, {"channel": "pigeon"}, {"outcome": "won"}, {"note": "x" * 10_001}]
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    rep = make_member()
    customer = make_customer(owner=rep)

    with pytest.raises(DomainError):
        logged(customer, rep, **wrong)

    assert Activity.objects.count() == 0


def test_contact_is_written_down_with_next_step_for_the_owner_and_audited_without_its_text() -> (
    None
):
    team = make_team(lead=(lead := make_member(AccessRole.MANAGER)))
    rep = make_member(team=team)
    customer = make_customer(owner=rep)
    step = NextStep(today() + timedelta(days=3), Channel.EMAIL, " Send the quote ")

    activity = logged(
        customer, lead, direction=Direction.IN, note=" Wants a quote ", minutes=4, next_step=step
    )

    assert (activity.member, activity.note, activity.is_sample) == (lead, "Wants a quote", False)
    follow_up = FollowUp.objects.get()
    assert (follow_up.owner, follow_up.due_on, follow_up.purpose) == (
        rep,
        today() + timedelta(days=3),
        "Send the quote",
    )
    entry = AuditEntry.objects.get(action="activity.log")
    assert entry.changes["outcome"] == [None, "reached"]
    assert entry.changes["minutes"] == [None, 4]
    assert "Wants" not in str(entry.changes) + str(entry.details)
    assert AuditEntry.objects.get(action="followup.plan").label == ""


@pytest.mark.parametrize(
    ("outcome", "is_contact"),
    [(one, one not in {"no_answer", "busy", "wrong_number"}) for one in Outcome.values],
)
def test_only_who_was_reached_counts_as_contact(outcome: str, is_contact: bool) -> None:
    rep = make_member()
    customer = make_customer(owner=rep)

    activity = logged(customer, rep, outcome=outcome)

    activity.refresh_from_db()
    customer.refresh_from_db()
    assert activity.is_contact is is_contact
    assert customer.last_contacted_at == (activity.at if is_contact else None)


def test_step_that_cannot_be_planned_takes_the_activity_back_too() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)

    with pytest.raises(DomainError):
        logged(customer, rep, next_step=NextStep(today() - timedelta(days=1), "call", "Ask"))
    with pytest.raises(DomainError):
        logged(customer, rep, next_step=NextStep(today(), "call", "  "))

    assert (Activity.objects.count(), FollowUp.objects.count()) == (0, 0)


def test_own_activity_is_corrected_within_a_day() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    activity = logged(customer, rep, note="Was nice")
    customer.refresh_from_db()
    before: Any = customer.last_contacted_at
    assert before == activity.at

    activity_correct(activity=activity, by=rep, outcome=Outcome.BUSY, note="Line was busy")

    activity.refresh_from_db()
    customer.refresh_from_db()
    assert (activity.outcome, activity.note) == ("busy", "Line was busy")
    assert customer.last_contacted_at is None
    entry = AuditEntry.objects.get(action="activity.correct")
    assert entry.changes == {"outcome": ["reached", "busy"]}
    assert entry.details["is_note_changed"] is True


def test_after_a_day_an_activity_stays_as_it_is() -> None:
    rep = make_member()
    activity = logged(make_customer(owner=rep), rep)

    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        with pytest.raises(TooLate):
            activity_correct(activity=activity, by=rep, outcome=Outcome.BUSY)
        with pytest.raises(TooLate):
            activity_delete(activity=activity, by=rep)

    activity.refresh_from_db()
    assert activity.outcome == "reached"


def test_activity_of_somebody_else_is_corrected_by_nobody() -> None:
    lead = make_member(AccessRole.MANAGER)
    rep = make_member(team=make_team(lead=lead))
    activity = logged(make_customer(owner=rep), rep)

    with pytest.raises(NotPermitted):
        activity_correct(activity=activity, by=lead, outcome=Outcome.BUSY)
    with pytest.raises(NotPermitted):
        activity_delete(activity=activity, by=lead)

    assert Activity.objects.get().outcome == "reached"


def test_correction_into_the_future_is_refused() -> None:
    rep = make_member()
    activity = logged(make_customer(owner=rep), rep)

    with pytest.raises(InTheFuture):
        activity_correct(activity=activity, by=rep, at=timezone.now() + timedelta(days=2))

    activity.refresh_from_db()
    assert activity.at <= timezone.now()


def test_deleted_activity_opens_the_step_again_that_it_settled() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    step = planned(customer, rep)
    activity = logged(customer, rep, finishes=step)
    step.refresh_from_db()
    assert step.done_by == activity

    activity_delete(activity=activity, by=rep)

    step.refresh_from_db()
    assert (step.done_at, step.done_by) == (None, None)
    assert Activity.objects.count() == 0
    entry = AuditEntry.objects.get(action="activity.delete")
    assert entry.changes["outcome"] == ["reached", None]


def test_step_is_settled_once() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    step = planned(customer, rep)
    follow_up_drop(follow_up=step, by=rep)

    with pytest.raises(AlreadySettled):
        follow_up_drop(follow_up=step, by=rep)
    with pytest.raises(AlreadySettled):
        logged(customer, rep, finishes=step)

    assert Activity.objects.count() == 0
    step.refresh_from_db()
    assert step.done_by is None


def test_step_is_not_settled_by_a_contact_with_another_customer() -> None:
    rep = make_member()
    step = planned(make_customer(owner=rep), rep)
    activity = logged(make_customer(owner=rep), rep)

    with pytest.raises(NotOfCustomer):
        follow_up_finish(follow_up=step, activity=activity, by=rep)

    step.refresh_from_db()
    assert step.done_at is None


def test_step_is_not_given_to_who_may_not_change_the_customer() -> None:
    rep = make_member(team=make_team())
    other = make_member(team=make_team())

    with pytest.raises(DomainError):
        planned(make_customer(owner=rep), rep, owner=other)

    assert FollowUp.objects.count() == 0


def test_open_steps_go_where_their_customers_go() -> None:
    rep, other = make_member(), make_member()
    customer, kept = make_customer(owner=rep), make_customer(owner=rep)
    step, done = planned(customer, rep), planned(customer, rep)
    follow_up_drop(follow_up=done, by=rep)
    stays = planned(kept, rep)

    n = follow_ups_follow(customers=[customer.pk], to=other)

    owners = dict(FollowUp.objects.values_list("pk", "owner"))
    assert n == 1
    assert owners == {step.pk: other.pk, done.pk: rep.pk, stays.pk: rep.pk}
    entry = AuditEntry.objects.get(action="followup.follow")
    assert (entry.rows, entry.details["count"]) == ([step.pk], 1)


def test_open_steps_are_dropped_in_the_pool() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    step = planned(customer, rep)

    n = follow_ups_follow(customers=[customer.pk], to=None)

    step.refresh_from_db()
    assert n == 1
    assert step.done_at is not None
    assert step.done_by is None
    assert follow_ups_follow(customers=[customer.pk], to=None) == 0


def test_correctable_time_is_a_day() -> None:
    assert timedelta(days=1) == selectors.CORRECTABLE
