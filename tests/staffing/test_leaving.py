"""Leaving: everything that is open goes to somebody, nothing is left, the past stays."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry
from apps.customers.models import Customer, CustomerOwnerChange, HoldingLimits
from apps.funnel.models import Opportunity, OwnerChange
from apps.members.models import AccessRole, ApiToken, Member, Position, PositionHolding, StandIn
from apps.members.people import LastAdministrator
from apps.members.signing_in.tokens import token_create
from apps.metrics import selectors
from apps.metrics.scopes import scope_of_member
from apps.overnight import services as overnight
from apps.overnight.models import RunKind
from apps.staffing import holdings, leaving
from apps.staffing.holdings import ReceiverMissing
from apps.staffing.leaving import (
    AlreadyLeaving,
    StillHolds,
    UnfitReceiver,
    departure_cancel,
    departure_of,
    member_leave,
)
from apps.staffing.leaving_plan import Plan, Receivers, spread
from apps.staffing.models import Departure, DepartureState
from tests.factories import (
    make_customer,
    make_departure,
    make_member,
    make_opportunity,
    make_order,
    make_team,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 16)
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
EARLIER = date(2026, 2, 2)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


class Firm:
    """A rep with four customers, an open opportunity at two of them, and one without customer."""

    def __init__(self) -> None:
        self.admin = make_member(AccessRole.ADMIN, name="Admin")
        self.lead = make_member(AccessRole.MANAGER, name="Lead")
        self.team = make_team(lead=self.lead)
        self.rep = make_member(team=self.team, name="Leaver", email="leaver@example.com")
        self.one = make_member(team=self.team, name="First")
        self.two = make_member(team=make_team(parent=self.team), name="Second")
        self.customers = [make_customer(owner=self.rep) for _ in range(5)]
        self.open = [
            make_opportunity(("C", EARLIER), owner=self.rep, customer=customer, value=Decimal(100))
            for customer in self.customers[:2]
        ]
        self.loose = make_opportunity(("B", EARLIER), owner=self.rep, value=Decimal(7))
        self.won = make_opportunity(("C", EARLIER), ("won", EARLIER), owner=self.rep)

    def plan(
        self,
        customers: tuple[Any, ...] = ("person",),
        opportunities: tuple[Any, ...] = ("follow",),
        **leads: Any,
    ) -> Plan:
        """Receivers as (how, member, …); one of them alone means `one`."""

        def receivers(how: Any, *members: Member) -> Receivers:
            given = members or ((self.one,) if how != "pool" else ())
            return Receivers(how, tuple(member.pk for member in given))

        return Plan(receivers(*customers), receivers(*opportunities), leads.get("leads", {}))

    def leave(self, plan: Plan | None = None, on: date = TODAY, **kw: Any) -> Departure:
        return member_leave(
            member=kw.get("member", self.rep),
            last_on=on,
            plan=plan or self.plan(),
            reason="moves to Rome",
            by=kw.get("by", self.admin),
        )

    def owners(self) -> list[str]:
        rows = Customer.objects.order_by("pk").values_list("owner__name", flat=True)
        return [name or "pool" for name in rows]

    def is_untouched(self) -> bool:
        self.rep.refresh_from_db()
        return (
            self.rep.is_active
            and self.owners() == ["Leaver"] * 5
            and not OwnerChange.objects.exists()
            and not CustomerOwnerChange.objects.exists()
            and not Departure.objects.exists()
        )


@pytest.fixture
def firm() -> Firm:
    return Firm()


def night(on: date) -> None:
    """The run in the small hours of the day."""
    with time_machine.travel(datetime(on.year, on.month, on.day, 2, tzinfo=UTC), tick=False):
        day_before = on - timedelta(days=1)
        overnight.run_finish(
            run=overnight.run_begin(kind=RunKind.NIGHTLY, through_on=day_before, by=None)
        )


# Refused


def test_only_administrators_let_people_go_and_never_themselves(firm: Firm) -> None:
    make_member(AccessRole.ADMIN)
    for by in (firm.lead, firm.one, make_member(AccessRole.HR), make_member(AccessRole.DIRECTOR)):
        with pytest.raises(NotPermitted):
            firm.leave(by=by)
    with pytest.raises(NotPermitted):
        firm.leave(member=firm.admin)

    assert firm.is_untouched()


def test_the_last_administrator_stays(firm: Firm) -> None:
    second = make_member(AccessRole.ADMIN)
    Member.objects.filter(pk=firm.admin.pk).update(is_active=False)

    with pytest.raises(LastAdministrator):
        member_leave(member=second, last_on=TODAY, plan=firm.plan(), reason="", by=firm.admin)

    second.refresh_from_db()
    assert second.is_active


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=400)])
def test_a_day_that_is_over_or_too_far_off_is_refused(firm: Firm, day: date) -> None:
    with pytest.raises(DomainError):
        firm.leave(on=day)

    assert firm.is_untouched()


def test_receivers_who_cannot_take_over_are_refused(firm: Firm) -> None:
    gone, analyst = make_member(team=firm.team), make_member(AccessRole.ANALYST, team=firm.team)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    leaving_too = make_member(team=firm.team)
    planned = make_departure(leaving_too, to=firm.one)

    for receiver in (gone, analyst, leaving_too, firm.rep):
        with pytest.raises(UnfitReceiver):
            firm.leave(firm.plan(("person", receiver)))
    with pytest.raises(UnfitReceiver, match="no team"):
        firm.leave(firm.plan(opportunities=("person", make_member())))

    planned.delete()
    assert firm.is_untouched()


def test_somebody_has_to_take_what_no_customer_tells(firm: Firm) -> None:
    nobody = Plan(Receivers("pool"), Receivers("follow"))

    with pytest.raises(ReceiverMissing, match="3 open opportunities"):
        firm.leave(nobody)

    assert firm.is_untouched()


def test_who_is_to_take_over_from_somebody_else_does_not_leave_before(firm: Firm) -> None:
    make_departure(firm.one, to=firm.rep)

    with pytest.raises(AlreadyLeaving, match="First"):
        firm.leave(firm.plan(("person", firm.two), ("person", firm.two)))


def test_a_lead_is_needed_for_every_team_and_must_be_able_to_lead(firm: Firm) -> None:
    led = make_team(parent=firm.team, lead=firm.lead)
    plan = firm.plan()
    with pytest.raises(ReceiverMissing):
        firm.leave(plan, member=firm.lead)
    leads = {firm.team.pk: firm.one.pk, led.pk: firm.one.pk}
    with pytest.raises(DomainError, match="would not see the team"):
        firm.leave(Plan(plan.customers, plan.opportunities, leads), member=firm.lead)

    other = make_member(AccessRole.MANAGER)
    leads = {firm.team.pk: other.pk, led.pk: other.pk}
    firm.leave(Plan(plan.customers, plan.opportunities, leads), member=firm.lead)

    led.refresh_from_db()
    firm.team.refresh_from_db()
    assert (led.lead, firm.team.lead) == (other, other)


def test_what_would_be_left_without_anybody_undoes_everything(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kind of record whose hand-over forgets some: the look at the end finds it."""
    forgetful = holdings.Holding(
        name="notes", label="Notes", count=lambda _member: 2,
        shares=lambda _over: [], hand_over=lambda _over: None,
    )  # fmt: skip
    monkeypatch.setattr(leaving, "HOLDINGS", (*holdings.HOLDINGS, forgetful))

    with pytest.raises(StillHolds, match="Notes: 2"):
        firm.leave()

    assert firm.is_untouched()


