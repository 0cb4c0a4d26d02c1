"""Writes the keys by which customers are found and compared (`SearchKey`)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from django.db import transaction

from apps.core.models import Organisation
from apps.customers.models import Contact, Customer, KeyKind, SearchKey
from apps.customers.normalising import (
    email_key,
    initials_keys,
    name_grams,
    name_keys,
    neighbours,
    number_grams,
    phone_key,
)

BATCH = 1000


class Key(NamedTuple):
    customer: int
    contact: int | None
    kind: str
    value: str


def keys_refresh(customers: Collection[int] | None = None) -> int:
    """Make the keys of these customers (by id; None: of all) what their names and contacts say.

    Only what differs is written; the answer is the number of rows written and deleted. Customers
    that are deleted or merged away have no keys, nor have deleted contacts. The customers are
    locked in the order of their keys, a thousand in a transaction (or in the caller's).
    """
    if customers is None:
        return _refresh_all()
    wanted = sorted(set(customers))
    return sum(_refresh(wanted[at : at + BATCH]) for at in range(0, len(wanted), BATCH))


def _refresh_all() -> int:
    written, last = 0, 0
    rows = Customer.objects.order_by("pk").values_list("pk", flat=True)
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        written += _refresh(batch)
        last = batch[-1]
    return written


@transaction.atomic
def _refresh(customers: list[int]) -> int:
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=customers).order_by("pk")
    alive = [row for row in rows.only("name", "is_sample", "deleted_at") if not row.deleted_at]
    wanted = dict.fromkeys(_wanted(alive))
    stale, kept = [], set()
    held = SearchKey.objects.filter(customer__in=customers).order_by("pk")
    for pk, customer, contact, kind, value in held.values_list("pk", *Key._fields):
        key = Key(customer, contact, kind, value)
        if key in wanted and key not in kept:
            kept.add(key)
        else:
            stale.append(pk)
    SearchKey.objects.filter(pk__in=stale).delete()
    samples = {row.pk for row in alive if row.is_sample}
    new = [_row(key, is_sample=key.customer in samples) for key in wanted if key not in kept]
    SearchKey.objects.bulk_create(new)
    return len(stale) + len(new)


def _row(key: Key, *, is_sample: bool) -> SearchKey:
    return SearchKey(
        customer_id=key.customer,
        contact_id=key.contact,
        kind=key.kind,
        value=key.value,
        grams=grams_of(key.kind, key.value),
        is_sample=is_sample,
    )


def grams_of(kind: str, value: str) -> list[str]:
    """What a key is found by: phones and emails by three characters or more, names by any."""
    if kind == KeyKind.PHONE:
        return sorted(set(number_grams(value)))
    if kind == KeyKind.EMAIL:
        return sorted(set(neighbours(value, 3)))
    return name_grams(value)


def _wanted(rows: Iterable[Customer]) -> Iterator[Key]:
    country = Organisation.current().country
    contacts = defaultdict(list)
    customers = {row.pk: row for row in rows}
    for contact in Contact.objects.filter(customer__in=customers, deleted_at=None).order_by("pk"):
        contacts[contact.customer_id].append(contact)
    for row in customers.values():
        for value in name_keys(row.name):
            yield Key(row.pk, None, KeyKind.NAME, value)
        for value in initials_keys(row.name):
            yield Key(row.pk, None, KeyKind.INITIALS, value)
        for contact in contacts[row.pk]:
            yield from _of_contact(contact, country)


def _of_contact(contact: Contact, country: str) -> Iterator[Key]:
    told = (
        (KeyKind.CONTACT, name_keys(contact.name)),
        (KeyKind.CONTACT_INITIALS, initials_keys(contact.name, is_person=True)),
        (
            KeyKind.PHONE,
            [phone_key(one, country=country) for one in (contact.phone, *contact.other_phones)],
        ),
        (KeyKind.EMAIL, [email_key(one) for one in (contact.email, *contact.other_emails)]),
    )
    for kind, values in told:
        for value in filter(None, values):
            yield Key(contact.customer_id, contact.pk, kind, value)
