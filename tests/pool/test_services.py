"""Claiming, releasing, handing over: what changes, what goes along, who is told, who may."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from apps.activities.models import FollowUp
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.holding import AlreadyHeld, CoolingDown, ProspectsFull
from apps.customers.models import (
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    HoldingLimits,
)
from apps.customers.services import CannotReceive, customers_assign
from apps.members.models import AccessRole, Member, Notification
from apps.pool.models import PoolRule, PoolSettings
from apps.pool.services import (
    ReasonMissing,
    customer_claim,
    customer_release,
    customers_hand_over,
    pool_settings_save,
)
from tests.factories import make_customer, make_member, make_opportunity, make_team
from tests.query_counts import counted

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
EARLIER = date(2026, 2, 2)
KINDS = CustomerOwnerChangeKind


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


class Firm:
    def __init__(self) -> None:
        self.lead = make_member(AccessRole.MANAGER, name="Lead")
        self.team = make_team(lead=self.lead)
        self.mei = make_member(team=self.team, name="Mei Lin")
        self.ben = make_member(team=self.team, name="Ben Ode")
        self.stranger = make_member(team=make_team(), name="Stranger")
        HoldingLimits.current()


@pytest.fixture
def firm() -> Firm:
    return Firm()


def follow_up(customer: Customer, owner: Member) -> FollowUp:
    return FollowUp.objects.create(
        customer=customer, owner=owner, due_on=TODAY, channel="phone", purpose="Price"
    )


def told(member: Member) -> list[tuple[str, dict[str, object]]]:
    rows = Notification.objects.filter(member=member).order_by("pk")
    return [(row.kind, row.details) for row in rows]


def owner_of(customer: Customer) -> Member | None:
    customer.refresh_from_db()
    return customer.owner


# Refused


def test_whoever_comes_second_hears_who_has_it(firm: Firm) -> None:
    customer = make_customer()
    customer_claim(customer=customer, by=firm.mei)

    with pytest.raises(AlreadyHeld, match=r"Mei Lin has it now\."):
        customer_claim(customer=customer, by=firm.stranger)

    assert owner_of(customer) == firm.mei
    assert CustomerOwnerChange.objects.count() == 1


def test_a_customer_of_others_that_was_not_in_the_pool_lately_does_not_exist(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    with pytest.raises(NotPermitted, match="no such customer"):
        customer_claim(customer=customer, by=firm.stranger)

    pooled = make_customer()
    customer_claim(customer=pooled, by=firm.mei)
    with time_machine.travel(NOW + timedelta(days=2)), pytest.raises(NotPermitted):
        customer_claim(customer=pooled, by=firm.stranger)


def test_a_role_that_owns_no_customers_claims_none(firm: Firm) -> None:
    customer = make_customer()

    with pytest.raises((NotPermitted, CannotReceive)):
        customer_claim(customer=customer, by=make_member(AccessRole.ANALYST))

    assert owner_of(customer) is None


def test_a_claim_keeps_the_limits(firm: Firm) -> None:
    HoldingLimits.objects.update(held_prospects=0)
    customer = make_customer()

    with pytest.raises(ProspectsFull):
        customer_claim(customer=customer, by=firm.mei)

    assert owner_of(customer) is None


def test_what_one_released_is_not_claimed_back_at_once(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    customer_release(customer=customer, reason="No budget", by=firm.mei)

    with pytest.raises(CoolingDown):
        customer_claim(customer=customer, by=firm.mei)

    assert owner_of(customer) is None


def test_a_release_has_a_reason_and_is_for_owner_and_leads(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    with pytest.raises(ReasonMissing):
        customer_release(customer=customer, reason="  ", by=firm.mei)
    for by in (firm.ben, firm.stranger):
        with pytest.raises(NotPermitted):
            customer_release(customer=customer, reason="x", by=by)

    assert owner_of(customer) == firm.mei
    assert not CustomerOwnerChange.objects.exists()


def test_each_customer_that_is_not_handed_over_says_why(firm: Firm) -> None:
    HoldingLimits.objects.update(held_prospects=1)
    first, second = (make_customer(owner=firm.mei) for _ in range(2))
    foreign = make_customer(owner=firm.stranger)
    ids = (first.pk, second.pk, foreign.pk)

    done = customers_hand_over(
        owners=dict.fromkeys(ids, firm.ben), reason="x", kind=KINDS.ASSIGN, by=firm.lead
    )

    assert done.changed == [first.pk]
    assert done.refused == {
        second.pk: "Ben Ode holds 0 of 1 prospects: 1 more is possible.",
        foreign.pk: "Only the owner and those who lead them may do this.",
    }


def test_who_belongs_to_no_team_gets_no_customer_with_open_opportunities(firm: Firm) -> None:
    homeless = make_member(name="Homeless")
    with_one, without = make_customer(owner=firm.mei), make_customer(owner=firm.mei)
    make_opportunity(("C", EARLIER), owner=firm.mei, customer=with_one)

    def give(**more: bool) -> list[int]:
        owners = {with_one.pk: homeless, without.pk: homeless}
        return customers_hand_over(
            owners=owners, reason="x", kind=KINDS.ASSIGN, by=None, **more
        ).changed

    assert give() == [without.pk]
    assert give(takes_opportunities=False) == [with_one.pk]


# Done


def test_a_claim_is_recorded_and_its_hold_begins(firm: Firm) -> None:
    customer = make_customer()

    customer_claim(customer=customer, by=firm.mei)

    assert owner_of(customer) == firm.mei
    # Thirty days without an activity end first.
    assert (customer.held_since, customer.hold_ends_on) == (NOW, date(2026, 4, 15))
    change = CustomerOwnerChange.objects.get()
    assert (change.kind, change.to_owner, change.by) == ("claim", firm.mei, firm.mei)
    assert AuditEntry.objects.filter(action="customer.assign", rows=[customer.pk]).exists()
    assert told(firm.mei) == []


def test_a_claim_again_changes_nothing(firm: Firm) -> None:
    customer = make_customer()
    customer_claim(customer=customer, by=firm.mei)
    customer_claim(customer=customer, by=firm.mei)

    assert CustomerOwnerChange.objects.count() == 1


def test_open_opportunities_wait_with_their_owner_and_go_to_whoever_claims(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    one = make_opportunity(("C", EARLIER), owner=firm.mei, customer=customer)
    won = make_opportunity(("C", EARLIER), ("won", EARLIER), owner=firm.mei, customer=customer)

    customer_release(customer=customer, reason="No budget", by=firm.mei)
    one.refresh_from_db()
    assert one.owner == firm.mei
    customer_claim(customer=customer, by=firm.stranger)

    one.refresh_from_db()
    won.refresh_from_db()
    assert (one.owner, won.owner) == (firm.stranger, firm.mei)
    assert one.team == firm.stranger.memberships.get().team
    assert told(firm.mei) == [("opportunities.lost", {"count": 1})]


def test_handing_over_takes_the_previous_owners_opportunities_and_no_others(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    own = make_opportunity(("C", EARLIER), owner=firm.mei, customer=customer)
    special = make_opportunity(("C", EARLIER), owner=firm.stranger, customer=customer)
    step = follow_up(customer, firm.mei)

    customers_hand_over(
        owners={customer.pk: firm.ben}, reason="New territory", kind=KINDS.ASSIGN, by=firm.lead
    )

    own.refresh_from_db()
    special.refresh_from_db()
    step.refresh_from_db()
    assert (own.owner, special.owner, step.owner) == (firm.ben, firm.stranger, firm.ben)
    details = {"count": 1, "reason": "New territory"}
    assert told(firm.ben) == [("customers.received", details)]
    assert told(firm.mei) == [("customers.lost", details)]
    assert told(firm.lead) == []
    assert Notification.objects.filter(record_kind="customer", record_id=customer.pk).count() == 2


def test_opportunities_stay_where_the_hand_over_leaves_them(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    own = make_opportunity(("C", EARLIER), owner=firm.mei, customer=customer)

    customers_hand_over(
        owners={customer.pk: firm.ben}, reason="x", kind=KINDS.ASSIGN, by=firm.lead,
        takes_opportunities=False,
    )  # fmt: skip

    own.refresh_from_db()
    assert own.owner == firm.mei


def test_a_release_drops_open_next_steps_and_a_lead_tells_the_owner(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei)
    step = follow_up(customer, firm.mei)

    customer_release(customer=customer, reason="Not our market", by=firm.lead)

    step.refresh_from_db()
    assert owner_of(customer) is None
    assert (step.done_at, step.done_by) == (NOW, None)
    assert told(firm.mei) == [("customers.lost", {"count": 1, "reason": "Not our market"})]


def test_a_lead_deals_out_the_pool(firm: Firm) -> None:
    pooled = [make_customer() for _ in range(3)]

    done = customers_hand_over(
        owners={one.pk: firm.ben for one in pooled}, reason="x", kind=KINDS.ASSIGN, by=firm.lead
    )

    assert len(done.changed) == 3
    assert told(firm.ben) == [("customers.received", {"count": 3, "reason": "x"})]


def test_many_are_handed_over_with_as_many_queries_as_few(firm: Firm) -> None:
    HoldingLimits.objects.update(held_prospects=None)

    def give(count: int) -> int:
        made = [make_customer(owner=firm.mei) for _ in range(count)]
        for one in made:
            make_opportunity(("C", EARLIER), owner=firm.mei, customer=one)
        owners = {one.pk: firm.ben for one in made}
        return counted(
            lambda: customers_hand_over(owners=owners, reason="", kind=KINDS.ASSIGN, by=None)
        )

    give(1)
    assert give(2) == give(20)


# Settings


def settings_now() -> tuple[PoolSettings, HoldingLimits, list[PoolRule]]:
    return PoolSettings.current(), HoldingLimits.current(), list(PoolRule.objects.all())


def test_only_administrators_change_the_rules(firm: Firm) -> None:
    settings, limits, rules = settings_now()
    settings.is_on = False

    for by in (firm.mei, firm.lead, make_member(AccessRole.DIRECTOR)):
        with pytest.raises(NotPermitted):
            pool_settings_save(settings=settings, limits=limits, rules=rules, by=by)

    assert PoolSettings.current().is_on


def test_changed_rules_are_in_the_audit_trail_and_unchanged_ones_are_not(firm: Firm) -> None:
    admin = make_member(AccessRole.ADMIN)
    settings, limits, rules = settings_now()
    settings.warning_days, limits.claims_a_day = [5], 3
    next(rule for rule in rules if rule.tier == "A").no_order_days = None

    pool_settings_save(settings=settings, limits=limits, rules=rules, by=admin)

    entries = {entry.action: entry.changes for entry in AuditEntry.objects.filter(by=admin)}
    assert entries == {
        "poolsettings.update": {"warning_days": [[7, 1], [5]]},
        "holdinglimits.update": {"claims_a_day": [30, 3]},
        "poolrule.update": {"no_order_days": [180, None]},
    }


def test_the_day_of_switching_on_is_kept(firm: Firm) -> None:
    admin = make_member(AccessRole.ADMIN)

    def switch(is_on: bool) -> date | None:
        settings, limits, rules = settings_now()
        settings.is_on = is_on
        pool_settings_save(settings=settings, limits=limits, rules=rules, by=admin)
        return PoolSettings.current().on_since

    assert [switch(True), switch(False), switch(True)] == [None, None, TODAY]


def test_an_assignment_by_the_lower_door_leaves_the_end_to_the_night(firm: Firm) -> None:
    customer = make_customer(owner=firm.mei, hold_ends_on=TODAY)

    customers_assign(customers=[customer.pk], to=firm.ben, reason="", kind=KINDS.IMPORT, by=None)

    assert owner_of(customer) == firm.ben
    assert customer.hold_ends_on is None
