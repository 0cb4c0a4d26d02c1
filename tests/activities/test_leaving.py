"""Whoever leaves hands their next steps over with the customers."""

from typing import Any

import pytest

from apps.activities.models import FollowUp
from apps.activities.services import follow_up_plan
from apps.core.models import Organisation
from apps.members.models import AccessRole, Member
from apps.staffing.holdings import HOLDINGS, HandOver
from apps.staffing.leaving import member_leave
from apps.staffing.leaving_plan import Plan, Receivers
from tests.factories import make_customer, make_member, make_team, noon

pytestmark = pytest.mark.django_db


def planned(owner: Member) -> FollowUp:
    return follow_up_plan(
        customer=make_customer(owner=owner),
        due_on=Organisation.current().today(),
        channel="call",
        purpose="Ask",
        by=owner,
    )


def plan(how: Any, *members: Member) -> Plan:
    receivers = Receivers(how, tuple(one.pk for one in members))
    people = Receivers("person", tuple(one.pk for one in members))
    return Plan(customers=receivers, opportunities=people)


def test_preview_says_who_gets_the_next_steps() -> None:
    team = make_team()
    rep, other = make_member(team=team), make_member(team=team)
    planned(rep)
    planned(rep)
    (holding,) = (one for one in HOLDINGS if one.name == "follow_ups")
    over = HandOver(
        member=rep,
        plan=plan("person", other),
        people={other.pk: other},
        by=None,
        reason="",
        at=noon(Organisation.current().today()),
    )

    assert holding.count(rep) == 2
    assert [(one.to, one.count) for one in holding.shares(over)] == [(other, 2)]


@pytest.mark.parametrize("how", ["person", "pool"])
def test_next_steps_go_along_with_the_customers(how: str) -> None:
    team, admin = make_team(), make_member(AccessRole.ADMIN)
    rep, other = make_member(team=team), make_member(team=team)
    step = planned(rep)

    member_leave(
        member=rep,
        plan=plan(how, other),
        last_on=Organisation.current().today(),
        reason="",
        by=admin,
    )

    step.refresh_from_db()
    if how == "person":
        assert (step.owner, step.done_at) == (other, None)
    else:
        assert step.done_at is not None
        assert step.done_by is None
