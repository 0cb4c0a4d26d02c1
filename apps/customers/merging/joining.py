"""Contacts that are one person twice are joined; what named the second names the first."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.merging.belongings import contact_fields, key_of
from apps.customers.merging.moves import Moved, rows_moved
from apps.customers.models import Contact, Customer
from apps.customers.normalising import email_key, name_keys, phone_key
from apps.members.models import Member

JOINED = "customers.Contact.joined"


def contacts_joined(customer: Customer, *, by: Member) -> Moved:
    """Join contacts with the same name, phones and emails; the oldest one stays.

    The answer says which were joined into which, and which rows followed:
    [row, contact it named, contact it names].
    """
    country = Organisation.current().country
    alike: dict[object, list[Contact]] = defaultdict(list)
    kept = Contact.objects.filter(customer=customer, deleted_at=None, erased_at=None)
    for contact in kept.order_by("pk"):
        alike[_identity(contact, country)].append(contact)
    moved: Moved = defaultdict(list)
    for first, *others in alike.values():
        if others:
            ids = [one.pk for one in others]
            for field in contact_fields():
                rows = rows_moved(field, sources=ids, to=first.pk)
                moved[key_of(field)] += [[*one, first.pk] for one in rows]
            _keep_do_not_call(first, others)
            Contact.objects.filter(pk__in=ids).update(deleted_at=timezone.now(), deleted_by=by)
            moved[JOINED] += [[pk, first.pk] for pk in ids]
    return dict(moved)


def _keep_do_not_call(first: Contact, others: Iterable[Contact]) -> None:
    """Who must not be called at one of the customers must not be called at what they become.

    Parting them again leaves it so: somebody asked for it.
    """
    told = [one for one in others if one.do_not_call_at is not None]
    if first.do_not_call_at is None and told:
        first.do_not_call_at = told[0].do_not_call_at
        first.do_not_call_reason = told[0].do_not_call_reason
        first.save(update_fields=["do_not_call_at", "do_not_call_reason"])


def _identity(contact: Contact, country: str) -> object:
    """What makes two contacts one: everything that they are reached and called by, and their job."""
    phones = (phone_key(one, country=country) for one in (contact.phone, *contact.other_phones))
    emails = (email_key(one) for one in (contact.email, *contact.other_emails))
    return (
        tuple(name_keys(contact.name)),
        contact.job_title.casefold().strip(),
        frozenset(filter(None, phones)),
        frozenset(filter(None, emails)),
        contact.is_former,
    )
