"""Whose data it is about: a contact, or a customer who is a person."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from apps.customers.models import Contact, Customer

CONTACT, CUSTOMER = "contact", "customer"
KINDS = (CONTACT, CUSTOMER)
GONE = "•••"
# Shorter ones stand in too many other words.
SHORTEST = 2


@dataclass(frozen=True)
class Person:
    """One person in our records, and the words by which free texts name them."""

    kind: str
    record: Contact | Customer
    # The customer's own id and those that were merged into it.
    customers: tuple[int, ...]
    contacts: tuple[int, ...]
    names: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]

    @property
    def is_whole_customer(self) -> bool:
        """Every text at the customer is about them, not only where it names them."""
        return self.kind == CUSTOMER

    @property
    def of_customer(self) -> Q:
        return Q(customer__in=self.customers)

    def without(self, text: str) -> str:
        """The text with every name, address and number of the person blotted out."""
        words = (*self.names, *self.emails, *self.phones)
        found = [re.escape(word) for word in words if len(word) >= SHORTEST]
        if not found or not text:
            return text
        longest_first = sorted(set(found), key=len, reverse=True)
        return re.sub("|".join(longest_first), GONE, text, flags=re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        return self.without(text) != text


def person_of(kind: str, pk: int) -> Person | None:
    """The person of a record, deleted or not; None where there is none or it is erased."""
    return _contact(pk) if kind == CONTACT else _customer(pk)


def _contact(pk: int) -> Person | None:
    contact = Contact.objects.filter(pk=pk, erased_at__isnull=True).first()
    if contact is None:
        return None
    return _person(CONTACT, contact, (contact.customer_id,), [contact], ())


def _customer(pk: int) -> Person | None:
    customer = Customer.objects.filter(pk=pk, merged_into__isnull=True).first()
    if customer is None:
        return None
    customers = (pk, *_absorbed([pk]))
    contacts = Contact.objects.filter(customer__in=customers).order_by("pk")
    names = Customer.objects.filter(pk__in=customers).order_by("pk").values_list("name", flat=True)
    return _person(CUSTOMER, customer, customers, contacts, tuple(names))


def _absorbed(customers: list[int]) -> list[int]:
    """Customers that were merged into these, and those merged into them before."""
    inner = Customer.objects.filter(merged_into__in=customers).order_by("pk")
    found = list(inner.values_list("pk", flat=True))
    return [*found, *_absorbed(found)] if found else []


def _person(
    kind: str,
    record: Contact | Customer,
    customers: tuple[int, ...],
    contacts: Iterable[Contact],
    names: tuple[str, ...],
) -> Person:
    people = list(contacts)
    return Person(
        kind=kind,
        record=record,
        customers=customers,
        contacts=tuple(one.pk for one in people),
        names=_told((*names, *(one.name for one in people))),
        emails=_told(mail for one in people for mail in (one.email, *one.other_emails)),
        phones=_told(phone for one in people for phone in (one.phone, *one.other_phones)),
    )


def _told(words: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
