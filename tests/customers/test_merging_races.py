"""Merges of the same customers at the same moment: one happens, nothing is lost."""

from collections import Counter
from functools import partial

import pytest
from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.merging.services import customers_merge
from apps.customers.merging.undoing import merge_undo
from apps.customers.models import Customer, HoldingLimits, Merge, Note
from apps.members.models import Member
from tests.factories import make_customer, make_member, make_team
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep() -> Member:
    Organisation.current()
    HoldingLimits.current()
    return make_member(team=make_team())


def customer_with_note(name: str, owner: Member) -> Customer:
    customer = make_customer(name=name, owner=owner)
    Note.objects.create(customer=customer, author=owner, text=name, at=timezone.now())
    return customer


def merge(survivor: Customer, *absorbed: Customer, by: Member) -> Merge:
    ids = [one.pk for one in absorbed]
    return customers_merge(survivor=survivor, absorbed=ids, choices={}, owner=by, by=by)


def test_of_two_merges_that_share_a_customer_one_happens(rep: Member) -> None:
    east, shared, west = (customer_with_note(name, rep) for name in ("East", "Shared", "West"))

    answers = together([partial(merge, east, shared, by=rep), partial(merge, west, shared, by=rep)])

    (done,) = Merge.objects.all()
    other = f"Shared was merged into {done.survivor.name} meanwhile: start anew from there."
    assert Counter(answers) == {"": 1, other: 1}
    assert Customer.objects.alive().count() == 2
    assert Counter(Note.objects.values_list("customer__name", flat=True)) == {
        done.survivor.name: 2,
        ({"East", "West"} - {done.survivor.name}).pop(): 1,
    }


def test_two_customers_merged_into_each_other_become_one(rep: Member) -> None:
    east, west = customer_with_note("East", rep), customer_with_note("West", rep)

    answers = together([partial(merge, east, west, by=rep), partial(merge, west, east, by=rep)])

    (done,) = Merge.objects.all()
    gone = ({"East", "West"} - {done.survivor.name}).pop()
    other = f"{gone} was merged into {done.survivor.name} meanwhile: start anew from there."
    assert Counter(answers) == {"": 1, other: 1}
    assert list(Customer.objects.alive()) == [done.survivor]
    assert Note.objects.filter(customer=done.survivor).count() == 2


def test_a_merge_is_undone_once_however_many_ask(rep: Member) -> None:
    east, west = customer_with_note("East", rep), customer_with_note("West", rep)
    done = merge(east, west, by=rep)

    answers = together([partial(merge_undo, merge=done, by=rep) for _ in range(8)])

    assert Counter(answers) == {"": 1, "This merge was undone already.": 7}
    assert Customer.objects.alive().count() == 2
    assert {note.customer.name for note in Note.objects.all()} == {"East", "West"}


def test_undoing_beside_a_merge_on_top_leaves_one_of_the_two(rep: Member) -> None:
    east, west, north = (customer_with_note(name, rep) for name in ("East", "West", "North"))
    below = merge(east, west, by=rep)

    answers = together(
        [partial(merge_undo, merge=below, by=rep), partial(merge, north, east, by=rep)]
    )

    below.refresh_from_db()
    # Whichever came first: the undoing leaves East to the merge, the merge forbids the undoing.
    assert answers[1] == ""
    assert (answers[0] == "") is (below.undone_at is not None)
    assert Customer.objects.alive().count() == (2 if below.undone_at else 1)
    assert Note.objects.count() == 3
    assert not Note.objects.filter(customer__deleted_at__isnull=False).exists()
