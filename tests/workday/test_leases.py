"""A customer that somebody has open to call."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from apps.customers.models import Customer
from apps.members.models import Member
from apps.workday.leases import (
    TERM,
    LeasedAlready,
    lease_release,
    lease_take,
    lease_take_first,
)
from apps.workday.models import Lease
from tests.factories import make_customer, make_member, make_team
from tests.racing import together

NOW = timezone.now()


@pytest.fixture
def mia(db: None) -> Member:
    return make_member(team=make_team(), name="Mia")


@pytest.fixture
def jonas(mia: Member) -> Member:
    return make_member(team=make_team(), name="Jonas")


@pytest.fixture
def acme(mia: Member) -> Customer:
    return make_customer(owner=mia, name="Acme")


def test_a_colleague_hears_who_has_it(mia: Member, jonas: Member, acme: Customer) -> None:
    assert lease_take(customer=acme, member=mia, now=NOW) == NOW + TERM

    with pytest.raises(LeasedAlready, match="Mia has Acme open"):
        lease_take(customer=acme, member=jonas, now=NOW + TERM - timedelta(seconds=1))

    assert Lease.objects.get().member == mia


def test_taking_again_lengthens_it(mia: Member, jonas: Member, acme: Customer) -> None:
    lease_take(customer=acme, member=mia, now=NOW)
    lease_take(customer=acme, member=mia, now=NOW + timedelta(minutes=9))

    with pytest.raises(LeasedAlready):
        lease_take(customer=acme, member=jonas, now=NOW + timedelta(minutes=18))
    lease = Lease.objects.get()
    assert (lease.taken_at, lease.expires_at) == (NOW, NOW + timedelta(minutes=9) + TERM)


def test_one_that_ended_binds_nobody(mia: Member, jonas: Member, acme: Customer) -> None:
    lease_take(customer=acme, member=mia, now=NOW)
    lease_take(customer=acme, member=jonas, now=NOW + TERM)

    lease = Lease.objects.get()
    assert (lease.member, lease.taken_at) == (jonas, NOW + TERM)
    lease_release(customer=acme, member=mia)
    assert Lease.objects.count() == 1
    lease_release(customer=acme, member=jonas)
    assert not Lease.objects.exists()


def test_the_first_that_is_free(mia: Member, jonas: Member, acme: Customer) -> None:
    other = make_customer(owner=mia)
    lease_take(customer=acme, member=jonas)

    assert lease_take_first(customers=[acme.pk, other.pk], member=mia) == other.pk
    assert lease_take_first(customers=[acme.pk], member=mia) is None
    assert lease_take_first(customers=[], member=mia) is None


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_each_get_another_customer() -> None:
    team = make_team()
    members = [make_member(team=team) for _ in range(50)]
    customers = [make_customer().pk for _ in range(50)]
    got: list[int | None] = []

    def take(member: Member) -> None:
        got.append(lease_take_first(customers=customers, member=member))

    assert together([partial(take, member) for member in members]) == [""] * 50

    assert Counter(got) == Counter(customers)
    assert Lease.objects.count() == 50
