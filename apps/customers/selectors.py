"""Reads of the customer pages."""

from dataclasses import dataclass

from apps.customers.models import Contact, Customer
from apps.members.querysets import Viewer, access_role

MASK = "••••"


@dataclass(frozen=True)
class ContactLine:
    """A contact as the reader may see it: who may not read phone and email gets a mask."""

    contact: Contact
    phone: str
    email: str
    is_masked: bool


def contacts_of(customer: Customer, user: Viewer) -> list[ContactLine]:
    role = access_role(user)
    is_masked = role is None or not role.sees_contact_data
    return [
        ContactLine(
            contact,
            MASK if is_masked and contact.phone else contact.phone,
            MASK if is_masked and contact.email else contact.email,
            is_masked,
        )
        for contact in Contact.objects.visible_to(user).filter(customer=customer)
    ]
