"""The customer list as a file, with each customer's first contact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Value, When, Window
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.formats import organisation_currency
from apps.customers.models import Contact, Customer, DecisionRole
from apps.customers.selectors import MASK
from apps.members.querysets import Viewer, reads_contact_data


@dataclass(frozen=True)
class CustomerLine:
    """A customer with the contact to call first (who decides, else by name) and how many there are."""

    customer: Customer
    contact: Contact | None
    contacts: int


def customer_export(user: Viewer) -> Export:
    """Columns in the reader's language; phones and addresses only for those who read them."""
    revenue = f"{_('Annual revenue')} ({organisation_currency()})"
    phone, email = _of_contact(user, "phone"), _of_contact(user, "email")
    columns = (
        ExportColumn(gettext_lazy("Customer"), lambda line: line.customer.name, width=36),
        ExportColumn(gettext_lazy("Owner"), _owner, width=24),
        ExportColumn(gettext_lazy("Industry"), lambda line: line.customer.industry, width=22),
        ExportColumn(gettext_lazy("Region"), lambda line: line.customer.region),
        ExportColumn(gettext_lazy("Source"), lambda line: line.customer.source),
        ExportColumn(gettext_lazy("Employees"), lambda line: line.customer.employees),
        ExportColumn(revenue, lambda line: line.customer.annual_revenue, width=22),
        ExportColumn(gettext_lazy("Founded in"), lambda line: line.customer.founded_year),
        ExportColumn(gettext_lazy("Contacts"), lambda line: line.contacts),
        ExportColumn(gettext_lazy("Contact"), lambda line: _told(line, "name"), width=24),
        ExportColumn(gettext_lazy("Job title"), lambda line: _told(line, "job_title"), width=24),
        ExportColumn(gettext_lazy("Phone"), phone, width=20),
        ExportColumn(gettext_lazy("Email"), email, width=30),
    )
    return Export("customers", columns, lambda batch: _with_contacts(batch, user))


def _owner(line: CustomerLine) -> str:
    return line.customer.owner.name if line.customer.owner else _("Pool")


def _told(line: CustomerLine, field: str) -> str:
    return getattr(line.contact, field) if line.contact else ""


def _of_contact(user: Viewer, field: str) -> Callable[[CustomerLine], str]:
    if reads_contact_data(user):
        return lambda line: _told(line, field)
    return lambda line: MASK if _told(line, field) else ""


def _with_contacts(batch: Sequence[Any], user: Viewer) -> list[CustomerLine]:
    seen = Contact.objects.visible_to(user).filter(customer__in=[row.pk for row in batch])
    decides = Case(When(decision_role=DecisionRole.DECISION_MAKER, then=Value(0)), default=Value(1))
    first = (
        seen.annotate(contacts=Window(Count("pk"), partition_by="customer"))
        .order_by("customer_id", decides, "name", "pk")
        .distinct("customer_id")
    )
    found = {contact.customer_id: contact for contact in first}
    lines = []
    for row in batch:
        contact = found.get(row.pk)
        lines.append(CustomerLine(row, contact, contact.contacts if contact else 0))
    return lines
