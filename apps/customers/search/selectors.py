"""Customers by any part of their names, contacts, phones and emails, within what the reader sees."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core.models import Organisation
from apps.customers.models import Contact, Customer, KeyKind, SearchKey
from apps.customers.normalising import (
    START,
    email_key,
    neighbours,
    number_grams,
    pairs_of,
    phone_key,
)
from apps.customers.querysets import CustomerQuerySet
from apps.customers.search.asking import LONGEST, Asked, Term, askings, is_in_no_key
from apps.members.querysets import Viewer, reads_contact_data

MOST_HITS = 20
# A customer has several keys that may match; as many are read to have enough different ones.
READ = 10 * MOST_HITS
OF_NAMES = (KeyKind.NAME, KeyKind.CONTACT, KeyKind.INITIALS, KeyKind.CONTACT_INITIALS)
# Somebody who types two letters means the beginning of a name sooner than somebody's initials.
WHOLE = (KeyKind.NAME, KeyKind.CONTACT)
# What it matched by, the likeliest to be meant first.
BY_KIND = (
    KeyKind.NAME, KeyKind.INITIALS, KeyKind.CONTACT, KeyKind.PHONE, KeyKind.EMAIL, KeyKind.CONTACT_INITIALS,
)  # fmt: skip

RANKS = {str(kind): rank for rank, kind in enumerate(BY_KIND)}

type Row = tuple[int, int | None, str, str]


@dataclass(frozen=True)
class Hit:
    """A customer that was found: by its own name, or by a contact's name, phone or email."""

    customer: Customer
    kind: str
    contact: Contact | None
    # The phone or email as it is written at the contact.
    text: str = ""


@dataclass(frozen=True)
class Hits:
    """The first of what was found; `is_more` where there is more than is shown."""

    rows: list[Hit]
    is_more: bool = False


def hits(text: str, user: Viewer, *, most: int = MOST_HITS) -> Hits:
    """What the reader finds by the text: the same first, then what begins with it, then its parts.

    The search stops at the first places that are full, so that a character that everybody's name
    has costs no more than a rare one; the order within is by name.
    """
    with_data = reads_contact_data(user)
    for asked in askings(text, country=Organisation.current().country):
        rows = _rows(asked, user, with_data=with_data, most=most)
        if rows:
            return _hits(rows, user, most)
    return _by_letter(text, user, most) if is_in_no_key(text) else Hits([])


def found_by(text: str, rows: CustomerQuerySet, user: Viewer) -> CustomerQuerySet:
    """Those of the rows that the text finds, for a list's own order and pages."""
    with_data = reads_contact_data(user)
    if is_in_no_key(text):
        return rows.filter(name__icontains=text.replace("\x00", "").strip()[:LONGEST])
    found = rows.none()
    for asked in askings(text, country=Organisation.current().country):
        found = rows
        for term in asked:
            keys = SearchKey.objects.filter(_parts(term, with_data))
            found = found.filter(pk__in=keys.order_by().values("customer"))
        if found.exists():
            break
    return found


def _rows(asked: Asked, user: Viewer, *, with_data: bool, most: int) -> list[Row]:
    """Keys that match, a customer once, the best first; one more than wanted says that there is more."""
    seen = Customer.objects.visible_to(user).order_by().values("pk")
    keys = SearchKey.objects.filter(customer__in=seen)
    found: dict[int, Row] = {}
    for stage in _stages(sorted(asked, key=lambda term: -term.weight), with_data):
        columns = ("customer", "contact", "kind", "value")
        read = list(keys.filter(stage).values_list(*columns)[:READ])
        for row in sorted(read, key=_rank):
            found.setdefault(row[0], row)
        if len(found) > most:
            break
    return list(found.values())[: most + 1]


def _rank(row: Row) -> tuple[int, int, str]:
    _customer, _contact, kind, value = row
    return RANKS[kind], len(value), value


def _stages(asked: Sequence[Term], with_data: bool) -> Iterator[Q]:
    """What is looked for one after the other, until enough is found."""
    first, *others = asked
    if not others:
        yield from _of_one(first, with_data)
        return
    # All in one name, which the index answers at once; then spread over a customer's names.
    yield Q(kind__in=OF_NAMES) & reduce(and_, (_in_name(term.name) for term in asked))
    spread = _parts(first, with_data)
    for term in others:
        same = SearchKey.objects.filter(_parts(term, with_data), customer=OuterRef("customer"))
        spread &= Q(Exists(same))
    yield spread


def _of_one(term: Term, with_data: bool) -> Iterator[Q]:
    name = term.name
    if name:
        yield Q(kind__in=WHOLE, value=name)
        starts = [START + name[:2], *pairs_of(name)]
        yield Q(kind__in=OF_NAMES, grams__contains=starts, value__startswith=name)
    if len(name) != 1 or not name.isascii():
        yield _parts(term, with_data)


def _in_name(name: str) -> Q:
    """One Latin letter counts only where a name begins with it."""
    grams = pairs_of(name) or [START + name if name.isascii() else name]
    return Q(grams__contains=grams, value__contains=name)


def _parts(term: Term, with_data: bool) -> Q:
    """Keys that hold the term anywhere."""
    wanted = Q(kind__in=OF_NAMES) & _in_name(term.name) if term.name else Q(pk__in=[])
    if with_data:
        for number in term.numbers:
            wanted |= Q(
                kind=KeyKind.PHONE, grams__contains=_longest(number), value__contains=number
            )
        if term.email:
            parts = neighbours(term.email, 3)
            wanted |= Q(kind=KeyKind.EMAIL, grams__contains=parts, value__contains=term.email)
    return wanted


def _longest(number: str) -> list[str]:
    return neighbours(number, 4) or number_grams(number)


def _hits(rows: Iterable[Row], user: Viewer, most: int) -> Hits:
    rows = list(rows)
    seen = Customer.objects.visible_to(user).filter(pk__in=[row[0] for row in rows])
    customers = {one.pk: one for one in seen.for_list()}
    contacts = Contact.objects.visible_to(user).in_bulk([row[1] for row in rows if row[1]])
    country = Organisation.current().country
    found = []
    for customer, contact, kind, value in rows[:most]:
        if customer in customers:
            person = contacts.get(contact) if contact else None
            text = _written(person, kind, value, country)
            found.append(Hit(customers[customer], kind, person, text))
    return Hits(found, is_more=len(rows) > most)


def _written(contact: Contact | None, kind: str, value: str, country: str) -> str:
    """The phone or email with that key, as it is written at the contact."""
    if contact is None:
        return ""
    if kind == KeyKind.PHONE:
        phones = (contact.phone, *contact.other_phones)
        return next((one for one in phones if phone_key(one, country=country) == value), "")
    if kind == KeyKind.EMAIL:
        emails = (contact.email, *contact.other_emails)
        return next((one for one in emails if email_key(one) == value), "")
    return ""


def _by_letter(text: str, user: Viewer, most: int) -> Hits:
    """By the name as it is written: a legal form alone, say, is in no key."""
    written = text.replace("\x00", "").strip()[:LONGEST]
    if not written:
        return Hits([])
    rows: QuerySet[Any] = Customer.objects.visible_to(user).filter(name__icontains=written)
    found = list(rows.for_list().order_by("name", "pk")[: most + 1])  # type: ignore[attr-defined]
    return Hits([Hit(one, KeyKind.NAME, None) for one in found[:most]], len(found) > most)
