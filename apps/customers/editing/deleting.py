"""Customers taken away and brought back; what nothing refers to is gone for good after a while."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.customers.duplicates.services import duplicates_note
from apps.customers.editing.contacts import TooLateToRestore, is_restorable
from apps.customers.holding import holding_of
from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer, CustomerOwnerChangeKind
from apps.customers.selectors import RESTORE_DAYS
from apps.customers.services import customers_assign
from apps.customers.writing import customer_held
from apps.members.models import Member

# Customers or contacts erased in one transaction.
BATCH = 500


class CustomerInUse(DomainError):  # noqa: N818 - named for what is the case
    """Something is under way with the customer, so that it can't be deleted."""


@dataclass(frozen=True)
class Attached:
    """What goes out of sight with a customer, and comes back with it."""

    contacts: int
    special_dates: int
    notes: int
    files: int
    subsidiaries: int


def attached_to(customer: Customer) -> Attached:
    return Attached(
        contacts=customer.contacts.filter(deleted_at__isnull=True).count(),
        special_dates=customer.special_dates.count(),
        notes=customer.notes.filter(deleted_at__isnull=True).count(),
        files=customer.files.filter(deleted_at__isnull=True).count(),
        subsidiaries=Customer.objects.alive().filter(parent=customer).count(),
    )


def reasons_to_keep(customer: Customer) -> list[str]:
    """Why the customer can't be deleted, each saying what to do; asked of the apps above."""
    checks = (import_string(check) for check in settings.CUSTOMER_KEEPING_CHECKS)
    return [reason for check in checks if (reason := check(customer))]


def deleted_since(today: date) -> datetime:
    """The earliest instant at which something was deleted that can still come back on that day."""
    day = today - timedelta(days=RESTORE_DAYS)
    return datetime.combine(day, time(), tzinfo=Organisation.current().zone)


@transaction.atomic
def customer_delete(*, customer: Customer, reason: str, by: Member | None) -> None:
    """Hide a customer everywhere; for 30 days it can be brought back.

    Raises CustomerInUse while something is under way with it, CustomerGone, NotPermitted.
    """
    held = customer_held(customer, by)
    if reasons := reasons_to_keep(held):
        raise CustomerInUse(" ".join(reasons))
    held.deleted_at, held.deleted_by = timezone.now(), by
    held.save(update_fields=["deleted_at", "deleted_by"])
    audit_record(by=by, action="customer.delete", record=held, reason=reason.strip())
    keys_refresh([held.pk])


@transaction.atomic
def customer_restore(*, customer: Customer, by: Member | None) -> Customer:
    """Bring a deleted customer back to its owner; to the pool where that one left meanwhile.

    So it does where the owner holds as many prospects as allowed by now: deleting and restoring is
    no way around the limit. Raises NotPermitted, and TooLateToRestore after 30 days.
    """
    # Owners are locked before customers, as for every change of an owner: two restored at the same
    # moment are counted one after the other. The owner of a deleted customer doesn't change.
    owners = Member.objects.select_for_update(no_key=True).filter(customers=customer.pk)
    list(owners.values_list("pk"))
    held: Customer = (
        Customer.objects.select_for_update(of=("self",), no_key=True)
        .prefetch_related("owner")
        .get(pk=customer.pk)
    )
    if held.deleted_at is None:
        return held
    if by is not None and not Customer.objects.deleted_visible_to(by).filter(pk=held.pk).exists():
        raise NotPermitted(_("You may not bring this customer back."))
    if held.merged_into_id is not None or not is_restorable(held):
        raise TooLateToRestore(
            _("%(customer)s was deleted more than %(days)s days ago: make it anew.")
            % {"customer": held, "days": RESTORE_DAYS}
        )
    held.deleted_at = held.deleted_by = None
    held.save(update_fields=["deleted_at", "deleted_by"])
    audit_record(by=by, action="customer.restore", record=held)
    if words := _why_not_back(held):
        _released(held, words, by)
    keys_refresh([held.pk])
    duplicates_note([held.pk])
    return held


def _why_not_back(customer: Customer) -> str:
    """Why the customer, which counts again, can't stay with the owner that it had."""
    owner = customer.owner
    if owner is None:
        return ""
    if not owner.is_active:
        return _("Restored after its owner had left")
    holding = holding_of(owner, Organisation.current().today())
    most = holding.most_prospects
    if customer.last_ordered_on is None and most is not None and holding.prospects > most:
        return _("Restored when its owner held as many prospects as allowed")
    return ""


def _released(customer: Customer, words: str, by: Member | None) -> None:
    owner = customer.owner
    has_left = owner is not None and not owner.is_active
    kind = CustomerOwnerChangeKind.LEAVING if has_left else CustomerOwnerChangeKind.RELEASE
    customers_assign(customers=[customer.pk], to=None, reason=words, kind=kind, by=by)
    customer.refresh_from_db()


def customers_purge(*, as_of: date) -> int:
    """Erase what was deleted 30 days before that day or earlier and that nothing refers to.

    Customers with anything kept for good (orders, opportunities, activities, changes of owner …)
    stay as they are, hidden; so do contacts whom an activity names. Says how many rows are gone.
    """
    before = deleted_since(as_of + timedelta(days=1))
    gone = Customer.objects.filter(deleted_at__lt=before, merged_into__isnull=True)
    people = Contact.objects.filter(deleted_at__lt=before)
    # Contacts first: those of the customers below go along with them.
    return _purged(people, "contact.purge") + _purged(gone, "customer.purge")


def _purged(rows: "models.QuerySet[Contact] | models.QuerySet[Customer]", action: str) -> int:
    last, count = 0, 0
    ordered = rows.order_by("pk").values_list("pk", flat=True)
    while batch := list(ordered.filter(pk__gt=last)[:BATCH]):
        last = batch[-1]
        count += _purge_batch(rows, batch, action)
    return count


@transaction.atomic
def _purge_batch(
    rows: "models.QuerySet[Contact] | models.QuerySet[Customer]", ids: list[int], action: str
) -> int:
    # Held, so that nobody brings one back between the question and the deletion.
    held = set(
        rows.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)
    )
    free = sorted(held - set(_referred_to(rows.model, held)))
    if free:
        rows.model._default_manager.filter(pk__in=free).delete()
        audit_record(by=None, action=action, record=rows.model, rows=free, count=len(free))
    return len(free)


def _referred_to(model: type[models.Model], ids: Iterable[int]) -> Iterator[int]:
    """Ids of the rows that some record points at which would not go along with them.

    Asked of every relation that there is, so that no app has to remember to be asked.
    """
    for relation in model._meta.related_objects:
        if relation.on_delete is models.CASCADE:
            continue
        name = relation.field.name
        found = relation.related_model._base_manager.filter(**{f"{name}__in": list(ids)})
        yield from found.order_by().values_list(name, flat=True).distinct()
