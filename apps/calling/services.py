"""The rules of calling, and who must not be called: changes, each with its permission and its record."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.calling.models import CallRules
from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.editing.contacts import ContactGone
from apps.customers.editing.masks import masked_pair
from apps.customers.models import Contact
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind

RULES = ("first", "until", "most_a_day", "minutes_apart", "are_weekends_allowed")
LONGEST_REASON = 300


class ReasonMissing(DomainError):  # noqa: N818 - named for what is missing
    """Both need a reason: somebody will ask for it."""


@transaction.atomic
def call_rules_save(*, rules: CallRules, by: Member) -> None:
    """Save when and how often customers may be called, from now on.

    Raises:
        NotPermitted: only administrators change settings.
        ValidationError: an hour that ends before it begins, or a number out of its range.
    """
    if writes(by, RecordKind.SETTINGS) is not Reach.ALL:
        raise NotPermitted(_("You may read this record, but not change it."))
    held = CallRules.objects.select_for_update().get(pk=CallRules.current().pk)
    before = values_of(held, RULES)
    for name in RULES:
        setattr(held, name, getattr(rules, name))
    held.full_clean()
    held.save(update_fields=RULES)
    if changes := changed_values(held, before):
        audit_record(by=by, action="callrules.update", record=held, changes=changes)


def may_lift(user: Viewer) -> bool:
    """Allow calls again: for those who lead, and for administrators."""
    return writes(user, RecordKind.SALES) >= Reach.SUBTREE


@transaction.atomic
def do_not_call_set(*, contact: Contact, reason: str, by: Member) -> Contact:
    """From now on nobody calls or texts the contact. Who has it so already keeps the first day.

    Raises:
        ReasonMissing: no reason.
        CustomerGone, NotPermitted: see `customer_held`. ContactGone: it was deleted meanwhile.
    """
    held = _held(contact, by)
    told = _reason(reason, _("Say why they must not be called: who asked for it, and how."))
    if held.do_not_call_at is not None:
        return held
    return _write(held, told, by, is_set=True)


@transaction.atomic
def do_not_call_lift(*, contact: Contact, reason: str, by: Member) -> Contact:
    """The contact may be called again.

    Raises:
        ReasonMissing, CustomerGone, ContactGone: as `do_not_call_set`.
        NotPermitted: by anybody but those who lead and administrators.
    """
    held = _held(contact, by)
    if not may_lift(by):
        raise NotPermitted(_("Only those who lead may allow calls again: ask your lead."))
    told = _reason(reason, _("Say why they may be called again."))
    if held.do_not_call_at is None:
        return held
    return _write(held, told, by, is_set=False)


def _held(contact: Contact, by: Member) -> Contact:
    customer_held(contact.customer, by)
    rows = Contact.objects.select_for_update()
    held: Contact | None = rows.filter(pk=contact.pk, deleted_at__isnull=True).first()
    if held is None:
        raise ContactGone(
            _("This contact was deleted meanwhile: the customer's page shows who there is.")
        )
    return held


def _reason(text: str, words: str) -> str:
    told = text.strip()
    if not told:
        raise ReasonMissing(words)
    return told[:LONGEST_REASON]


def _write(held: Contact, reason: str, by: Member, *, is_set: bool) -> Contact:
    """The reason may name the person: it stays with the contact, in the trail it is masked."""
    was_at, was_reason = held.do_not_call_at, held.do_not_call_reason
    held.do_not_call_at = timezone.now() if is_set else None
    held.do_not_call_reason = reason
    held.save(update_fields=["do_not_call_at", "do_not_call_reason"])
    audit_record(
        by=by,
        action="contact.do_not_call" if is_set else "contact.may_call",
        record=held,
        changes={
            "do_not_call_at": [was_at, held.do_not_call_at],
            "do_not_call_reason": masked_pair(was_reason, reason),
        },
    )
    return held
