"""The customer list as a file: all that the list can show, and each customer's first contact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Value, When, Window
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.formats import listed, organisation_currency
from apps.customers.custom_fields.values import cell_value, fields_in_use
from apps.customers.models import Contact, Customer, CustomField, DecisionRole
from apps.customers.selectors import MASK
from apps.customers.tagging.selectors import tags_of
from apps.members.querysets import Viewer, reads_contact_data


@dataclass(frozen=True)
class CustomerLine:
    """A customer with the contact to call first (who decides, else by name) and how many there are."""

    customer: Customer
    contact: Contact | None
    contacts: int
    tags: list[str]


def customer_export(user: Viewer) -> Export:
    """Columns in the reader's language; phones and addresses only for those who read them."""
    revenue = f"{_('Annual revenue')} ({organisation_currency()})"
    phone, email = _of_contact(user, "phone"), _of_contact(user, "email")
    customs = fields_in_use()
    columns = (
        ExportColumn(gettext_lazy("Customer"), lambda line: line.customer.name, width=36),
        ExportColumn(gettext_lazy("Owner"), _owner, width=24),
        ExportColumn(gettext_lazy("Industry"), lambda line: line.customer.industry, width=22),
        ExportColumn(gettext_lazy("Region"), lambda line: line.customer.region),
        ExportColumn(gettext_lazy("Source"), lambda line: line.customer.source),
        ExportColumn(gettext_lazy("Employees"), lambda line: line.customer.employees),
        ExportColumn(revenue, lambda line: line.customer.annual_revenue, width=22),
        ExportColumn(gettext_lazy("Founded in"), lambda line: line.customer.founded_year),
        ExportColumn(gettext_lazy("Tier"), lambda line: tier_text(line.customer), width=20),
        ExportColumn(gettext_lazy("Lifecycle"), lambda line: line.customer.get_lifecycle_display()),
        ExportColumn(gettext_lazy("Tags"), lambda line: listed(line.tags), width=24),
        ExportColumn(gettext_lazy("Last contact"), _last_contact),
        ExportColumn(gettext_lazy("Last order"), lambda line: line.customer.last_ordered_on),
        ExportColumn(gettext_lazy("Hold ends"), lambda line: line.customer.hold_ends_on),
        ExportColumn(gettext_lazy("Potential score"), lambda line: line.customer.potential_score),
        ExportColumn(gettext_lazy("Created"), _created),
        *map(_custom, customs),
        ExportColumn(gettext_lazy("Contacts"), lambda line: line.contacts),
        ExportColumn(gettext_lazy("Contact"), lambda line: _told(line, "name"), width=24),
        ExportColumn(gettext_lazy("Job title"), lambda line: _told(line, "job_title"), width=24),
        ExportColumn(gettext_lazy("Phone"), phone, width=20),
        ExportColumn(gettext_lazy("Email"), email, width=30),
    )
    return Export("customers", columns, lambda batch: _with_contacts(batch, user))


def tier_text(customer: Customer) -> str:
    """“Tier A”, never a bare letter; a provisional one says so."""
    if customer.is_tier_provisional:
        return _("%(tier)s, provisional") % {"tier": customer.get_tier_display()}
    return str(customer.get_tier_display())


def _custom(custom: CustomField) -> ExportColumn:
    return ExportColumn(
        custom.label, lambda line: cell_value(custom, line.customer.custom.get(custom.key)), 20
    )


def _last_contact(line: CustomerLine) -> date | None:
    return _day(line.customer.last_contacted_at)


def _created(line: CustomerLine) -> date | None:
    return _day(line.customer.created_at)


def _day(at: datetime | None) -> date | None:
    """The day in the reader's zone."""
    return timezone.localtime(at).date() if at else None


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
    tags = tags_of(row.pk for row in batch)
    lines = []
    for row in batch:
        contact = found.get(row.pk)
        count = contact.contacts if contact else 0
        lines.append(CustomerLine(row, contact, count, tags.get(row.pk, [])))
    return lines
