"""Customers, contacts and special dates made, changed, deleted, restored and erased."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.activities.models import Activity
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.editing.contacts import (
    ContactGone,
    TooLateToRestore,
    contact_change,
    contact_create,
    contact_delete,
    contact_restore,
)
from apps.customers.editing.deleting import (
    CustomerInUse,
    customer_delete,
    customer_restore,
    customers_purge,
)
from apps.customers.editing.services import BelongsToItself, customer_change, customer_create
from apps.customers.editing.special_dates import special_date_create, special_date_delete
from apps.customers.editing.values import ChangedMeanwhile
from apps.customers.models import (
    Contact,
    Customer,
    CustomerOwnerChange,
    CustomField,
    HoldingLimits,
    KeyKind,
    SearchKey,
    SpecialDate,
    SpecialDateKind,
    Tag,
)
from apps.customers.writing import CustomerGone
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep() -> Member:
    return make_member(team=make_team(), name="Ada")


@pytest.fixture
def acme(rep: Member) -> Customer:
    return make_customer(owner=rep, name="Acme", industry="Retail")


def make_contact(customer: Customer, **fields: Any) -> Contact:
    return Contact.objects.create(customer=customer, **{"name": "Anna Weber", **fields})


def make_activity(customer: Customer, member: Member, **fields: Any) -> Activity:
    return Activity.objects.create(
        customer=customer, member=member, channel="call", outcome="reached", **fields
    )


# --- changing


def test_a_colleague_a_reader_and_an_owner_of_the_pool_may_not_change(acme: Customer) -> None:
    pool = make_customer(name="Pool")
    analyst = make_member(AccessRole.ANALYST)
    outsider = make_member(team=make_team())

    for who, customer in ((outsider, acme), (analyst, acme), (outsider, pool)):
        with pytest.raises(NotPermitted):
            customer_change(customer=customer, values={"region": "North"}, by=who)

    assert set(Customer.objects.values_list("region", flat=True)) == {""}
    assert not AuditEntry.objects.filter(action="customer.change").exists()


def test_a_field_that_both_changed_is_a_clash_and_nothing_is_written(
    acme: Customer, rep: Member
) -> None:
    base = {"industry": "Retail", "region": ""}
    customer_change(customer=acme, values={"industry": "Trade"}, by=rep)

    values = {"industry": "Wholesale", "region": "North"}
    with pytest.raises(ChangedMeanwhile) as raised:
        customer_change(customer=acme, values=values, by=rep, base=base)

    clash = raised.value.clashes["industry"]
    assert (clash.base, clash.theirs, clash.mine) == ("Retail", "Trade", "Wholesale")
    acme.refresh_from_db()
    assert (acme.industry, acme.region) == ("Trade", "")


def test_what_others_changed_and_this_person_left_alone_stays(acme: Customer, rep: Member) -> None:
    base = {"industry": "Retail", "region": ""}
    customer_change(customer=acme, values={"industry": "Trade"}, by=rep)

    values = {"industry": "Retail", "region": "North"}
    customer_change(customer=acme, values=values, by=rep, base=base)

    acme.refresh_from_db()
    assert (acme.industry, acme.region) == ("Trade", "North")


def test_a_change_is_in_the_audit_trail_and_in_the_search_keys(acme: Customer, rep: Member) -> None:
    customer_change(
        customer=acme,
        values={"name": "  Bolt GmbH ", "employees": 12, "needs": "Call Anna at home"},
        by=rep,
    )

    entry = AuditEntry.objects.get(action="customer.change")
    assert entry.by == rep
    assert entry.changes == {
        "name": ["Acme", "Bolt GmbH"],
        "employees": [None, 12],
        "needs": ["", "••••"],
    }
    assert list(
        SearchKey.objects.filter(customer=acme, kind=KeyKind.NAME).values_list("value", flat=True)
    ) == ["bolt"]


def test_a_change_to_what_is_there_already_writes_nothing(acme: Customer, rep: Member) -> None:
    customer_change(customer=acme, values={"industry": " Retail "}, by=rep)

    assert not AuditEntry.objects.filter(action="customer.change").exists()


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 201},
        {"name": "x" * 10_000},
        {"name": "a\x00b"},
        {"needs": "x" * 4001},
        {"employees": -1},
        {"annual_revenue": Decimal("1e17")},
        {"tags": ["x" * 51]},
        {"tags": ["a\x00b"]},
    ],
)
def test_values_that_no_customer_can_have(
    acme: Customer, rep: Member, values: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        customer_change(customer=acme, values=values, by=rep)

    acme.refresh_from_db()
    assert (acme.name, acme.needs, acme.employees, acme.annual_revenue) == ("Acme", "", None, None)
    assert Tag.objects.count() == 0


@pytest.mark.parametrize("name", ["شركة النور", "מאפיית אבי", "🚀🌍 Rockets", "晨恒仓储有限公司"])
def test_names_of_every_script_are_kept_as_typed(acme: Customer, rep: Member, name: str) -> None:
    customer_change(customer=acme, values={"name": name}, by=rep)

    acme.refresh_from_db()
    assert acme.name == name


def test_an_unknown_field_is_a_mistake_of_the_caller(acme: Customer, rep: Member) -> None:
    with pytest.raises(KeyError):
        customer_change(customer=acme, values={"owner": rep}, by=rep)


def test_a_customer_belongs_to_nobody_below_it(acme: Customer, rep: Member) -> None:
    below = make_customer(owner=rep, parent=acme, name="Below")
    deeper = make_customer(owner=rep, parent=below, name="Deeper")

    for parent in (acme, below, deeper):
        with pytest.raises((BelongsToItself, ValidationError)):
            customer_change(customer=acme, values={"parent": parent}, by=rep)

    acme.refresh_from_db()
    assert acme.parent is None
    customer_change(customer=deeper, values={"parent": acme}, by=rep)
    deeper.refresh_from_db()
    assert deeper.parent == acme


def test_custom_fields_and_tags(acme: Customer, rep: Member) -> None:
    CustomField.objects.create(key="vat", label="VAT ID", kind="text")
    CustomField.objects.create(key="fleet", label="Fleet", kind="number")
    Tag.objects.create(name="Key account")

    customer_change(
        customer=acme,
        values={"custom_vat": " DE1 ", "custom_fleet": "12.50", "tags": ["key ACCOUNT", "New"]},
        by=rep,
    )
    customer_change(customer=acme, values={"custom_vat": "", "tags": ["New"]}, by=rep)

    acme.refresh_from_db()
    assert acme.custom == {"fleet": "12.5"}
    assert [tag.name for tag in acme.tags.all()] == ["New"]
    first, second = AuditEntry.objects.filter(action="customer.change").order_by("pk")
    assert first.changes == {
        "VAT ID": ["", "DE1"],
        "Fleet": ["", "12.5"],
        "tags": [[], ["Key account", "New"]],
    }
    assert second.changes == {"VAT ID": ["DE1", ""], "tags": [["Key account", "New"], ["New"]]}


def test_a_wrong_custom_value_is_refused(acme: Customer, rep: Member) -> None:
    CustomField.objects.create(key="fleet", label="Fleet", kind="number")

    with pytest.raises(ValidationError):
        customer_change(customer=acme, values={"custom_fleet": "many"}, by=rep)

    acme.refresh_from_db()
    assert acme.custom == {}


# --- making


def test_an_analyst_makes_no_customer() -> None:
    with pytest.raises(NotPermitted):
        customer_create(values={"name": "X"}, by=make_member(AccessRole.ANALYST), owner=None)

    assert not Customer.objects.exists()


def test_a_new_customer_belongs_to_its_owner_with_contacts_keys_and_trail(rep: Member) -> None:
    made = customer_create(
        values={"name": "Acme", "tags": ["New"]},
        contacts=[{"name": "Anna Weber", "phone": "+49 231 5501420", "email": "a@example.com"}],
        by=rep,
        owner=rep,
    )

    assert (made.owner, made.held_since is not None) == (rep, True)
    change = CustomerOwnerChange.objects.get(customer=made)
    assert (change.kind, change.to_owner, change.from_owner) == ("create", rep, None)
    assert made.contacts.get().name == "Anna Weber"
    kinds = set(SearchKey.objects.filter(customer=made).values_list("kind", flat=True))
    assert {KeyKind.NAME, KeyKind.PHONE, KeyKind.EMAIL} <= kinds
    assert AuditEntry.objects.get(action="customer.create").changes == {
        "name": [None, "Acme"],
        "tags": [[], ["New"]],
    }


def test_the_limit_of_prospects_holds_for_new_customers_too(rep: Member) -> None:
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=1)
    make_customer(owner=rep)

    with pytest.raises(Exception, match="prospect"):
        customer_create(values={"name": "One more"}, by=rep, owner=rep)

    assert not Customer.objects.filter(name="One more").exists()


def test_a_refused_contact_makes_no_customer(rep: Member) -> None:
    with pytest.raises(ValidationError):
        customer_create(
            values={"name": "Acme"}, contacts=[{"name": "A", "email": "x"}], by=rep, owner=rep
        )

    assert not Customer.objects.exists()


# --- contacts


def test_nothing_of_a_person_stands_in_the_audit_trail(acme: Customer, rep: Member) -> None:
    values = {
        "name": "Anna Weber",
        "job_title": "Head of purchasing",
        "phone": "+49 231 5501420",
        "email": "anna@example.com",
        "other_phones": ["+49 171 5501421"],
        "preferred_time": "after her shift",
        "decision_role": "user",
    }
    contact = contact_create(customer=acme, values=values, by=rep)
    changed = {"name": "Berta Klein", "phone": "+49 231 5509999", "email": "b@example.com"}
    contact_change(contact=contact, values=changed, by=rep)
    special_date_create(
        customer=acme, contact=contact, kind=SpecialDateKind.BIRTHDAY, month=3, day=14, by=rep
    )
    special_date_delete(special_date=SpecialDate.objects.get(), by=rep)
    contact_delete(contact=contact, by=rep)

    entries = AuditEntry.objects.filter(kind__in=("contact", "specialdate")).order_by("pk")
    assert [entry.action for entry in entries] == [
        "contact.create",
        "contact.change",
        "specialdate.create",
        "specialdate.delete",
        "contact.delete",
    ]
    assert entries[1].changes == {
        "name": ["••••", "•••• *"],
        "phone": ["•••• 1420", "•••• 9999"],
        "email": ["••••", "•••• *"],
    }
    written = " ".join(f"{one.label} {one.changes} {one.details}" for one in entries)
    for secret in ("Anna", "Berta", "purchasing", "example", "231", "171", "shift", "3-14"):
        assert secret not in written


def test_two_people_change_the_phone_of_a_contact(acme: Customer, rep: Member) -> None:
    contact = make_contact(acme, phone="1", job_title="Buyer")
    base = {"phone": "1", "job_title": "Buyer"}
    contact_change(contact=contact, values={"phone": "2"}, by=rep)

    with pytest.raises(ChangedMeanwhile) as raised:
        contact_change(
            contact=contact, values={"phone": "3", "job_title": "Head"}, by=rep, base=base
        )

    assert raised.value.clashes["phone"].theirs == "2"
    contact.refresh_from_db()
    assert (contact.phone, contact.job_title) == ("2", "Buyer")


def test_a_deleted_contact_can_not_be_changed_and_comes_back_within_thirty_days(
    acme: Customer, rep: Member
) -> None:
    contact = contact_create(customer=acme, values={"name": "Anna", "email": "a@b.de"}, by=rep)
    contact_delete(contact=contact, by=rep)
    assert not Contact.objects.visible_to(rep).exists()
    assert not SearchKey.objects.filter(kind=KeyKind.EMAIL).exists()

    with pytest.raises(ContactGone):
        contact_change(contact=contact, values={"name": "B"}, by=rep)
    contact_restore(contact=contact, by=rep)

    contact.refresh_from_db()
    assert (contact.name, contact.deleted_at, contact.deleted_by) == ("Anna", None, None)
    assert SearchKey.objects.filter(kind=KeyKind.EMAIL, value="a@b.de").exists()


def test_a_contact_deleted_31_days_ago_stays_away(acme: Customer, rep: Member) -> None:
    contact = make_contact(acme)
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        contact_delete(contact=contact, by=rep)

    with (
        time_machine.travel(datetime(2026, 4, 1, 12, tzinfo=UTC), tick=False),
        pytest.raises(TooLateToRestore),
    ):
        contact_restore(contact=contact, by=rep)
    with time_machine.travel(datetime(2026, 3, 31, 12, tzinfo=UTC), tick=False):
        contact_restore(contact=contact, by=rep)

    contact.refresh_from_db()
    assert contact.deleted_at is None


# --- special dates


@pytest.mark.parametrize(
    "day",
    [
        {"month": 2, "day": 30},
        {"month": 2, "day": 29, "year": 2023},
        {"month": 13, "day": 1},
        {"month": 1, "day": 1, "year": 87},
        {"month": 1, "day": 1, "year": 9999},
        {"month": 1, "day": 1, "year": 99999},
    ],
)
def test_days_that_there_are_not(acme: Customer, rep: Member, day: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        special_date_create(customer=acme, kind=SpecialDateKind.OTHER, by=rep, **day)

    assert not SpecialDate.objects.exists()


def test_a_day_is_of_somebody_at_the_customer(acme: Customer, rep: Member) -> None:
    stranger = make_contact(make_customer(owner=rep))

    with pytest.raises(ValidationError):
        special_date_create(
            customer=acme, contact=stranger, kind=SpecialDateKind.BIRTHDAY, month=2, day=29, by=rep
        )

    assert not SpecialDate.objects.exists()


# --- deleting and bringing back


def test_a_customer_with_an_open_opportunity_stays(acme: Customer, rep: Member) -> None:
    make_opportunity(("E", date(2026, 3, 2)), owner=rep, customer=acme)

    with pytest.raises(CustomerInUse, match="1 opportunity with this customer is still open"):
        customer_delete(customer=acme, reason="gone", by=rep)

    assert Customer.objects.alive().get() == acme


def test_who_may_not_change_a_customer_does_not_delete_it(acme: Customer) -> None:
    for who in (make_member(AccessRole.ANALYST), make_member(team=make_team())):
        with pytest.raises(NotPermitted):
            customer_delete(customer=acme, reason="", by=who)

    assert Customer.objects.alive().get() == acme


def test_a_deleted_customer_is_hidden_and_comes_back_to_its_owner(
    acme: Customer, rep: Member
) -> None:
    make_order(member=rep, value=5, on=date(2026, 3, 2), customer=acme)

    customer_delete(customer=acme, reason="moved away", by=rep)
    assert not Customer.objects.visible_to(rep).exists()
    assert not SearchKey.objects.filter(customer=acme).exists()
    assert AuditEntry.objects.get(action="customer.delete").details["reason"] == "moved away"
    with pytest.raises(CustomerGone):
        customer_delete(customer=acme, reason="", by=rep)
    with pytest.raises(NotPermitted):
        customer_restore(customer=acme, by=make_member(team=make_team()))
    customer_restore(customer=acme, by=rep)

    assert Customer.objects.visible_to(rep).get().owner == rep
    assert SearchKey.objects.filter(customer=acme).exists()


def test_a_customer_whose_owner_left_comes_back_to_the_pool(acme: Customer, rep: Member) -> None:
    admin = make_member(AccessRole.ADMIN)
    customer_delete(customer=acme, reason="", by=rep)
    Member.objects.filter(pk=rep.pk).update(is_active=False)

    restored = customer_restore(customer=acme, by=admin)

    assert restored.owner is None
    assert CustomerOwnerChange.objects.get().from_owner == rep


def test_deleting_and_restoring_is_no_way_around_the_limit_of_prospects(
    acme: Customer, rep: Member
) -> None:
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=1)
    customer_delete(customer=acme, reason="", by=rep)
    make_customer(owner=rep)

    restored = customer_restore(customer=acme, by=rep)

    assert restored.owner is None
    change = CustomerOwnerChange.objects.get()
    assert (change.from_owner, change.kind) == (rep, "release")


def test_a_customer_that_ordered_comes_back_whatever_its_owner_holds(
    acme: Customer, rep: Member
) -> None:
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=1)
    Customer.objects.filter(pk=acme.pk).update(last_ordered_on=date(2026, 1, 5))
    customer_delete(customer=acme, reason="", by=rep)
    make_customer(owner=rep)

    assert customer_restore(customer=acme, by=rep).owner == rep


def test_after_thirty_days_nobody_brings_a_customer_back(acme: Customer, rep: Member) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        customer_delete(customer=acme, reason="", by=rep)

    with (
        time_machine.travel(datetime(2026, 4, 1, 12, tzinfo=UTC), tick=False),
        pytest.raises(TooLateToRestore),
    ):
        customer_restore(customer=acme, by=rep)

    assert not Customer.objects.alive().exists()


# --- the night


def deleted(days_ago: int, **fields: Any) -> Customer:
    at = timezone.now() - timedelta(days=days_ago)
    return make_customer(deleted_at=at, **fields)


def test_the_night_erases_only_what_nothing_refers_to(rep: Member) -> None:
    today = Organisation.current().today()
    alone = deleted(31, name="Alone")
    make_contact(alone, phone="+49 231 5501420")
    SpecialDate.objects.create(customer=alone, kind="other", month=1, day=1)
    alone.tags.add(Tag.objects.create(name="A"))
    ordered = deleted(31, name="Ordered")
    make_order(member=rep, value=5, on=date(2026, 3, 2), customer=ordered)
    owned = customer_create(values={"name": "Owned"}, by=rep, owner=rep)
    talked = deleted(31, name="Talked")
    make_activity(talked, rep)
    above = deleted(31, name="Above")
    make_customer(name="Below", parent=above)
    survivor = make_customer(name="Survivor")
    deleted(31, name="Merged", merged_into=survivor)
    deleted(29, name="Young")
    Customer.objects.filter(pk=owned.pk).update(deleted_at=timezone.now() - timedelta(days=99))

    assert customers_purge(as_of=today) == 1
    assert customers_purge(as_of=today) == 0

    left = set(Customer.objects.values_list("name", flat=True))
    assert left == {"Ordered", "Owned", "Talked", "Above", "Below", "Survivor", "Merged", "Young"}
    assert not Contact.objects.exists()
    assert not SpecialDate.objects.exists()
    entry = AuditEntry.objects.get(action="customer.purge")
    assert entry.rows == [alone.pk]


def test_the_night_erases_deleted_contacts_whom_no_activity_names(rep: Member) -> None:
    acme = make_customer(owner=rep)
    today = Organisation.current().today()
    long_ago = timezone.now() - timedelta(days=31)
    make_contact(acme, name="Gone", deleted_at=long_ago)
    named = make_contact(acme, name="Named", deleted_at=long_ago)
    make_contact(acme, name="There")
    make_contact(acme, name="Young", deleted_at=timezone.now() - timedelta(days=29))
    make_activity(acme, rep, contact=named)

    assert customers_purge(as_of=today) == 1

    assert set(Contact.objects.values_list("name", flat=True)) == {"Named", "There", "Young"}