# Done


def test_everything_to_one_person_today(firm: Firm) -> None:
    token_create(name="script", by=firm.rep)
    away = StandIn.objects.create(
        absent=firm.lead, stand_in=firm.rep, starts_on=TODAY, ends_on=TODAY + timedelta(days=9)
    )
    position = Position.objects.create(code="seller", names={"en": "Seller"})
    held = PositionHolding.objects.create(member=firm.rep, position=position, starts_on=EARLIER)

    departure = firm.leave()

    assert departure.state == DepartureState.DONE
    firm.rep.refresh_from_db()
    assert (firm.rep.is_active, firm.rep.left_on) == (False, TODAY + timedelta(days=1))
    assert firm.owners() == ["First"] * 5
    assert set(Opportunity.objects.filter(state="open").values_list("owner", "team")) == {
        (firm.one.pk, firm.team.pk)
    }
    firm.won.refresh_from_db()
    assert firm.won.owner == firm.rep
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    away.refresh_from_db()
    held.refresh_from_db()
    assert away.cancelled_at is not None
    assert held.ends_on == TODAY + timedelta(days=1)
    assert firm.rep.memberships.get().ends_on == TODAY + timedelta(days=1)
    kinds = set(CustomerOwnerChange.objects.values_list("kind", "reason", "by"))
    assert kinds == {("leaving", "moves to Rome", firm.admin.pk)}
    shares = {(s["holding"], s["to"], s["count"], s["value"]) for s in departure.shares}
    assert shares == {
        ("customers", firm.one.pk, 5, None),
        ("opportunities", firm.one.pk, 3, "207.00"),
        ("stand_ins", None, 1, None),
        ("tokens", None, 1, None),
    }
    assert AuditEntry.objects.filter(action="member.leave", object_id=firm.rep.pk).count() == 1


