"""The people at a customer: added, changed, taken away and brought back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.duplicates.services import duplicates_note
from apps.customers.editing.masks import masked_pair
from apps.customers.editing.three_way import settle
from apps.customers.editing.values import ChangedMeanwhile, plain_value, printable_checked
from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer
from apps.customers.selectors import RESTORE_DAYS
from apps.customers.writing import customer_held
from apps.members.models import Member

FIELDS = (
    "name",
    "job_title",
    "decision_role",
    "phone",
    "email",
    "other_phones",
    "other_emails",
    "preferred_channel",
    "preferred_time",
    "is_former",
)
LISTS = frozenset({"other_phones", "other_emails"})
# What the audit trail may say in clear: choices of ours, nothing of the person.
CLEAR = frozenset({"decision_role", "preferred_channel", "is_former"})


class ContactGone(DomainError):  # noqa: N818 - named for what happened
    """The contact was deleted meanwhile."""


class TooLateToRestore(DomainError):  # noqa: N818 - named for what is the case
    """What was deleted so long ago can't be brought back."""


def contact_told(contact: Contact) -> dict[str, Any]:
    """The contact's plain values, to be compared with what a form was drawn with."""
    return {name: getattr(contact, name) for name in FIELDS}


@transaction.atomic
def contact_create(
    *, customer: Customer, values: Mapping[str, Any], by: Member | None, is_checked: bool = False
) -> Contact:
    """Add a person at the customer; `is_checked`: the caller holds the customer and has the right."""
    held = customer if is_checked else customer_held(customer, by)
    contact = Contact(customer=held, is_sample=held.is_sample)
    changes = _written(contact, _cleaned(values))
    audit_record(by=by, action="contact.create", record=contact, changes=changes)
    if not is_checked:
        keys_refresh([held.pk])
        duplicates_note([held.pk])
    return contact


@transaction.atomic
def contact_change(
    *,
    contact: Contact,
    values: Mapping[str, Any],
    by: Member | None,
    base: Mapping[str, Any] | None = None,
) -> Contact:
    """Change a contact; `base` and refusals as with `customer_change`."""
    held = _held(contact, by)
    values = _cleaned(values)
    wanted = {name: _plain(name, value) for name, value in values.items()}
    settled = settle(base=base, now=contact_told(held), wanted=wanted)
    if settled.clashes:
        raise ChangedMeanwhile(settled.clashes)
    if settled.writes:
        changes = _written(held, {name: wanted[name] for name in wanted if name in settled.writes})
        audit_record(by=by, action="contact.change", record=held, changes=changes)
        keys_refresh([held.customer_id])
        duplicates_note([held.customer_id])
    return held


@transaction.atomic
def contact_delete(*, contact: Contact, by: Member | None) -> None:
    """Take a contact away; what was written of talks with them stays, and they can come back."""
    held = _held(contact, by)
    held.deleted_at, held.deleted_by = timezone.now(), by
    held.save(update_fields=["deleted_at", "deleted_by"])
    audit_record(by=by, action="contact.delete", record=held)
    keys_refresh([held.customer_id])
    duplicates_note([held.customer_id])


@transaction.atomic
def contact_restore(*, contact: Contact, by: Member | None) -> Contact:
    """Bring a deleted contact back. Raises TooLateToRestore after 30 days, or once it was erased."""
    customer_held(contact.customer, by)
    held: Contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if held.deleted_at is None:
        return held
    if held.erased_at is not None or not is_restorable(held):
        raise TooLateToRestore(
            _("This contact was deleted more than %(days)s days ago: add them anew.")
            % {"days": RESTORE_DAYS}
        )
    held.deleted_at = held.deleted_by = None
    held.save(update_fields=["deleted_at", "deleted_by"])
    audit_record(by=by, action="contact.restore", record=held)
    keys_refresh([held.customer_id])
    duplicates_note([held.customer_id])
    return held


def is_restorable(record: Customer | Contact) -> bool:
    """Whether a deleted record can still come back: up to the thirtieth day after its deletion."""
    if record.deleted_at is None:
        return False
    organisation = Organisation.current()
    last = organisation.day_of(record.deleted_at) + timedelta(days=RESTORE_DAYS)
    return organisation.today() <= last


def _held(contact: Contact, by: Member | None) -> Contact:
    customer_held(contact.customer, by)
    held: Contact | None = (
        Contact.objects.select_for_update().filter(pk=contact.pk, deleted_at__isnull=True).first()
    )
    if held is None:
        raise ContactGone(
            _("This contact was deleted meanwhile: the customer's page shows who there is.")
        )
    return held


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever the field takes
    """Lists keep their order: the first number is the one to try first."""
    if name in LISTS:
        return [one.strip() for one in value if one.strip()]
    return plain_value(value)


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(FIELDS):
        raise KeyError(sorted(unknown))
    printable_checked(values)
    return {name: _plain(name, value) for name, value in values.items()}


def _written(contact: Contact, values: Mapping[str, Any]) -> dict[str, Any]:
    before = values_of(contact, values) if contact.pk else {}
    for name, value in values.items():
        setattr(contact, name, value)
    changes = changed_values(contact, before, values)
    others = {field.name for field in contact._meta.concrete_fields} - set(values)
    contact.full_clean(exclude=others if contact.pk else others - {"name"})
    contact.save(update_fields=list(values) if contact.pk else None)
    return {
        name: pair if name in CLEAR else masked_pair(*pair)
        for name, pair in changes.items()
        if pair[0] or pair[1]
    }
