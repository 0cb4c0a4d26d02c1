"""Customers become one and are parted again: nothing is lost, nobody gets what the rules refuse."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone

from apps.activities.models import Activity, FollowUp, Task
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.duplicates.services import duplicates_note
from apps.customers.holding import CoolingDown
from apps.customers.keys import keys_refresh
from apps.customers.merging.belongings import (
    CONTACT_STAYS,
    STAYS,
    contact_fields,
    key_of,
    moving_fields,
)
from apps.customers.merging.services import MergedAlready, WrongNumber, customers_merge
from apps.customers.merging.undoing import CannotUndo, merge_undo
from apps.customers.merging.values import ChoiceGone, TextTooLong
from apps.customers.models import (
    Contact,
    Customer,
    CustomerFile,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    DuplicatePair,
    Merge,
    Note,
    PairState,
    Screening,
    SearchKey,
    SpecialDate,
    Tag,
)
from apps.customers.services import CannotReceive, customers_assign
from apps.members.models import AccessRole, Member, Notification
from apps.satisfaction.models import Survey
from apps.telephony.models import PhoneCall, PhoneSystem
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


@pytest.fixture
def rep() -> Member:
    return make_member(name="Rita Rep", team=make_team())


def merged(*customers: Customer, by: Member, **more: Any) -> Merge:
    survivor, *others = customers
    more.setdefault("owner", survivor.owner)
    more.setdefault("choices", {})
    return customers_merge(survivor=survivor, absorbed=[one.pk for one in others], by=by, **more)


@dataclass
class Of:
    """What a row is made of: its customer, a contact there, who did it, and chance."""

    customer: Customer
    contact: Contact
    by: Member
    rnd: random.Random


type Builder = Callable[[Of], object]


BUILDERS: dict[str, Builder] = {
    "customers.Customer.parent": lambda of: make_customer(parent=of.customer, owner=of.by),
    "customers.Customer.merged_into": lambda of: make_customer(
        merged_into=of.customer, deleted_at=timezone.now()
    ),
    "customers.Contact.customer": lambda of: Contact.objects.create(
        customer=of.customer, name="Beck", email=f"p{of.rnd.randrange(10**6)}@example.com"
    ),
    "customers.SpecialDate.customer": lambda of: SpecialDate.objects.create(
        customer=of.customer,
        contact=of.contact,
        kind="birthday",
        month=of.rnd.randrange(1, 13),
        day=1,
    ),
    "customers.Note.customer": lambda of: Note.objects.create(
        customer=of.customer, author=of.by, text=f"Note {of.rnd.random()}"
    ),
    "customers.CustomerFile.customer": lambda of: CustomerFile.objects.create(
        customer=of.customer, by=of.by, name="a", file="a", size=1, content_type="t", sha256="0"
    ),
    "customers.Screening.customer": lambda of: Screening.objects.create(
        customer=of.customer,
        by=of.by,
        grades={},
        total=of.rnd.randrange(3, 13),
        minimum=8,
        is_qualified=True,
    ),
    "funnel.Opportunity.customer": lambda of: make_opportunity(
        ("E", TODAY - timedelta(days=of.rnd.randrange(1, 60))), owner=of.by, customer=of.customer
    ),
    "orders.Order.customer": lambda of: make_order(
        member=of.by,
        value=of.rnd.randrange(1, 9000),
        on=TODAY - timedelta(days=of.rnd.randrange(300)),
        customer=of.customer,
    ),
    "activities.Activity.customer": lambda of: Activity.objects.create(
        customer=of.customer,
        contact=of.contact,
        member=of.by,
        channel="call",
        direction="out",
        outcome="reached",
        at=timezone.now() - timedelta(days=of.rnd.randrange(90)),
    ),
    "activities.FollowUp.customer": lambda of: FollowUp.objects.create(
        customer=of.customer,
        contact=of.contact,
        owner=of.by,
        due_on=TODAY,
        channel="call",
        purpose="Call",
    ),
    "activities.Task.customer": lambda of: Task.objects.create(
        customer=of.customer, assignee=of.by, due_on=TODAY, title="Order samples"
    ),
    "telephony.PhoneCall.customer": lambda of: PhoneCall.objects.create(
        system=PhoneSystem.objects.get_or_create(name="office")[0],
        call_id=str(uuid4()),
        customer=of.customer,
        contact=of.contact,
        member=of.by,
    ),
    "satisfaction.Survey.customer": lambda of: Survey.objects.create(
        customer=of.customer,
        contact=of.contact,
        by=of.by,
        kind="csat",
        expires_at=timezone.now() + timedelta(days=30),
    ),
}


def rich(owner: Member | None, by: Member, rnd: random.Random) -> Customer:
    """A customer with values, tags and several rows of every kind."""
    customer = make_customer(
        owner=owner,
        name=rnd.choice(["Hartmann GmbH", "Hartmann AG", "华为技术"]),
        region=rnd.choice(["", "Berlin"]),
        industry=rnd.choice(["", "Retail"]),
        employees=rnd.choice([None, 12]),
        needs=rnd.choice(["", "Film", "Tape"]),
        custom=rnd.choice([{}, {"colour": "red"}, {"size": "L"}]),
        held_since=timezone.now() - timedelta(days=30) if owner else None,
    )
    for name in rnd.sample(["a", "b", "c", "d"], rnd.randrange(4)):
        customer.tags.add(Tag.objects.get_or_create(name=name)[0])
    # The same person at each, so that some are joined.
    contact = Contact.objects.create(customer=customer, name="Anna", email="anna@example.com")
    for build in BUILDERS.values():
        for _ in range(rnd.randrange(1, 4)):
            build(Of(customer, contact, by, rnd))
    return customer


def dump(leave: Iterable[str] = ()) -> dict[str, list[str]]:
    """Every row of every table that has to do with customers, but for histories that only grow."""
    labels = {field.model._meta.label for field in (*moving_fields(), *contact_fields())}
    labels |= {key.rpartition(".")[0] for key in (*STAYS, *CONTACT_STAYS)} | {"customers.Customer"}
    labels -= {"customers.CustomerOwnerChange", "customers.Merge", *leave}
    tables = {}
    for label in sorted(labels):
        model = apps.get_model(label)
        # Keys are written anew: what they say counts, not their numbers.
        left = {"id", "grams", "is_compared"} if label == "customers.SearchKey" else set()
        left |= {"id"} if label == "customers.Customer_tags" else set()
        columns = [one.attname for one in model._meta.concrete_fields if one.attname not in left]
        rows = model._base_manager.values(*columns)
        tables[label] = sorted(repr(sorted(row.items())) for row in rows)
    return tables


def test_every_relation_to_a_customer_moves_or_says_why_not() -> None:
    moving = {key_of(field) for field in moving_fields()}

    assert moving == set(BUILDERS), "build a row of it here, or declare in STAYS why it stays"
    for key in (*STAYS, *CONTACT_STAYS):
        model, _dot, name = key.rpartition(".")
        assert apps.get_model(model)._meta.get_field(name) is not None


@pytest.mark.parametrize("seed", range(6))
def test_merging_and_undoing_leaves_everything_as_it_was(seed: int) -> None:
    rnd = random.Random(seed)
    director = make_member(AccessRole.DIRECTOR)
    reps = [make_member(team=make_team()), make_member()]
    customers = [rich(rnd.choice([*reps, None]), reps[0], rnd) for _ in range(rnd.randrange(2, 6))]
    ids = [one.pk for one in customers]
    keys_refresh(ids)
    duplicates_note(ids)
    before = dump()

    merge = merged(
        *customers, by=director, owner=rnd.choice([*reps, None]), joins_contacts=seed % 3 > 0
    )
    between = dump()
    merge_undo(merge=merge, by=director)

    assert between != before
    after = dump()
    for table, rows in before.items():
        assert after[table] == rows, table


def test_everything_moves_to_the_survivor(rep: Member) -> None:
    rnd = random.Random(7)
    survivor, other = rich(rep, rep, rnd), rich(rep, rep, rnd)

    merged(survivor, other, by=rep, joins_contacts=False)

    for field in moving_fields():
        left = field.model._base_manager.filter(**{field.name: other.pk})
        assert not left.exists(), key_of(field)
    other.refresh_from_db()
    assert (other.merged_into, other.deleted_by) == (survivor, rep)
    assert other.deleted_at is not None
    survivor.refresh_from_db()
    latest = survivor.screenings.order_by("-at", "-pk")[0]
    assert survivor.potential_score == latest.total
    assert survivor.last_ordered_on == max(
        survivor.orders.filter(value__gt=0).values_list("ordered_on", flat=True)
    )
    assert not SearchKey.objects.filter(customer=other).exists()


def test_values_are_chosen_field_by_field(rep: Member) -> None:
    one = make_customer(owner=rep, name="One", region="Berlin", needs="Film", custom={"a": "1"})
    two = make_customer(
        owner=rep, name="Two", industry="Retail", needs="Tape", custom={"a": "2", "b": "3"}
    )

    merged(one, two, by=rep, choices={"name": two.pk, "needs": "both", "custom_a": str(two.pk)})

    one.refresh_from_db()
    assert (one.name, one.region, one.industry, one.needs, one.custom) == (
        "Two", "Berlin", "Retail", "Film\n\nTape", {"a": "2", "b": "3"},
    )  # fmt: skip


def test_the_survivor_never_belongs_to_what_it_absorbed(rep: Member) -> None:
    parent = make_customer(owner=rep)
    child = make_customer(owner=rep, parent=parent)

    merge = merged(child, parent, by=rep)
    child.refresh_from_db()
    assert child.parent is None

    merge_undo(merge=merge, by=rep)
    child.refresh_from_db()
    assert child.parent == parent


def test_the_same_contact_twice_becomes_one_and_two_again(rep: Member) -> None:
    one, two = make_customer(owner=rep), make_customer(owner=rep)
    kept = Contact.objects.create(customer=one, name="Anna Beck", phone="030 901820")
    double = Contact.objects.create(customer=two, name="ANNA BECK", phone="+49 30 901820")
    other = Contact.objects.create(customer=two, name="Anna Beck", phone="030 901821")
    day = SpecialDate.objects.create(customer=two, contact=double, kind="birthday", month=1, day=2)

    merge = merged(one, two, by=rep)

    assert list(Contact.objects.visible_to(rep).filter(customer=one).order_by("pk")) == [
        kept,
        other,
    ]
    day.refresh_from_db()
    assert (day.customer, day.contact) == (one, kept)
    merge_undo(merge=merge, by=rep)
    day.refresh_from_db()
    double.refresh_from_db()
    assert (day.customer, day.contact) == (two, double)
    assert (double.customer, double.deleted_at) == (two, None)


def test_pairs_among_them_are_decided_and_come_back(rep: Member) -> None:
    one, two = make_customer(owner=rep, name="Hart"), make_customer(owner=rep, name="Hart AG")
    keys_refresh([one.pk, two.pk])
    duplicates_note([one.pk, two.pk])

    merge = merged(one, two, by=rep)
    assert DuplicatePair.objects.get().state == PairState.MERGED

    merge_undo(merge=merge, by=rep)
    assert DuplicatePair.objects.get().state == PairState.OPEN


class TestRefusals:
    @pytest.mark.parametrize("count", [1, 11])
    def test_other_than_two_to_ten(self, rep: Member, count: int) -> None:
        customers = [make_customer(owner=rep) for _ in range(count)]

        with pytest.raises(WrongNumber):
            merged(*customers, by=rep)

        assert Merge.objects.count() == 0

    def test_a_rep_merges_own_ones_alone(self, rep: Member) -> None:
        own = make_customer(owner=rep)
        for other in (make_customer(), make_customer(owner=make_member())):
            with pytest.raises(NotPermitted):
                merged(own, other, by=rep)

        assert Customer.objects.alive().count() == 3

    def test_a_manager_merges_the_subtrees_and_the_pools(self) -> None:
        manager = make_member(AccessRole.MANAGER)
        rep = make_member(team=make_team(lead=manager))
        own, pool, strange = (
            make_customer(owner=rep),
            make_customer(),
            make_customer(owner=make_member()),
        )

        with pytest.raises(NotPermitted):
            merged(own, strange, by=manager)
        merged(own, pool, by=manager)

        pool.refresh_from_db()
        assert pool.merged_into == own

    def test_an_analyst_reads_only(self) -> None:
        analyst = make_member(AccessRole.ANALYST)

        with pytest.raises(NotPermitted):
            merged(make_customer(), make_customer(), by=analyst)

    def test_the_second_to_merge_is_told_what_it_became(self, rep: Member) -> None:
        one, two, three = (make_customer(owner=rep, name=name) for name in ("One", "Two", "Three"))
        merged(one, two, by=rep)

        with pytest.raises(MergedAlready, match="Two was merged into One"):
            merged(three, two, by=rep)

    def test_a_deleted_customer(self, rep: Member) -> None:
        one, two = make_customer(owner=rep), make_customer(owner=rep, deleted_at=timezone.now())

        with pytest.raises(MergedAlready, match="deleted"):
            merged(one, two, by=rep)

    def test_a_value_of_a_stranger(self, rep: Member) -> None:
        one, two = make_customer(owner=rep), make_customer(owner=rep)
        stranger = make_customer(name="Secret")
        for wrong in (stranger.pk, "x", "9" * 30, "both"):
            with pytest.raises(ChoiceGone):
                merged(one, two, by=rep, choices={"name": wrong})

    def test_two_texts_that_are_too_long_together(self, rep: Member) -> None:
        one, two = (make_customer(owner=rep, needs=letter * 3000) for letter in "ab")

        with pytest.raises(TextTooLong):
            merged(one, two, by=rep, choices={"needs": "both"})

    def test_nobody_gets_back_by_a_merge_what_they_lost_to_the_pool(self, rep: Member) -> None:
        director = make_member(AccessRole.DIRECTOR)
        own, lost = make_customer(owner=rep), make_customer(owner=rep)
        customers_assign(
            customers=[lost.pk], to=None, reason="", kind=CustomerOwnerChangeKind.RECYCLE, by=None
        )

        with pytest.raises(CoolingDown):
            merged(own, lost, by=director)

        lost.refresh_from_db()
        assert lost.deleted_at is None

    def test_who_left_can_not_have_the_result(self) -> None:
        director, gone = make_member(AccessRole.DIRECTOR), make_member()
        Member.objects.filter(pk=gone.pk).update(is_active=False)

        with pytest.raises(CannotReceive):
            merged(make_customer(), make_customer(), by=director, owner=gone)


class TestUndoing:
    def test_what_came_since_stays_at_the_survivor(self, rep: Member) -> None:
        one, two = (
            make_customer(owner=rep, region="Berlin"),
            make_customer(owner=rep, region="Köln"),
        )
        note = Note.objects.create(customer=two, author=rep, text="old")
        merge = merged(one, two, by=rep, choices={"region": two.pk})
        new = Note.objects.create(customer=one, author=rep, text="new")
        Note.objects.filter(pk=note.pk).update(text="changed")
        Customer.objects.filter(pk=one.pk).update(region="Bonn")

        merge_undo(merge=merge, by=rep)

        one.refresh_from_db()
        note.refresh_from_db()
        new.refresh_from_db()
        assert one.region == "Bonn"
        assert (note.customer, note.text, new.customer) == (two, "changed", one)

    def test_a_later_merge_is_undone_first(self, rep: Member) -> None:
        one, two, three = (make_customer(owner=rep, name=name) for name in ("One", "Two", "Three"))
        first = merged(one, two, by=rep)
        second = merged(three, one, by=rep)

        with pytest.raises(CannotUndo, match="Three was merged again later"):
            merge_undo(merge=first, by=rep)
        merge_undo(merge=second, by=rep)
        merge_undo(merge=first, by=rep)

        assert set(Customer.objects.alive()) == {one, two, three}

    def test_twice_is_refused(self, rep: Member) -> None:
        merge = merged(make_customer(owner=rep), make_customer(owner=rep), by=rep)
        merge_undo(merge=merge, by=rep)

        with pytest.raises(CannotUndo, match="already"):
            merge_undo(merge=merge, by=rep)

    def test_a_deleted_survivor_is_brought_back_first(self, rep: Member) -> None:
        one = make_customer(owner=rep)
        merge = merged(one, make_customer(owner=rep), by=rep)
        Customer.objects.filter(pk=one.pk).update(deleted_at=timezone.now())

        with pytest.raises(CannotUndo, match="bring it back"):
            merge_undo(merge=merge, by=rep)

    def test_owners_of_before_have_theirs_again_whatever_the_limits(self) -> None:
        director, one, two = make_member(AccessRole.DIRECTOR), make_member(), make_member()
        first, second = make_customer(owner=one), make_customer(owner=two)
        merge = merged(first, second, by=director, owner=two)

        merge_undo(merge=merge, by=director)

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.owner, second.owner) == (one, two)
        kinds = CustomerOwnerChange.objects.order_by("pk").values_list("customer", "kind")
        assert list(kinds) == [(first.pk, "merge"), (first.pk, "unmerge")]

    def test_of_who_has_left_it_goes_to_the_pool(self) -> None:
        director, gone = make_member(AccessRole.DIRECTOR), make_member()
        first, second = make_customer(), make_customer(owner=gone)
        merge = merged(first, second, by=director, owner=None)
        Member.objects.filter(pk=gone.pk).update(is_active=False)

        merge_undo(merge=merge, by=director)

        second.refresh_from_db()
        assert second.owner is None

    def test_a_colleague_can_not(self, rep: Member) -> None:
        merge = merged(make_customer(owner=rep), make_customer(owner=rep), by=rep)

        with pytest.raises(NotPermitted):
            merge_undo(merge=merge, by=make_member())

        merge.refresh_from_db()
        assert merge.undone_at is None


def test_audit_says_who_merged_and_undid(rep: Member) -> None:
    one, two = make_customer(owner=rep), make_customer(owner=rep)

    merge_undo(merge=merged(one, two, by=rep), by=rep)

    entries = AuditEntry.objects.filter(action__in=["customer.merge", "customer.unmerge"])
    assert [(one.action, one.by, one.rows) for one in entries.order_by("pk")] == [
        ("customer.merge", rep, [two.pk]),
        ("customer.unmerge", rep, [two.pk]),
    ]


def test_who_loses_a_customer_by_a_merge_is_told() -> None:
    director, one, two = make_member(AccessRole.DIRECTOR), make_member(), make_member()

    merged(make_customer(owner=one), make_customer(owner=two), by=director, owner=one)

    assert list(Notification.objects.values_list("member", "kind")) == [
        (two.pk, "customers.merged")
    ]
