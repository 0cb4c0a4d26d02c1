"""A merge taken back: every customer as it was, with what came since left where it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.keys import keys_refresh
from apps.customers.merging.joining import JOINED
from apps.customers.merging.moves import rows_back
from apps.customers.merging.scope import mergeable_by
from apps.customers.merging.services import AFTER, WRITTEN
from apps.customers.merging.values import columns_of
from apps.customers.models import (
    Contact,
    Customer,
    CustomerOwnerChangeKind,
    DuplicatePair,
    Merge,
    PairState,
    Tag,
)
from apps.customers.services import customers_spread
from apps.members.models import Member
from apps.members.roles import Reach, RecordKind

TAGS, PAIRS = "customers.Customer.tags", "customers.DuplicatePair.state"
OWNING = frozenset({"owner_id", "held_since", "hold_ends_on"})


class CannotUndo(DomainError):  # noqa: N818 - named for what is the case
    """The merge can't be undone as things are."""


@transaction.atomic
def merge_undo(*, merge: Merge, by: Member) -> list[int]:
    """Part the customers again; their ids.

    Values, links, contacts, tags and owners are as before. What was added to the survivor since
    stays there; a value that was changed since stays as it is now, and so does whatever was moved on
    to another customer. There is no last day for it.

    Raises:
        NotPermitted: the survivor isn't the person's to change.
        CannotUndo: it was undone already, or a later merge sits on top, or the survivor is deleted.
    """
    held = _held(merge, by)
    ids = sorted([held.survivor_id, *held.absorbed])
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    customers = {row.pk: row for row in rows}
    survivor = customers[held.survivor_id]
    _check(held, survivor)
    _restore_values(survivor, held.before[str(survivor.pk)], held.before[AFTER])
    absorbed = Customer.objects.filter(pk__in=held.absorbed, merged_into=survivor)
    absorbed.update(deleted_at=None, deleted_by=None, merged_into=None)
    moved = {
        f"{model}.{name}": pairs for model, of in held.moved.items() for name, pairs in of.items()
    }
    _restore_contacts(moved.pop(JOINED, []))
    survivor.tags.remove(*Tag.objects.filter(pk__in=[tag for tag, _of in moved.pop(TAGS, [])]))
    _restore_pairs(moved.pop(PAIRS, []))
    _rows_return(moved, survivor.pk)
    _restore_owners(ids, held, by)
    keys_refresh(ids)
    held.undone_at, held.undone_by = timezone.now(), by
    held.save(update_fields=["undone_at", "undone_by"])
    audit_record(
        by=by, action="customer.unmerge", record=survivor, rows=held.absorbed,
        count=len(held.absorbed), merge=held.pk,
    )  # fmt: skip
    return ids


def why_not(merge: Merge) -> str:
    """Why the merge can't be undone now; empty where it can."""
    try:
        _check(merge, merge.survivor)
    except CannotUndo as refusal:
        return str(refusal.message)
    return ""


def _held(merge: Merge, by: Member) -> Merge:
    held: Merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if not mergeable_by(by).filter(pk=held.survivor_id).exists():
        survivor = Customer.objects.get(pk=held.survivor_id)
        if survivor.deleted_at is None or by.role.writes(RecordKind.SALES) is Reach.NONE:
            raise NotPermitted(_("You may read this customer only: ask whoever has it."))
    return held


def _check(merge: Merge, survivor: Customer) -> None:
    if merge.undone_at is not None:
        raise CannotUndo(_("This merge was undone already."))
    later = Merge.objects.filter(undone_at__isnull=True, pk__gt=merge.pk)
    above = later.filter(survivor=survivor) | later.filter(absorbed__contains=[survivor.pk])
    if on_top := above.select_related("survivor").order_by("-pk").first():
        words = _("%(customer)s was merged again later: undo that merge first.")
        raise CannotUndo(words % {"customer": on_top.survivor})
    if survivor.deleted_at is not None:
        words = _("%(customer)s was deleted: bring it back first.")
        raise CannotUndo(words % {"customer": survivor})


def _restore_values(
    survivor: Customer, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Each value that is still what the merge made it; others were changed since by somebody."""
    now = columns_of(survivor)
    back = [
        name for name in WRITTEN if name not in OWNING and now[name] == after[name] != before[name]
    ]
    if not back:
        return
    for name in back:
        field: Any = survivor._meta.get_field(name.removesuffix("_id"))
        setattr(survivor, name, field.to_python(before[name]) if before[name] is not None else None)
    survivor.save(update_fields=back)


def _restore_contacts(joined: Iterable[list[int]]) -> None:
    """Contacts that the merge joined are two again, unless one of them was erased for good."""
    ids = [pk for pk, _into in joined]
    Contact.objects.filter(pk__in=ids, erased_at__isnull=True).update(
        deleted_at=None, deleted_by=None
    )


def _restore_pairs(known: Iterable[list[int]]) -> None:
    states = list(PairState.values)
    for pk, place in known:
        pairs = DuplicatePair.objects.filter(pk=pk, state=PairState.MERGED)
        if states[place] == PairState.OPEN:
            pairs.update(state=PairState.OPEN, decided_at=None, decided_by=None)
        else:
            pairs.update(state=states[place])


def _rows_return(moved: Mapping[str, list[list[int]]], survivor: int) -> None:
    """Rows of customers come back from the survivor; those of contacts from the contact they followed."""
    of_contacts = {key: pairs for key, pairs in moved.items() if key.endswith(".contact")}
    rows_back({key: pairs for key, pairs in moved.items() if key not in of_contacts}, at=survivor)
    for key, pairs in of_contacts.items():
        for row, source, into in pairs:
            rows_back({key: [[row, source]]}, at=into)


def _restore_owners(ids: Iterable[int], merge: Merge, by: Member) -> None:
    """Each customer's owner of before; the pool's where they can own nothing any more.

    Who was given the survivor after the merge keeps it.
    """
    before = {pk: merge.before[str(pk)] for pk in ids}
    survivor = Customer.objects.get(pk=merge.survivor_id)
    if survivor.owner_id != merge.before[AFTER]["owner_id"]:
        del before[survivor.pk]
    members = Member.objects.in_bulk({told["owner_id"] for told in before.values()} - {None})
    wanted = {pk: _who_can_own(members.get(told["owner_id"])) for pk, told in before.items()}
    customers_spread(
        owners=wanted, reason=_("Merge undone"), kind=CustomerOwnerChangeKind.UNMERGE, by=by
    )
    for pk, owner in wanted.items():
        if (owner.pk if owner else None) == before[pk]["owner_id"]:
            # They hold it since when they held it, as if there had been no merge.
            since = before[pk]["held_since"]
            Customer.objects.filter(pk=pk).update(
                held_since=parse_datetime(since) if since else None,
                hold_ends_on=before[pk]["hold_ends_on"],
            )


def _who_can_own(member: Member | None) -> Member | None:
    if member is None or not member.is_active:
        return None
    return None if member.role.writes(RecordKind.SALES) is Reach.NONE else member