def test_yesterday_still_shows_who_held_it(firm: Firm) -> None:
    firm.leave()

    yesterday = TODAY - timedelta(days=1)
    rows = {
        name: [sum(r.count for r in selectors.funnel(scope_of_member(member), on)) for on in (yesterday, TODAY)]
        for name, member in (("leaver", firm.rep), ("receiver", firm.one))
    }  # fmt: skip
    assert rows == {"leaver": [3, 0], "receiver": [0, 3]}


def test_spread_evenly_the_first_get_more_and_opportunities_follow_their_customers(
    firm: Firm,
) -> None:
    firm.leave(firm.plan(("spread", firm.one, firm.two), ("follow", firm.two)))

    assert firm.owners() == ["First", "Second", "First", "Second", "First"]
    followed = Opportunity.objects.filter(state="open").order_by("pk")
    assert [o.owner.name for o in followed] == ["First", "Second", "Second"]
    assert followed[1].team == firm.two.memberships.get().team


def test_to_the_pool_and_opportunities_to_one_person(firm: Firm) -> None:
    firm.leave(firm.plan(("pool",), ("person", firm.two)))

    assert firm.owners() == ["pool"] * 5
    assert {o.owner for o in Opportunity.objects.filter(state="open")} == {firm.two}


def test_an_opportunity_at_another_owners_customer_goes_to_that_owner(firm: Firm) -> None:
    theirs = make_customer(owner=firm.two)
    shared = make_opportunity(("E", EARLIER), owner=firm.rep, customer=theirs)

    firm.leave()

    shared.refresh_from_db()
    assert shared.owner == firm.two


def test_a_second_click_answers_with_the_same_departure(firm: Firm) -> None:
    first = firm.leave()

    assert firm.leave() == first
    assert Departure.objects.count() == 1
    assert CustomerOwnerChange.objects.count() == 5
    with pytest.raises(AlreadyLeaving):
        firm.leave(firm.plan(("pool",), ("person", firm.two)))


def test_spread_deals_rows_out_like_cards() -> None:
    assert spread([1, 2, 3, 4, 5], ["a", "b"]) == {1: "a", 2: "b", 3: "a", 4: "b", 5: "a"}
    assert spread([], ["a"]) == {}
    plan = Plan(Receivers("spread", (3, 4)), Receivers("follow", ()), {7: 3})
    assert Plan.from_json(plan.as_json()) == plan
    assert plan.people == {3, 4}


# Later


def test_a_later_last_day_waits_for_the_night_after_it(firm: Firm) -> None:
    last = TODAY + timedelta(days=2)

    departure = firm.leave(on=last)
    assert departure.state == DepartureState.PLANNED
    night(last)
    assert firm.owners() == ["Leaver"] * 5
    added = make_customer(owner=firm.rep)

    night(last + timedelta(days=1))
    night(last + timedelta(days=1))

    departure.refresh_from_db()
    firm.rep.refresh_from_db()
    added.refresh_from_db()
    assert departure.state == DepartureState.DONE
    assert (firm.rep.is_active, firm.rep.left_on) == (False, last + timedelta(days=1))
    assert added.owner == firm.one
    assert set(OwnerChange.objects.values_list("on", "by")) == {
        (last + timedelta(days=1), firm.admin.pk)
    }


