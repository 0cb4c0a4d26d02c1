"""Rows of a file become customers: new ones many at a time, known ones filled in one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.services import audit_record
from apps.customers.custom_fields.values import fields_in_use
from apps.customers.duplicates.services import duplicates_note
from apps.customers.editing.contacts import contact_create
from apps.customers.editing.services import customer_change
from apps.customers.holding import ProspectsFull
from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer, CustomerOwnerChangeKind, Note, Tag
from apps.customers.normalising import email_key, name_keys
from apps.customers.services import customers_spread_allowed
from apps.exchange.customers.rows import Draft
from apps.members.models import Member

LONGEST_REASON = 500


@dataclass
class Made:
    """Customers by the line that made them, and what was otherwise than the line asked."""

    customers: dict[int, int] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)


def customers_make(drafts: Sequence[Draft], *, source: str, by: Member) -> Made:
    """New customers with their contacts, tags, notes, keys and owners: a few statements for all.

    Whoever holds too many already gets no more: such a customer stays in the pool, with a remark.
    """
    if not drafts:
        return Made()
    rows = Customer.objects.bulk_create(
        Customer(**draft.values, custom=draft.custom, is_sample=by.is_sample) for draft in drafts
    )
    made = Made({draft.line: row.pk for draft, row in zip(drafts, rows, strict=True)})
    pairs = list(zip(drafts, rows, strict=True))
    Contact.objects.bulk_create(
        Contact(customer=row, is_sample=row.is_sample, **draft.contact)
        for draft, row in pairs
        if draft.contact
    )
    Note.objects.bulk_create(
        Note(customer=row, author=by, text=draft.note, is_sample=row.is_sample)
        for draft, row in pairs
        if draft.note
    )
    _tag({row.pk: draft.tags for draft, row in pairs if draft.tags}, by)
    ids = [row.pk for row in rows]
    keys_refresh(ids)
    audit_record(
        by=by, action="customer.import", record=Customer, rows=ids, count=len(ids), source=source
    )
    _give(pairs, made, source=source, by=by)
    duplicates_note(ids)
    return made


def _give(pairs: Sequence[tuple[Draft, Customer]], made: Made, *, source: str, by: Member) -> None:
    owners = {row.pk: draft.owner for draft, row in pairs if draft.owner is not None}
    spread = customers_spread_allowed(
        owners=owners, reason=source, kind=CustomerOwnerChangeKind.IMPORT, by=by
    )
    for line, pk in made.customers.items():
        if pk in spread.refused:
            reason = spread.refused[pk]
            words = _("In the pool: %(reason)s") % {"reason": reason.message}
            if isinstance(reason, ProspectsFull):
                # Its own words count what is free before the rows above were taken.
                words = _("In the pool: %(owner)s may hold no more prospects.")
                words %= {"owner": owners[pk].name}
            made.remarks[line] = words[:LONGEST_REASON]


def _tag(wanted: Mapping[int, Sequence[str]], by: Member) -> None:
    """Put tags on new customers; a word that is new becomes a tag."""
    names = {name.upper(): name for some in wanted.values() for name in some}
    if not names:
        return
    known = {tag.name.upper(): tag.pk for tag in Tag.objects.all()}
    fresh = [
        Tag(name=name, is_sample=by.is_sample) for key, name in names.items() if key not in known
    ]
    if fresh:
        Tag.objects.bulk_create(fresh, ignore_conflicts=True)
        known = {tag.name.upper(): tag.pk for tag in Tag.objects.all()}
    through = Customer.tags.through
    through.objects.bulk_create(
        [
            through(customer_id=pk, tag_id=known[name.upper()])
            for pk, some in wanted.items()
            for name in some
        ],
        ignore_conflicts=True,
    )


def customer_fill(draft: Draft, customer: int, *, by: Member | None) -> bool:
    """Fill in what is empty, add the contact if it is new; whether anything was.

    Without `by` nobody is asked: for a customer that the same import has made.
    Raises DomainError where the customer is not the importer's to change.
    """
    held = Customer.objects.get(pk=customer)
    values: dict[str, Any] = {
        name: value
        for name, value in draft.values.items()
        if name != "name" and getattr(held, name) in (None, "")
    }
    for one in fields_in_use():
        if one.key in draft.custom and held.custom.get(one.key) is None:
            values[f"custom_{one.key}"] = draft.custom[one.key]
    try:
        with transaction.atomic():
            customer_change(customer=held, values=values, by=by)
            is_new = bool(draft.contact) and not _has_contact(held, draft.contact)
            if is_new:
                contact_create(customer=held, values=draft.contact, by=by)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error
    return bool(values) or is_new


def _has_contact(customer: Customer, told: Mapping[str, Any]) -> bool:
    """Somebody there has the same email, phone or name."""
    emails = {email_key(one) for one in (told["email"], *told["other_emails"])} - {""}
    phones = {told["phone"], *told["other_phones"]} - {""}
    names = set(name_keys(told["name"]))
    for one in Contact.objects.filter(customer=customer, deleted_at=None):
        same_email = emails & {email_key(text) for text in (one.email, *one.other_emails)}
        same_phone = phones & {one.phone, *one.other_phones}
        if same_email or same_phone or names & set(name_keys(one.name)):
            return True
    return False
