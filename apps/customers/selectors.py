"""Reads of the customer pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from apps.customers.models import Contact, Customer, DecisionRole
from apps.members.querysets import Viewer, reads_contact_data

MASK = "••••"
# Days in which what was deleted can come back.
RESTORE_DAYS = 30
# Merges one after the other that an old address is followed through.
MOST_MERGES = 20
MOST_WORDS = 50


@dataclass(frozen=True)
class ContactLine:
    """A contact as the reader may see it: who may not read phones and emails gets masks."""

    contact: Contact
    phones: list[str]
    emails: list[str]
    is_masked: bool

    @property
    def phone(self) -> str:
        return self.phones[0] if self.phones else ""

    @property
    def is_dialled(self) -> bool:
        """Whether there is a number that the reader sees and that may be dialled at all."""
        return bool(self.phones) and not self.is_masked and self.contact.do_not_call_at is None

    @property
    def email(self) -> str:
        return self.emails[0] if self.emails else ""


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


def words_seen(user: Viewer, field: str) -> list[str]:
    """Different texts in a field of the customers that the user sees, the first ones by name."""
    rows = Customer.objects.visible_to(user).filter(**{f"{field}__gt": ""}).order_by(field)
    return list(rows.values_list(field, flat=True).distinct()[:MOST_WORDS])


def contacts_of(customer: Customer, user: Viewer) -> list[ContactLine]:
    """Whom to call first comes first: who decides, then by name; who left, last."""
    seen = Contact.objects.visible_to(user).filter(customer=customer)
    decides = Case(When(decision_role=DecisionRole.DECISION_MAKER, then=Value(0)), default=Value(1))
    is_masked = not reads_contact_data(user)
    return [
        contact_line(contact, is_masked=is_masked)
        for contact in seen.order_by("is_former", decides, "name", "pk")
    ]


def contact_line(contact: Contact, *, is_masked: bool) -> ContactLine:
    phones = [one for one in (contact.phone, *contact.other_phones) if one]
    emails = [one for one in (contact.email, *contact.other_emails) if one]
    if is_masked:
        phones, emails = [MASK] * len(phones), [MASK] * len(emails)
    return ContactLine(contact, phones, emails, is_masked)


def deleted_contacts(user: Viewer) -> QuerySet[Contact]:
    """Contacts that were deleted lately, of customers that the person may change."""
    mine = Customer.objects.editable_by(user).order_by().values("pk")
    since = timezone.now() - timedelta(days=RESTORE_DAYS + 1)
    rows = Contact.objects.filter(customer__in=mine, deleted_at__gte=since, erased_at__isnull=True)
    found: QuerySet[Contact] = rows.select_related("customer", "deleted_by")
    return found


def survivor_of(pk: int) -> int | None:
    """What the customer became by merging, at the end of a chain of merges; None if it did not."""
    ends: int | None = None
    for _step in range(MOST_MERGES):
        rows = Customer.objects.filter(pk=ends or pk).values_list("merged_into", flat=True)
        further = rows.first()
        if further is None:
            return ends
        ends = further
    return ends
