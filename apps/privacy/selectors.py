"""Finding the person that a request for information or erasure is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from apps.customers.models import Contact, Customer
from apps.privacy.models import Erasure
from apps.privacy.people import CONTACT, CUSTOMER, Person
from apps.privacy.sources import SOURCES

MOST = 50


@dataclass(frozen=True)
class Found:
    """A person that fits what was looked for, deleted ones included."""

    kind: str
    pk: int
    name: str
    customer: Customer
    contact: Contact | None
    is_deleted: bool


@dataclass(frozen=True)
class Held:
    """How many rows of a kind are about the person."""

    label: Any
    count: int


def people_found(text: str) -> list[Found]:
    """Contacts and customers by part of a name, an address or a number; at most MOST of each."""
    return [*_contacts(text), *_customers(text)]


def _contacts(text: str) -> list[Found]:
    rows: QuerySet[Contact] = Contact.objects.filter(
        Q(name__icontains=text)
        | Q(email__icontains=text)
        | Q(phone__icontains=text)
        | Q(other_emails__icontains=text)
        | Q(other_phones__icontains=text),
        erased_at__isnull=True,
    ).select_related("customer")
    return [
        Found(CONTACT, one.pk, one.name, one.customer, one, one.deleted_at is not None)
        for one in rows.order_by("name", "pk")[:MOST]
    ]


def _customers(text: str) -> list[Found]:
    erased = Erasure.objects.filter(kind=CUSTOMER).values("record_id")
    rows: QuerySet[Customer] = Customer.objects.filter(
        name__icontains=text, merged_into__isnull=True
    ).exclude(pk__in=erased)
    return [
        Found(CUSTOMER, one.pk, one.name, one, None, one.deleted_at is not None)
        for one in rows.order_by("name", "pk")[:MOST]
    ]


def held_of(person: Person) -> Sequence[Held]:
    """What an export would hold, kind by kind; kinds without rows are left out."""
    counted = [Held(one.label, sum(1 for _row in one.read(person))) for one in SOURCES]
    return [one for one in counted if one.count]


def latest_erasures() -> QuerySet[Erasure]:
    rows: QuerySet[Erasure] = Erasure.objects.select_related("by")
    return rows.order_by(F("at").desc(), F("pk").desc())[:MOST]
