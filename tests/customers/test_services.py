"""The one door of owner changes: whoever gives a customer to whom, the same limits hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import DomainError
from apps.core.models import AuditEntry
from apps.customers.holding import AlreadyHeld, ClaimsSpent, CoolingDown, ProspectsFull
from apps.customers.models import (
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    HoldingLimits,
)
from apps.customers.services import (
    CannotReceive,
    customers_assign,
    customers_spread,
    customers_spread_allowed,
)
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_order, make_team
from tests.query_counts import counted

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
KINDS = CustomerOwnerChangeKind
# Every way by which a customer gets an owner, but the one that gives back what was.
RECEIVING = (
    KINDS.CREATE, KINDS.CLAIM, KINDS.ASSIGN, KINDS.TRANSFER, KINDS.IMPORT, KINDS.MERGE,
    KINDS.LEAVING, KINDS.API,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def mei() -> Member:
    return make_member(team=make_team(), name="Mei Lin")


def limits(**values: int | None) -> None:
    HoldingLimits.current()
    if values:
        HoldingLimits.objects.update(**values)


def give(
    customers: list[Customer], to: Member | None, kind: KINDS, by: Member | None = None
) -> int:
    ids = [one.pk for one in customers]
    return customers_assign(customers=ids, to=to, reason="why", kind=kind, by=by)


def days_later(days: int) -> time_machine.travel:
    return time_machine.travel(NOW + timedelta(days=days), tick=False)


def is_untouched(customer: Customer) -> bool:
    before = customer.owner_id
    customer.refresh_from_db()
    return customer.owner_id == before


# Every way keeps every limit


@pytest.mark.parametrize("kind", RECEIVING)
def test_nobody_holds_more_prospects_than_the_limit(mei: Member, kind: KINDS) -> None:
    limits(held_prospects=3)
    for _ in range(2):
        make_customer(owner=mei)
    pooled = [make_customer() for _ in range(2)]

    with pytest.raises(ProspectsFull) as refusal:
        give(pooled, mei, kind)

    assert str(refusal.value) == "Mei Lin holds 2 of 3 prospects: 1 more is possible."
    assert all(is_untouched(one) for one in pooled)
    assert not CustomerOwnerChange.objects.exists()
    assert not AuditEntry.objects.filter(action="customer.assign").exists()
    assert give(pooled[:1], mei, kind) == 1


@pytest.mark.parametrize("kind", RECEIVING)
def test_nobody_gets_back_what_they_lost_to_the_pool_a_short_while_ago(
    mei: Member, kind: KINDS
) -> None:
    customer = make_customer(owner=mei)
    give([customer], None, KINDS.RECYCLE)
    customer.refresh_from_db()

    with days_later(6), pytest.raises(CoolingDown) as refusal:
        give([customer], mei, kind)

    assert "16 Mar 2026" in str(refusal.value)
    assert "23 Mar 2026" in str(refusal.value)
    assert is_untouched(customer)
    with days_later(7):
        assert give([customer], mei, kind) == 1


@pytest.mark.parametrize("kind", [*RECEIVING, KINDS.UNMERGE])
def test_who_left_or_owns_no_customers_gets_none(kind: KINDS) -> None:
    gone, analyst = make_member(team=make_team()), make_member(AccessRole.ANALYST)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    customer = make_customer()

    for member in (gone, analyst):
        with pytest.raises(CannotReceive):
            give([customer], member, kind)

    assert is_untouched(customer)


@pytest.mark.parametrize("kind", [*RECEIVING, KINDS.UNMERGE, KINDS.RELEASE, KINDS.RECYCLE])
def test_every_way_is_in_the_history_and_in_the_audit_trail(mei: Member, kind: KINDS) -> None:
    is_loss = kind in {KINDS.RELEASE, KINDS.RECYCLE}
    customer = make_customer(owner=mei if is_loss else None)

    assert give([customer], None if is_loss else mei, kind, by=mei) == 1

    change = CustomerOwnerChange.objects.get()
    ends = (mei.pk, None) if is_loss else (None, mei.pk)
    assert (change.from_owner_id, change.to_owner_id) == ends
    assert (change.kind, change.reason, change.by) == (kind, "why", mei)
    entry = AuditEntry.objects.get(action="customer.assign")
    assert (entry.rows, entry.details["kind"]) == ([customer.pk], str(kind))
    customer.refresh_from_db()
    assert customer.held_since == (None if is_loss else NOW)


def test_undoing_a_merge_gives_back_what_was_whatever_the_limits(mei: Member) -> None:
    limits(held_prospects=0)
    customer = make_customer(owner=mei)
    give([customer], None, KINDS.RECYCLE)

    assert give([customer], mei, KINDS.UNMERGE) == 1


# Claims


def test_a_claim_takes_from_the_pool_alone_and_says_who_has_it(mei: Member) -> None:
    other = make_member(team=make_team(), name="Ben Ode")
    customer = make_customer(owner=other)

    with pytest.raises(AlreadyHeld, match=r"Ben Ode has it now\."):
        give([customer], mei, KINDS.CLAIM)

    assert is_untouched(customer)


def test_claims_of_a_day_are_counted_by_the_day_of_the_firm(mei: Member) -> None:
    limits(claims_a_day=2)
    pooled = [make_customer() for _ in range(4)]
    give(pooled[:1], mei, KINDS.CLAIM)

    with pytest.raises(ClaimsSpent) as refusal:
        give(pooled[1:3], mei, KINDS.CLAIM)

    assert str(refusal.value) == "Mei Lin has claimed 1 of 2 customers today: 1 more is possible."
    assert give(pooled[1:2], mei, KINDS.CLAIM) == 1
    # What somebody gives them is no claim.
    assert give(pooled[2:3], mei, KINDS.ASSIGN) == 1
    with days_later(1):
        assert give(pooled[3:], mei, KINDS.CLAIM) == 1


# What counts as a prospect


def test_who_ordered_is_no_prospect(mei: Member) -> None:
    limits(held_prospects=1)
    make_customer(owner=mei)
    bought = make_customer()
    make_order(member=mei, customer=bought, value=5, on=NOW.date())

    assert give([bought], mei, KINDS.CLAIM) == 1


def test_deleted_customers_take_no_room_and_change_no_owner(mei: Member) -> None:
    limits(held_prospects=1)
    make_customer(owner=mei, deleted_at=NOW)
    gone, pooled = make_customer(deleted_at=NOW), make_customer()

    assert give([gone, pooled], mei, KINDS.ASSIGN) == 1

    assert is_untouched(gone)


def test_what_goes_away_in_the_same_change_makes_room(mei: Member) -> None:
    limits(held_prospects=1)
    other = make_member(team=make_team())
    mine, theirs = make_customer(owner=mei), make_customer(owner=other)

    def swap() -> int:
        owners = {mine.pk: other, theirs.pk: mei}
        return customers_spread(owners=owners, reason="", kind=KINDS.TRANSFER, by=None)

    assert swap() == 2


def test_without_limits_everything_is_possible(mei: Member) -> None:
    limits(held_prospects=None, claims_a_day=None, cool_down_days=None)
    customer = make_customer(owner=mei)
    give([customer], None, KINDS.RELEASE)

    assert give([customer, *(make_customer() for _ in range(31))], mei, KINDS.CLAIM) == 32


def test_what_is_theirs_already_asks_for_no_room(mei: Member) -> None:
    limits(held_prospects=1)
    customer = make_customer(owner=mei)

    assert give([customer], mei, KINDS.ASSIGN) == 0


# As far as it is allowed


def test_what_is_allowed_is_taken_and_each_other_says_why(mei: Member) -> None:
    limits(held_prospects=2)
    gone = make_member(team=make_team(), name="Gone")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    lost = make_customer(owner=mei)
    give([lost], None, KINDS.RECYCLE)
    deleted, left = make_customer(deleted_at=NOW), make_customer()
    pooled = [make_customer() for _ in range(3)]
    owners = {lost.pk: mei, deleted.pk: mei, left.pk: gone} | {one.pk: mei for one in pooled}

    done = customers_spread_allowed(owners=owners, reason="", kind=KINDS.ASSIGN, by=None)

    assert done.changed == {pooled[0].pk: None, pooled[1].pk: None}
    kinds = {pk: type(refusal).__name__ for pk, refusal in done.refused.items()}
    assert kinds == {
        lost.pk: "CoolingDown",
        deleted.pk: "CustomerGone",
        left.pk: "CannotReceive",
        pooled[2].pk: "ProspectsFull",
    }
    assert all(isinstance(one, DomainError) and one.message for one in done.refused.values())
    assert set(Customer.objects.filter(owner=mei)) == set(pooled[:2])


def test_who_may_not_give_away_makes_no_room_for_others(mei: Member) -> None:
    """A swap of which one half is refused: the other half doesn't count on it."""
    limits(held_prospects=1)
    full = make_member(team=make_team())
    make_customer(owner=full)
    mine, pooled = make_customer(owner=mei), make_customer()
    owners = {mine.pk: full, pooled.pk: mei}

    done = customers_spread_allowed(owners=owners, reason="", kind=KINDS.ASSIGN, by=None)

    assert done.changed == {}
    assert set(done.refused) == {mine.pk, pooled.pk}


def test_thousands_change_owner_with_as_many_queries_as_two(mei: Member) -> None:
    limits(held_prospects=None, claims_a_day=None)

    def change(count: int) -> int:
        made = Customer.objects.bulk_create(Customer(name=f"C {n}") for n in range(count))
        owners = {one.pk: mei for one in made}
        return counted(
            lambda: customers_spread_allowed(owners=owners, reason="", kind=KINDS.ASSIGN, by=None)
        )

    few, many = change(2), change(5000)
    assert few == many
    assert Customer.objects.filter(owner=mei).count() == 5002


def test_receivers_are_locked_before_they_are_counted(mei: Member) -> None:
    customer = make_customer()
    limits()
    with CaptureQueriesContext(connection) as queries:
        give([customer], mei, KINDS.CLAIM)

    told = [query["sql"] for query in queries]
    locked = next(
        n for n, sql in enumerate(told) if "members_member" in sql and "FOR NO KEY" in sql
    )
    rows = next(
        n for n, sql in enumerate(told) if "customers_customer" in sql and "FOR NO KEY" in sql
    )
    counts = [n for n, sql in enumerate(told) if "COUNT(" in sql]
    assert counts
    assert locked < rows < min(counts)