def test_a_planned_departure_can_be_cancelled_until_then(firm: Firm) -> None:
    departure = firm.leave(on=TODAY + timedelta(days=2))

    with pytest.raises(AlreadyLeaving):
        firm.leave(on=TODAY + timedelta(days=3))
    with pytest.raises(NotPermitted):
        departure_cancel(departure=departure, by=firm.lead)
    departure_cancel(departure=departure, by=firm.admin)
    with pytest.raises(DomainError):
        departure_cancel(departure=departure, by=firm.admin)

    night(TODAY + timedelta(days=3))
    firm.rep.refresh_from_db()
    assert firm.rep.is_active
    assert departure_of(firm.rep) is None


def test_a_night_that_cannot_hand_over_says_why_and_goes_on_with_the_others(firm: Firm) -> None:
    last = TODAY + timedelta(days=1)
    stuck, other = (
        firm.leave(on=last),
        make_departure(firm.two, to=make_member(team=firm.team), last_on=last),
    )
    Member.objects.filter(pk=firm.one.pk).update(is_active=False)

    night(last + timedelta(days=1))

    stuck.refresh_from_db()
    other.refresh_from_db()
    firm.rep.refresh_from_db()
    assert (stuck.state, other.state) == (DepartureState.PLANNED, DepartureState.DONE)
    assert "First" in stuck.problem
    assert firm.rep.is_active


# The pages


def posted(firm: Firm, **more: Any) -> dict[str, Any]:
    return {
        "last_on": TODAY.isoformat(),
        "reason": "moves to Rome",
        "customers_how": "spread",
        "opportunities_how": "follow",
        "opportunities_to": firm.one.pk,
        "among": [firm.one.pk, firm.two.pk],
        **more,
    }


def test_the_check_shows_what_goes_where_and_changes_nothing(client: Client, firm: Firm) -> None:
    client.force_login(firm.admin)
    address = reverse("member_leave", args=[firm.rep.pk])

    html = client.post(address, posted(firm, check=1)).content.decode()

    assert firm.is_untouched()
    assert "is this right?" in html
    numbers = [cell.split("<")[0].strip() for cell in html.split('data-label="Number">')[1:]]
    # Opportunities and customers of two receivers each, no next step and no task.
    assert numbers == ["2", "1", "3", "2", "0", "0"]


def test_done_by_the_page_the_leaver_is_signed_out_and_the_record_says_what_went_where(
    client: Client, firm: Firm
) -> None:
    theirs = Client()
    theirs.force_login(firm.rep)
    theirs.get(reverse("profile"))
    assert UserSession.objects.filter(user=firm.rep).exists()
    client.force_login(firm.admin)
    address = reverse("member_leave", args=[firm.rep.pk])

    done = client.post(address, posted(firm, confirm=1), follow=True)
    again = client.post(address, posted(firm, confirm=1))

    assert done.redirect_chain == [(address, 302)]
    html = done.content.decode()
    assert "Leaver has left" in html
    assert "First" in html
    assert "Second" in html
    assert again.status_code == 200
    assert Departure.objects.count() == 1
    assert theirs.get(reverse("profile")).status_code == 302
    assert theirs.login(email="leaver@example.com", password="correct horse battery") is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_on": "2026-03-15"},
        {"customers_how": "person"},
        {"among": []},
        {"among": ["999999"]},
        {"customers_how": "burn"},
        {"opportunities_to": "999999"},
    ],
)
def test_what_is_missing_or_wrong_comes_back_with_422(
    client: Client, firm: Firm, wrong: dict[str, Any]
) -> None:
    client.force_login(firm.admin)

    response = client.post(
        reverse("member_leave", args=[firm.rep.pk]), posted(firm, **{"confirm": 1, **wrong})
    )

    assert response.status_code == 422
    assert firm.is_untouched()


