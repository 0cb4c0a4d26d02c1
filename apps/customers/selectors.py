"""Reads of the customer pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from apps.customers.models import Contact, Customer, CustomerOwnerChange
from apps.members.querysets import Viewer, reads_contact_data

MASK = "••••"


@dataclass(frozen=True)
class ContactLine:
    """A contact as the reader may see it: who may not read phone and email gets a mask."""

    contact: Contact
    phone: str
    email: str
    is_masked: bool


class OfCustomer(Protocol):
    """A record that may name a customer."""

    customer_id: int | None


def visible_customers(user: Viewer, rows: Iterable[OfCustomer]) -> set[int]:
    """Ids of the rows' customers that the user may open: only these names are links.

    One query for a page of rows: asked row by row in the list's own query, the planner reads
    every customer there is.
    """
    named = {row.customer_id for row in rows if row.customer_id is not None}
    if not named:
        return set()
    seen = Customer.objects.visible_to(user).filter(pk__in=named)
    return set(seen.order_by().values_list("pk", flat=True))


def owners_of(customer: Customer) -> list[CustomerOwnerChange]:
    """Who had the customer before: its changes of owner, the latest first."""
    changes = CustomerOwnerChange.objects.filter(customer=customer)
    return list(
        changes.select_related("from_owner", "to_owner", "by").order_by("-on", "-at", "-pk")
    )


def contacts_of(customer: Customer, user: Viewer) -> list[ContactLine]:
    is_masked = not reads_contact_data(user)
    return [
        ContactLine(
            contact,
            MASK if is_masked and contact.phone else contact.phone,
            MASK if is_masked and contact.email else contact.email,
            is_masked,
        )
        for contact in Contact.objects.visible_to(user).filter(customer=customer)
    ]
