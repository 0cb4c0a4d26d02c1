"""Tasks: who may give, change and see them; what becomes of those of a leaver."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.activities.models import Task, TaskState
from apps.activities.planning.errors import AlreadySettled, DayIsOver
from apps.activities.planning.task_services import (
    task_add,
    task_change,
    task_drop,
    task_finish,
    task_reassign,
    task_reopen,
)
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.members.models import AccessRole, Member, Notification, Team
from apps.staffing.holdings import HOLDINGS, HandOver
from apps.staffing.leaving import member_leave
from apps.staffing.leaving_plan import Plan, Receivers
from tests.factories import make_customer, make_member, make_team, noon

pytestmark = pytest.mark.django_db


def today() -> date:
    return Organisation.current().today()


def added(assignee: Member, by: Member | None = None, **fields: Any) -> Task:
    given = {"title": "Order samples", "due_on": today(), **fields}
    return task_add(assignee=assignee, by=by or assignee, **given)


@pytest.fixture
def team() -> Team:
    return make_team(lead=make_member(AccessRole.MANAGER, name="Lead"))


@pytest.fixture
def lead(team: Team) -> Member:
    assert team.lead is not None
    return team.lead


@pytest.fixture
def rep(team: Team) -> Member:
    return make_member(team=team)


def test_own_task_tells_nobody_and_keeps_its_words_out_of_the_trail(rep: Member) -> None:
    task = added(rep, title=" Call Ms Krüger's office ", note="secret")

    assert (task.title, task.origin, task.state) == ("Call Ms Krüger's office", "own", "open")
    assert not Notification.objects.exists()
    entry = AuditEntry.objects.get(action="task.add")
    assert "Krüger" not in f"{entry.changes} {entry.details} {entry.label}"


def test_task_of_a_lead_is_told_to_the_assignee(lead: Member, rep: Member) -> None:
    task = added(rep, lead)

    assert task.origin == "colleague"
    assert Notification.objects.get().member == rep


def test_rep_gives_no_task_to_somebody_whose_work_they_do_not_see(
    rep: Member, lead: Member, team: Team
) -> None:
    for other in (lead, make_member(team=team), make_member(AccessRole.HR)):
        with pytest.raises(DomainError):
            added(other, rep)

    assert not Task.objects.exists()


@pytest.mark.parametrize("role", [AccessRole.HR, AccessRole.ANALYST])
def test_roles_that_sell_nothing_have_no_tasks(role: AccessRole) -> None:
    with pytest.raises(NotPermitted):
        added(make_member(role))


def test_senseless_tasks_are_refused(rep: Member) -> None:
    stranger = make_customer(owner=make_member(team=make_team()))

    with pytest.raises(DayIsOver):
        added(rep, due_on=today() - timedelta(days=1))
    with pytest.raises(DomainError):
        added(rep, due_on=date.max)
    for fields in ({"title": " "}, {"title": "x" * 201}, {"customer": stranger}):
        with pytest.raises(DomainError):
            added(rep, **fields)

    assert not Task.objects.exists()


def test_assignee_has_to_see_the_customer(lead: Member, rep: Member, team: Team) -> None:
    with pytest.raises(DomainError):
        added(make_member(team=team), lead, customer=make_customer(owner=rep))
    task = added(rep, lead, customer=make_customer(owner=rep))

    with pytest.raises(DomainError):
        task_reassign(task=task, to=make_member(team=team), by=lead)

    task.refresh_from_db()
    assert task.assignee == rep


def test_task_whose_customer_went_to_another_is_changed_still(rep: Member, team: Team) -> None:
    customer = make_customer(owner=rep)
    task = added(rep, customer=customer)
    customer.owner = make_member(team=team)
    customer.save()

    task_change(task=task, due_on=today() + timedelta(days=1), by=rep)
    task_finish(task=task, by=rep)

    task.refresh_from_db()
    assert task.state == TaskState.DONE


def test_task_goes_its_way_and_back(rep: Member) -> None:
    task = added(rep)

    task_finish(task=task, by=rep)
    task.refresh_from_db()
    assert (task.state, task.dropped_at) == (TaskState.DONE, None)
    assert task.done_at is not None
    for deed in (task_finish, task_drop):
        with pytest.raises(AlreadySettled):
            deed(task=task, by=rep)

    task_reopen(task=task, by=rep)
    with pytest.raises(DomainError):
        task_reopen(task=task, by=rep)
    task_drop(task=task, by=rep)
    task.refresh_from_db()
    assert (task.state, task.done_at) == (TaskState.DROPPED, None)
    actions = AuditEntry.objects.filter(kind="task").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["task.add", "task.finish", "task.reopen", "task.drop"]


def test_changed_task(rep: Member) -> None:
    task = added(rep)
    customer = make_customer(owner=rep)

    task_change(task=task, title="New", customer=customer, due_on=today(), by=rep)
    with pytest.raises(DayIsOver):
        task_change(task=task, due_on=today() - timedelta(days=1), by=rep)

    task.refresh_from_db()
    assert (task.title, task.customer, task.due_on) == ("New", customer, today())


def test_reassigned_there_and_back_tells_each_time(lead: Member, rep: Member, team: Team) -> None:
    task, other = added(rep, lead), make_member(team=team)

    task_reassign(task=task, to=other, by=lead)
    task_reassign(task=task, to=rep, by=lead)
    with pytest.raises(DomainError):
        task_reassign(task=task, to=rep, by=lead)

    told = Notification.objects.filter(kind="task.received").values_list("member", flat=True)
    assert sorted(told) == sorted([rep.pk, other.pk, rep.pk])


def names(rows: Any) -> set[str]:
    return set(rows.values_list("title", flat=True))


def test_who_sees_and_who_changes(lead: Member, rep: Member, team: Team) -> None:
    peer, outsider = make_member(team=team), make_member(team=make_team())
    director, analyst = make_member(AccessRole.DIRECTOR), make_member(AccessRole.ANALYST)
    added(rep, title="own")
    added(rep, lead, title="given", customer=make_customer(owner=rep))
    added(lead, title="lead's", customer=make_customer(owner=rep))
    added(outsider, title="outside")
    everything = {"own", "given", "lead's", "outside"}

    seen = {
        who: names(Task.objects.visible_to(who)) for who in (rep, lead, peer, director, analyst)
    }
    changed = {who: names(Task.objects.editable_by(who)) for who in seen}

    # The lead's is seen by the rep through the customer, and only read.
    assert seen[rep] == {"own", "given", "lead's"}
    assert changed[rep] == {"own", "given"}
    assert seen[lead] == changed[lead] == everything - {"outside"}
    assert seen[peer] == changed[peer] == set()
    assert seen[director] == changed[director] == seen[analyst] == everything
    assert changed[analyst] == set()
    with pytest.raises(NotPermitted):
        task_drop(task=Task.objects.get(title="lead's"), by=rep)


def test_whoever_gave_a_task_keeps_sight_of_it(lead: Member, rep: Member) -> None:
    task = added(rep, lead)
    rep.memberships.update(team=make_team())

    assert Task.objects.editable_by(lead).get() == task


def leaving_plan(how: Any, *members: Member) -> Plan:
    receivers = Receivers(how, tuple(one.pk for one in members))
    return Plan(customers=receivers, opportunities=Receivers("follow"))


@pytest.mark.parametrize("how", ["person", "pool"])
def test_tasks_of_a_leaver_go_with_the_customer_or_to_the_manager(
    how: str, rep: Member, lead: Member, team: Team
) -> None:
    admin, other = make_member(AccessRole.ADMIN), make_member(team=team)
    added(rep, title="with", customer=make_customer(owner=rep))
    added(rep, title="without")
    plan = leaving_plan(how, *([other] if how == "person" else []))
    over = HandOver(
        member=rep, plan=plan, people={other.pk: other}, by=admin, reason="", at=noon(today())
    )
    (holding,) = (one for one in HOLDINGS if one.name == "tasks")
    shares = [(one.to, one.count) for one in holding.shares(over)]

    member_leave(member=rep, plan=plan, last_on=today(), reason="", by=admin)

    to = other if how == "person" else lead
    assert holding.count(rep) == 0
    assert shares == [(to, 2)]
    assert set(Task.objects.values_list("assignee", "state")) == {(to.pk, "open")}
