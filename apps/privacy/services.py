"""Handing out what is kept of a person, and erasing it while figures stay."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, plain
from apps.customers.models import Contact, Customer
from apps.members.models import Member
from apps.privacy.models import Erasure
from apps.privacy.people import CONTACT, CUSTOMER, Person, person_of
from apps.privacy.sources import SOURCES

KEPT_DAYS = 30


class NoSuchPerson(DomainError):  # noqa: N818 - named for what is the case
    """There is no such person, or their data are erased already."""


@transaction.atomic
def person_export(*, kind: str, pk: int, by: Member) -> dict[str, Any]:
    """Everything that is kept of a person, as JSON has it; who took it is in the audit trail."""
    person = _found(kind, pk)
    held = {source.name: list(source.read(person)) for source in SOURCES}
    counts = {name: len(rows) for name, rows in held.items() if rows}
    audit_record(by=by, action="person.export", record=person.record, rows_told=counts)
    firm = Organisation.current()
    return {
        "kind": kind,
        "id": pk,
        "organisation": firm.name,
        "made_at": plain(timezone.now()),
        **held,
    }


@transaction.atomic
def person_erase(*, kind: str, pk: int, reason: str, by: Member | None) -> Erasure:
    """Erase what is kept of a person; opportunities, orders and counts stay as they are.

    What the audit trail says of contacts holds no personal data in the first place. A customer that
    is erased keeps its number in the trail, and its name until the trail's entries expire.
    """
    _lock(kind, pk)
    person = _found(kind, pk)
    counts = {source.name: source.erase(person) for source in SOURCES}
    told = {name: count for name, count in counts.items() if count}
    erasure = Erasure(
        kind=kind,
        record_id=pk,
        by=by,
        reason=reason,
        counts=told,
        is_sample=person.record.is_sample,
    )
    erasure.full_clean()
    erasure.save()
    audit_record(by=by, action="person.erase", record=erasure, reason=reason, rows_erased=told)
    return erasure


def _lock(kind: str, pk: int) -> None:
    """A second erasure of the same person waits, and then finds nothing left."""
    model: Any = Contact if kind == CONTACT else Customer
    list(model.objects.select_for_update().filter(pk=pk).values_list("pk"))


def _found(kind: str, pk: int) -> Person:
    person = person_of(kind, pk)
    if person is None:
        raise NoSuchPerson(_("There is no such person any more."))
    if kind == CUSTOMER and Erasure.objects.filter(kind=kind, record_id=pk).exists():
        raise NoSuchPerson(_("The data of this customer are erased already."))
    return person


def deleted_erase(*, as_of: date) -> int:
    """Erase who was deleted longer ago than restoring is offered, however it was deleted.

    Customers that nothing refers to are gone by then (`customers_purge`); of the others only what
    money and history refer to stays. A person a transaction: a run cut off goes on with the rest.
    """
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    before = min(before, _end_of(as_of) - timedelta(days=KEPT_DAYS))
    done = 0
    erased = Erasure.objects.filter(kind=CUSTOMER).values("record_id")
    customers = Customer.objects.filter(deleted_at__lt=before, merged_into__isnull=True)
    for pk in customers.exclude(pk__in=erased).order_by("pk").values_list("pk", flat=True):
        person_erase(kind=CUSTOMER, pk=pk, reason="", by=None)
        done += 1
    contacts = Contact.objects.filter(deleted_at__lt=before, erased_at__isnull=True)
    for pk in contacts.order_by("pk").values_list("pk", flat=True):
        person_erase(kind=CONTACT, pk=pk, reason="", by=None)
        done += 1
    return done


def _end_of(day: date) -> datetime:

    return datetime.combine(day + timedelta(days=1), time(), tzinfo=Organisation.current().zone)
