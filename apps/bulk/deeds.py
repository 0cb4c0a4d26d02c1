"""What each kind of bulk change does with one batch: the same services as a change of one customer."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils.translation import gettext as _

from apps.bulk.models import BulkKind, BulkRun
from apps.core.errors import DomainError, NotPermitted
from apps.core.exports import export_write
from apps.core.services import audit_record
from apps.customers.editing.deleting import customer_delete
from apps.customers.editing.services import customer_change
from apps.customers.editing.values import values_told
from apps.customers.exports import customer_export
from apps.customers.models import Customer, CustomerOwnerChangeKind
from apps.customers.tagging.services import tags_put, tags_take
from apps.members.models import Member
from apps.members.querysets import may_export
from apps.pool.services import customers_hand_over


@dataclass
class Outcome:
    """How many of a batch changed, and why the rules refused others; the rest was so already."""

    changed: int = 0
    refused: dict[int, str] = field(default_factory=dict)


def _each(ids: Sequence[int], by: Member, change: Callable[[Customer], bool]) -> Outcome:
    """The change of one customer after the other, in the order of their keys; each on its own."""
    outcome = Outcome()
    seen = Customer.objects.visible_to(by).filter(pk__in=ids).in_bulk()
    for pk in sorted(ids):
        if pk not in seen:
            outcome.refused[pk] = _gone()
            continue
        try:
            with transaction.atomic():
                outcome.changed += change(seen[pk])
        except DomainError as refusal:
            outcome.refused[pk] = str(refusal.message)
        except ValidationError as error:
            outcome.refused[pk] = " ".join(error.messages)
    return outcome


def _gone() -> str:
    return _("There is no such customer any more.")


def edit(run: BulkRun, ids: Sequence[int], by: Member) -> Outcome:
    name, value = run.params["field"], run.params["value"]

    def change(customer: Customer) -> bool:
        before = values_told(customer, [name])
        changed = customer_change(customer=customer, values={name: value}, by=by)
        return before != values_told(changed, [name])

    return _each(ids, by, change)


def delete(run: BulkRun, ids: Sequence[int], by: Member) -> Outcome:
    reason = run.params.get("reason", "")

    def change(customer: Customer) -> bool:
        customer_delete(customer=customer, reason=reason, by=by)
        return True

    return _each(ids, by, change)


def owners_of(run: BulkRun, ids: Sequence[int], offset: int) -> dict[int, Member | None]:
    """Customer → new owner: the receivers in turn, over the whole run; nobody: the pool."""
    if not run.params["to"]:
        return dict.fromkeys(ids)
    receivers = Member.objects.in_bulk(run.params["to"])
    people = [receivers[pk] for pk in run.params["to"]]
    return {pk: people[(offset + place) % len(people)] for place, pk in enumerate(ids)}


def owner_change_kind(params: dict[str, Any]) -> CustomerOwnerChangeKind:
    kinds = CustomerOwnerChangeKind
    return kinds.TRANSFER if params["to"] else kinds.RELEASE


def assign(run: BulkRun, ids: Sequence[int], by: Member) -> Outcome:
    handed = customers_hand_over(
        owners=owners_of(run, ids, run.done),
        reason=run.params.get("reason", ""),
        kind=owner_change_kind(run.params),
        by=by,
    )
    return Outcome(len(handed.changed), handed.refused)


def _tagging(change: Callable[..., list[int]]) -> "Deed":
    def deed(run: BulkRun, ids: Sequence[int], by: Member) -> Outcome:
        mine = Customer.objects.editable_by(by).filter(pk__in=ids).order_by()
        allowed = set(mine.values_list("pk", flat=True))
        changed = change(customers=allowed, names=run.params["tags"], by=by)
        words = _("You may read this customer only. One of the pool has to be claimed first.")
        return Outcome(len(changed), {pk: words for pk in ids if pk not in allowed})

    return deed


def export(run: BulkRun, ids: Sequence[int], by: Member) -> Outcome:
    """All rows at once, in the list's order: a file is whole or it is not there."""
    if not may_export(by):
        raise NotPermitted(_("You may not take lists away as files."))
    place = models.Func(
        models.Value(list(ids)), models.F("pk"), function="array_position",
        output_field=models.IntegerField(),
    )  # fmt: skip
    rows = Customer.objects.visible_to(by).filter(pk__in=ids).for_list().order_by(place)
    seen = set(rows.order_by().values_list("pk", flat=True))
    kind = run.params["file"]
    audit_record(
        by=by, action="export.customers", record=Customer, count=len(seen), file=kind, bulk=run.pk
    )
    with TemporaryFile() as file:
        export_write(file, rows, customer_export(by), kind)
        file.seek(0)
        run.file.name = default_storage.save(f"bulk/{secrets.token_hex(16)}.{kind}", File(file))
    return Outcome(len(seen), {pk: _gone() for pk in ids if pk not in seen})


type Deed = Callable[[BulkRun, Sequence[int], Member], Outcome]

DEEDS: dict[str, Deed] = {
    BulkKind.EDIT: edit,
    BulkKind.ASSIGN: assign,
    BulkKind.TAG: _tagging(tags_put),
    BulkKind.UNTAG: _tagging(tags_take),
    BulkKind.EXPORT: export,
    BulkKind.DELETE: delete,
}
# Customers in one transaction: a second or two of work, so that stopping is heard soon.
BATCHES: dict[str, int] = {
    BulkKind.EDIT: 200,
    BulkKind.ASSIGN: 1000,
    BulkKind.TAG: 2000,
    BulkKind.UNTAG: 2000,
    BulkKind.DELETE: 100,
}
