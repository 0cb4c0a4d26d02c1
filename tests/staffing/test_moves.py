"""Moving a member: open work comes along on the day, the past stays with the team of then."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.funnel.models import Opportunity, OwnerChange, OwnerChangeKind
from apps.funnel.services import opportunities_assign
from apps.members.models import AccessRole, Member, Team
from apps.members.services import membership_start
from apps.metrics import selectors
from apps.metrics.scopes import scope_of_team
from apps.overnight import services as overnight
from apps.overnight.models import RunKind
from apps.staffing.moves import (
    MovePlanned,
    PastIsStamped,
    member_move,
    move_cancel,
    moves_take_effect,
    planned_move,
)
from tests.factories import make_member, make_opportunity, make_order, make_team, noon

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 16)
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def firm() -> "Firm":
    return Firm()


class Firm:
    """Two teams of different leads under one company, and a rep of the first."""

    def __init__(self) -> None:
        self.lead = make_member(AccessRole.MANAGER)
        self.other_lead = make_member(AccessRole.MANAGER)
        self.division = make_team(lead=self.lead)
        self.west = make_team(parent=self.division, name="West")
        self.east = make_team(parent=self.division, name="East")
        self.south = make_team(lead=self.other_lead, name="South")
        self.rep = make_member(team=self.west)

    def move(self, to: Team, on: date = TODAY, by: Member | None = None) -> Any:
        return member_move(member=self.rep, to=to, on=on, reason="more of the same", by=by)

    def teams(self) -> list[tuple[str, date, date | None]]:
        rows = self.rep.memberships.order_by("starts_on")
        return list(rows.values_list("team__name", "starts_on", "ends_on"))


def stock(team: Team, on: date) -> int:
    return sum(row.count for row in selectors.funnel(scope_of_team(team), on))


def night(on: date) -> None:
    """The run in the small hours of the day."""
    with time_machine.travel(datetime(on.year, on.month, on.day, 2, tzinfo=UTC), tick=False):
        run = overnight.run_begin(kind=RunKind.NIGHTLY, through_on=on - timedelta(days=1), by=None)
        overnight.run_finish(run=run)


# Refused


def test_only_who_decides_on_the_member_moves_them(firm: Firm) -> None:
    for outsider in (firm.other_lead, firm.rep, make_member(AccessRole.ANALYST)):
        with pytest.raises(NotPermitted):
            firm.move(firm.east, by=outsider)

    assert firm.rep.memberships.get().team == firm.west


def test_a_lead_moves_within_their_own_teams_only(firm: Firm) -> None:
    with pytest.raises(NotPermitted):
        firm.move(firm.south, by=firm.lead)

    assert firm.rep.memberships.get().team == firm.west
    firm.move(firm.east, by=firm.lead)
    assert firm.rep.memberships.get(ends_on=None).team == firm.east


def test_a_lead_does_not_move_themselves(firm: Firm) -> None:
    membership_start(member=firm.lead, team=firm.division, starts_on=date(2020, 1, 1), by=None)

    with pytest.raises(NotPermitted):
        member_move(member=firm.lead, to=firm.east, on=TODAY, reason="", by=firm.lead)


def test_the_same_team_a_closed_one_and_a_day_too_far_off_are_refused(firm: Firm) -> None:
    Team.objects.filter(pk=firm.south.pk).update(closed_on=TODAY)

    for to, on in (
        (firm.west, TODAY),
        (firm.south, TODAY),
        (firm.east, TODAY + timedelta(days=400)),
    ):
        with pytest.raises(DomainError):
            firm.move(to, on)

    assert firm.rep.memberships.count() == 1


def test_whoever_has_left_is_not_moved(firm: Firm) -> None:
    Member.objects.filter(pk=firm.rep.pk).update(is_active=False)

    with pytest.raises(DomainError, match="has left"):
        firm.move(firm.east)


@pytest.mark.parametrize("what", ["order", "level", "hands"])
def test_a_past_day_with_work_recorded_since_is_refused_and_says_the_day(
    firm: Firm, what: str
) -> None:
    stamped = TODAY - timedelta(days=3)
    if what == "order":
        make_order(member=firm.rep, value=10, on=stamped)
    elif what == "level":
        make_opportunity(("E", stamped), owner=firm.rep)
    else:
        one = make_opportunity(("E", date(2026, 1, 5)), owner=make_member(team=firm.south))
        kind = OwnerChangeKind.ASSIGN
        opportunities_assign(
            opportunities=[one.pk], to=firm.rep, reason="", kind=kind, by=None, at=noon(stamped)
        )

    with pytest.raises(PastIsStamped, match="Mar"):
        firm.move(firm.east, TODAY - timedelta(days=5))

    assert firm.rep.memberships.get().team == firm.west
    firm.move(firm.east, TODAY - timedelta(days=2))
    assert firm.teams()[1][:2] == ("East", TODAY - timedelta(days=2))


def test_before_the_running_membership_is_history(firm: Firm) -> None:
    firm.move(firm.east, TODAY - timedelta(days=2))

    with pytest.raises(PastIsStamped):
        firm.move(firm.south, TODAY - timedelta(days=3))


# Done


def test_moved_today_open_opportunities_come_along_at_once_and_yesterday_stays(firm: Firm) -> None:
    open_one = make_opportunity(("E", date(2026, 1, 5)), ("C", date(2026, 2, 2)), owner=firm.rep)
    won = make_opportunity(("C", date(2026, 1, 5)), ("won", date(2026, 2, 2)), owner=firm.rep)

    moved = firm.move(firm.east, by=firm.lead)

    assert moved.followed == 1
    open_one.refresh_from_db()
    won.refresh_from_db()
    assert (open_one.team, open_one.owner) == (firm.east, firm.rep)
    assert won.team == firm.west
    yesterday = TODAY - timedelta(days=1)
    assert [stock(firm.west, on) for on in (yesterday, TODAY)] == [1, 0]
    assert [stock(firm.east, on) for on in (yesterday, TODAY)] == [0, 1]
    entry = AuditEntry.objects.get(action="member.move")
    assert (entry.by, entry.details["reason"]) == (firm.lead, "more of the same")


def test_a_correction_of_the_first_day_changes_the_membership_itself(firm: Firm) -> None:
    start = TODAY - timedelta(days=4)
    firm.move(firm.east, start)

    firm.move(firm.south, start)

    assert firm.teams()[1:] == [("South", start, None)]


def test_a_planned_move_waits_for_the_night_to_its_day_and_a_second_night_does_nothing(
    firm: Firm,
) -> None:
    one = make_opportunity(("C", date(2026, 2, 2)), owner=firm.rep)
    in_two_days = TODAY + timedelta(days=2)

    assert firm.move(firm.east, in_two_days).followed is None
    night(TODAY + timedelta(days=1))
    one.refresh_from_db()
    assert one.team == firm.west

    night(in_two_days)
    night(in_two_days)

    one.refresh_from_db()
    assert (one.team, one.held_since_on) == (firm.east, in_two_days)
    assert OwnerChange.objects.get().kind == "move"


def test_one_planned_move_at_a_time_which_can_be_taken_back(firm: Firm) -> None:
    firm.move(firm.east, TODAY + timedelta(days=7))

    with pytest.raises(MovePlanned):
        firm.move(firm.south, TODAY + timedelta(days=2))
    planned = planned_move(firm.rep)
    assert planned is not None
    with pytest.raises(NotPermitted):
        move_cancel(membership=planned, by=firm.other_lead)
    move_cancel(membership=planned, by=firm.lead)

    assert [row[::2] for row in firm.teams()] == [("West", None)]
    with time_machine.travel(NOON + timedelta(days=8)):
        assert moves_take_effect() == 0


def test_a_move_that_has_begun_is_not_taken_back(firm: Firm) -> None:
    moved = firm.move(firm.east)

    with pytest.raises(DomainError):
        move_cancel(membership=moved.membership, by=firm.lead)

    assert firm.rep.memberships.get(ends_on=None).team == firm.east


def test_the_night_heals_an_opportunity_in_a_team_that_is_not_its_owners(firm: Firm) -> None:
    one = make_opportunity(("C", date(2026, 2, 2)), owner=firm.rep)
    stray = make_opportunity(("C", date(2026, 2, 2)), owner=firm.rep)
    Opportunity.objects.filter(pk=stray.pk).update(team=firm.south)

    assert [moves_take_effect(), moves_take_effect()] == [1, 0]

    assert OwnerChange.objects.get().opportunity == stray
    one.refresh_from_db()
    assert one.team == firm.west


# The page


def test_the_page_says_what_comes_along_to_who_reads_customers(firm: Firm) -> None:
    make_opportunity(("C", date(2026, 2, 2)), owner=firm.rep, value=Decimal(1234))
    address = reverse("member_move", args=[firm.rep.pk])

    def read_by(person: Member) -> str:
        client = Client()
        client.force_login(person)
        return client.get(address).content.decode()

    lead_reads, hr_reads = read_by(firm.lead), read_by(make_member(AccessRole.HR))

    assert "1,234" in lead_reads
    assert "The past stays" in lead_reads
    assert "1,234" not in hr_reads
    assert "Open opportunities" not in hr_reads


def test_a_move_by_the_page_and_a_refused_one(client: Client, firm: Firm) -> None:
    make_opportunity(("C", TODAY - timedelta(days=1)), owner=firm.rep)
    address = reverse("member_move", args=[firm.rep.pk])
    client.force_login(firm.lead)

    for given in (
        {"to": firm.south.slug, "on": TODAY.isoformat()},
        {"to": firm.east.slug, "on": (TODAY - timedelta(days=9)).isoformat()},
        {"to": "", "on": ""},
    ):
        refused = client.post(address, given)
        assert refused.status_code == 422, given
        assert firm.rep.memberships.get().team == firm.west

    done = client.post(address, {"to": firm.east.slug, "on": TODAY.isoformat()}, follow=True)

    assert done.redirect_chain == [(reverse("member", args=[firm.rep.pk]), 302)]
    assert "belongs to East now. 1 open opportunity came along." in done.content.decode()
    assert Organisation.current().today() == TODAY