def test_back_from_the_check_everything_chosen_is_there(client: Client, firm: Firm) -> None:
    client.force_login(firm.admin)

    response = client.post(reverse("member_leave", args=[firm.rep.pk]), posted(firm, back=1))

    html = response.content.decode()
    assert response.status_code == 200
    assert 'value="moves to Rome"' in html
    assert f'value="{firm.two.pk}" id="id_among_' in html
    assert 'value="First"' in html


def test_planned_and_cancelled_by_the_page(client: Client, firm: Firm) -> None:
    client.force_login(firm.admin)
    address = reverse("member_leave", args=[firm.rep.pk])

    client.post(address, posted(firm, confirm=1, last_on="2026-03-20"))
    planned = client.get(address).content.decode()
    client.post(reverse("member_leave_cancel", args=[firm.rep.pk]))

    assert "Cancel the leaving" in planned
    assert Departure.objects.get().state == DepartureState.CANCELLED
    assert client.get(address).status_code == 200


def test_hr_reads_that_somebody_left_without_numbers_of_customers(
    client: Client, firm: Firm
) -> None:
    make_order(member=firm.rep, value=5, on=EARLIER)
    firm.leave()
    client.force_login(make_member(AccessRole.HR))

    page = client.get(reverse("member_leave", args=[firm.rep.pk])).content.decode()
    panel = client.get(reverse("member_departure", args=[firm.rep.pk])).content.decode()

    for html in (page, panel):
        assert "moves to Rome" in html
        assert "207" not in html
        assert ">5<" not in html


# Receivers with limits


def test_what_a_full_successor_cannot_take_goes_to_the_pool_and_the_plan_says_so(
    firm: Firm,
) -> None:
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=3)
    why = "First holds 0 of 3 prospects: 3 more are possible."

    found = leaving.preview(member=firm.rep, last_on=TODAY, plan=firm.plan(), by=firm.admin)
    shares = {holding.name: holding_shares for holding, holding_shares in found}
    assert [(s.to, s.count, s.note) for s in shares["customers"]] == [
        (firm.one, 3, ""),
        (None, 2, why),
    ]
    departure = firm.leave()

    assert departure.state == DepartureState.DONE
    assert firm.owners() == ["First"] * 3 + ["pool"] * 2
    reasons = CustomerOwnerChange.objects.filter(to_owner=None).values_list("kind", "reason")
    assert list(reasons) == [("leaving", f"moves to Rome · {why}")] * 2
    # The opportunities go to whom the plan names, also those of customers in the pool.
    assert {o.owner for o in Opportunity.objects.filter(state="open")} == {firm.one}
    told = {
        (s["to"], s["count"], s["note"]) for s in departure.shares if s["holding"] == "customers"
    }
    assert told == {(firm.one.pk, 3, ""), (None, 2, why)}


def test_the_page_says_before_what_goes_to_the_pool_and_why(firm: Firm, client: Client) -> None:
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=3)
    client.force_login(firm.admin)
    answers = {
        "last_on": TODAY.isoformat(), "reason": "moves to Rome", "customers_how": "person",
        "customers_to": str(firm.one.pk), "opportunities_how": "follow",
        "opportunities_to": str(firm.one.pk), "check": "1",
    }  # fmt: skip

    html = client.post(reverse("member_leave", args=[firm.rep.pk]), answers).content.decode()

    assert "First holds 0 of 3 prospects: 3 more are possible." in html


def test_a_successor_who_fills_up_until_the_night_holds_up_no_departure(firm: Firm) -> None:
    last = TODAY + timedelta(days=2)
    firm.leave(on=last)
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=1)

    night(last + timedelta(days=1))

    firm.rep.refresh_from_db()
    assert not firm.rep.is_active
    assert firm.owners() == ["First"] + ["pool"] * 4


def test_deleted_customers_are_nobodys_to_hand_over(firm: Firm) -> None:
    gone = make_customer(owner=firm.rep, deleted_at=NOON)

    firm.leave()

    gone.refresh_from_db()
    assert gone.owner == firm.rep
