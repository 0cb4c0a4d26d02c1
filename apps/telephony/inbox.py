"""Working off calls without a customer: to whom they belong, or why they are nobody's business."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.editing.contacts import contact_change, contact_create
from apps.customers.models import Contact, Customer
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.telephony.models import PhoneCall
from apps.telephony.refusals import AlreadyHandled
from apps.telephony.services import activity_of_call, call_facts

LONGEST_REASON = 200


@transaction.atomic
def call_assign(
    *,
    call: PhoneCall,
    customer: Customer,
    by: Member,
    contact: Contact | None = None,
    new_contact: str = "",
) -> PhoneCall:
    """The call was with this customer: its activity is written, for whoever had the call.

    The number is kept with `contact`, or with a new contact of that name; with neither it is not.
    A call of nobody's extension becomes the person's own.

    Raises:
        AlreadyHandled: somebody else has assigned or dismissed it meanwhile.
        CustomerGone, NotPermitted: see `customer_held`.
        DomainError: a contact of another customer, or see `activity_log`.
    """
    held = _held(call, by)
    found = customer_held(customer, by)
    if contact is not None and contact.customer_id != found.pk:
        raise DomainError(_("Choose a contact of this customer."))
    held.customer, held.contact = found, contact
    if held.number and (contact is not None or new_contact.strip()):
        held.contact = _with_number(held.number, found, contact, new_contact.strip(), by)
    held.member = held.member or by
    held.assigned_at, held.assigned_by, held.problem = timezone.now(), by, ""
    held.activity = activity_of_call(held, call_facts(held), by=by)
    held.save()
    audit_record(by=by, action="phonecall.assign", record=held, changes={"customer": [None, found]})
    return held


def _with_number(
    number: str, customer: Customer, contact: Contact | None, name: str, by: Member
) -> Contact:
    if contact is None:
        return contact_create(customer=customer, values={"name": name, "phone": number}, by=by)
    if not contact.phone:
        return contact_change(contact=contact, values={"phone": number}, by=by)
    if number in (contact.phone, *contact.other_phones):
        return contact
    return contact_change(
        contact=contact, values={"other_phones": [*contact.other_phones, number]}, by=by
    )


@transaction.atomic
def call_dismiss(*, call: PhoneCall, reason: str, by: Member) -> PhoneCall:
    """Nobody has to do anything about the call, for that reason. Raises as `call_assign`."""
    if not reason.strip():
        raise DomainError(_("Say why nobody has to do anything about this call."))
    held = _held(call, by)
    held.dismissed_at, held.dismissed_by = timezone.now(), by
    held.dismissed_reason = reason.strip()[:LONGEST_REASON]
    held.save(update_fields=["dismissed_at", "dismissed_by", "dismissed_reason"])
    audit_record(by=by, action="phonecall.dismiss", record=held, reason=held.dismissed_reason)
    return held


def _held(call: PhoneCall, by: Member) -> PhoneCall:
    rows = PhoneCall.objects.select_for_update().prefetch_related("member", "system")
    held: PhoneCall = rows.get(pk=call.pk)
    if not PhoneCall.objects.editable_by(by).filter(pk=held.pk).exists():
        raise NotPermitted(_("This call is somebody else's."))
    if held.customer_id is not None or held.dismissed_at is not None or not held.problem:
        raise AlreadyHandled(_("Somebody has worked this call off meanwhile: see the list."))
    return held
