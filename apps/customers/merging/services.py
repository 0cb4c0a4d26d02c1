"""Several customers become one: values, links, contacts, tags and the owner, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import Changes, audit_record, changed_values, values_of
from apps.customers.holding import CoolingDown, losses
from apps.customers.keys import keys_refresh
from apps.customers.merging.belongings import key_of, moving_fields
from apps.customers.merging.joining import contacts_joined
from apps.customers.merging.moves import Moved, noted, rows_moved
from apps.customers.merging.scope import mergeable_by
from apps.customers.merging.values import Choices, columns_of, settled
from apps.customers.models import (
    Customer,
    CustomerOwnerChangeKind,
    DuplicatePair,
    HoldingLimits,
    Merge,
    PairState,
    Screening,
    ScreeningState,
)
from apps.customers.services import customers_spread
from apps.members.models import Member
from apps.members.notifications import notify

FEWEST, MOST = 2, 10
# Columns that a merge writes at the survivor, beside the owner.
WRITTEN = (
    "name", "industry", "region", "source", "website", "employees", "annual_revenue",
    "founded_year", "parent_id", "needs", "preferences", "custom", "screening", "potential_score",
    "owner_id", "held_since", "hold_ends_on",
)  # fmt: skip
AFTER = "after"


class WrongNumber(DomainError):  # noqa: N818 - named for what is the case
    """Two to ten customers become one at a time."""


class MergedAlready(DomainError):  # noqa: N818 - named for what happened
    """One of the customers was merged or deleted meanwhile."""


@transaction.atomic
def customers_merge(
    *,
    survivor: Customer,
    absorbed: Iterable[int],
    choices: Choices,
    owner: Member | None,
    by: Member,
    joins_contacts: bool = True,
) -> Merge:
    """Merge the absorbed customers (by id) into the survivor, which keeps its id.

    `choices`: field → id of the customer whose value stays, see `merging.values`. `owner` has the
    result (None: the pool); the rules of holding count as for any change of an owner.

    Raises:
        WrongNumber, MergedAlready, NotPermitted, ChoiceGone, TextTooLong.
        CannotReceive, ProspectsFull, CoolingDown: the owner can't have it.
    """
    ids = sorted({survivor.pk, *absorbed})
    if not FEWEST <= len(ids) <= MOST:
        raise WrongNumber(_("Choose 2 to 10 customers to merge."))
    rows = _held(ids, by)
    held = next(row for row in rows if row.pk == survivor.pk)
    others = [row for row in rows if row.pk != survivor.pk]
    before = _before(rows)
    lost = {row.owner for row in rows if row.owner is not None}
    _cool_down_checked(others, owner)
    told = values_of(held, ["name", "industry", "region", "source", "website", "employees"])
    _write_values(held, settled(rows, choices, held.pk))
    moved = _move(held, [row.pk for row in others], joins_contacts=joins_contacts, by=by)
    moved |= _decide_pairs(ids, by)
    at = timezone.now()
    Customer.objects.filter(pk__in=[row.pk for row in others]).update(
        deleted_at=at, deleted_by=by, merged_into=held
    )
    customers_spread(
        owners={held.pk: owner},
        reason=_reason(others),
        kind=CustomerOwnerChangeKind.MERGE,
        by=by,
        at=at,
    )
    _screening_follows(held.pk)
    keys_refresh(ids)
    before[AFTER] = columns_of(Customer.objects.get(pk=held.pk))
    merge = Merge.objects.create(
        survivor=held,
        absorbed=[row.pk for row in others],
        at=at,
        by=by,
        before=before,
        moved=noted(moved),
        is_sample=held.is_sample,
    )
    _audit(merge, changed_values(held, told))
    _tell(merge, held, [one for one in lost if one != owner], by)
    held.refresh_from_db()
    return merge


def _audit(merge: Merge, changes: Changes) -> None:
    audit_record(
        by=merge.by,
        action="customer.merge",
        record=merge.survivor,
        changes=changes,
        rows=merge.absorbed,
        count=len(merge.absorbed),
        merge=merge.pk,
    )


def _held(ids: Sequence[int], by: Member) -> list[Customer]:
    """The customers, locked in the order of their keys."""
    rows = Customer.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    found: list[Customer] = list(
        rows.prefetch_related("owner", "parent", "merged_into").order_by("pk")
    )
    for row in found:
        if row.merged_into is not None:
            words = _("%(customer)s was merged into %(survivor)s meanwhile: start anew from there.")
            raise MergedAlready(words % {"customer": row, "survivor": row.merged_into})
        if row.deleted_at is not None:
            words = _("%(customer)s was deleted meanwhile: leave it out.")
            raise MergedAlready(words % {"customer": row})
    if len(found) != len(ids):
        raise MergedAlready(_("One of the customers was deleted meanwhile: start anew."))
    if mergeable_by(by).filter(pk__in=ids).count() != len(ids):
        raise NotPermitted(
            _("You may merge customers that you may all change. One of the pool is claimed first.")
        )
    return found


def _before(rows: Iterable[Customer]) -> dict[str, Any]:
    before: dict[str, Any] = {}
    for row in rows:
        tags = list(row.tags.order_by("pk").values_list("pk", flat=True))
        before[str(row.pk)] = columns_of(row) | {"tags": tags}
    return before


def _cool_down_checked(others: Sequence[Customer], owner: Member | None) -> None:
    """What somebody lost to the pool doesn't come back to them inside another customer either."""
    days = HoldingLimits.current().cool_down_days
    if owner is None or not days:
        return
    since = Organisation.current().today() - timedelta(days=days)
    lost = losses([one.pk for one in others if one.owner_id != owner.pk], [owner.pk], since)
    for one in others:
        if (one.pk, owner.pk) in lost:
            words = _(
                "%(member)s lost %(customer)s to the pool in the last %(days)s days and can't get it "
                "back by a merge: choose another owner, or merge later."
            )
            raise CoolingDown(words % {"member": owner, "customer": one, "days": days})


def _write_values(held: Customer, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(held, name, value)
    held.full_clean(
        exclude=[one.name for one in held._meta.concrete_fields if one.name not in values]
    )
    held.save(update_fields=list(values))


def _move(held: Customer, others: list[int], *, joins_contacts: bool, by: Member) -> Moved:
    moved: Moved = {
        key_of(field): rows_moved(field, sources=others, to=held.pk) for field in moving_fields()
    }
    # What fires at the end of the transaction must not fire after the answer.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    moved["customers.Customer.tags"] = _tags_united(held, others)
    if joins_contacts:
        moved |= contacts_joined(held, by=by)
    return moved


def _tags_united(held: Customer, others: list[int]) -> list[list[int]]:
    through = Customer.tags.through.objects
    own = set(through.filter(customer=held).values_list("tag", flat=True))
    more = set(through.filter(customer__in=others).values_list("tag", flat=True)) - own
    held.tags.add(*more)
    return [[tag, held.pk] for tag in sorted(more)]


def _decide_pairs(ids: Sequence[int], by: Member) -> Moved:
    """Pairs among them are decided; how each was before is kept by its place among the states."""
    pairs = DuplicatePair.objects.filter(first__in=ids, second__in=ids).exclude(
        state=PairState.MERGED
    )
    states = list(PairState.values)
    known = [
        [pk, states.index(state)] for pk, state in pairs.order_by("pk").values_list("pk", "state")
    ]
    open_ones = pairs.filter(Q(state=PairState.OPEN) | Q(state=PairState.DISMISSED))
    open_ones.update(state=PairState.MERGED, decided_at=timezone.now(), decided_by=by)
    return {"customers.DuplicatePair.state": known}


def _screening_follows(survivor: int) -> None:
    """The latest screening counts, whichever of the customers it was of."""
    latest = Screening.objects.filter(customer=survivor).order_by("-at", "-pk").first()
    if latest is not None:
        state = ScreeningState.QUALIFIED if latest.is_qualified else ScreeningState.PARKED
        Customer.objects.filter(pk=survivor).update(screening=state, potential_score=latest.total)


def _reason(others: Iterable[Customer]) -> str:
    names = ", ".join(one.name for one in others)
    return (_("Merged with %(names)s") % {"names": names})[:500]


def _tell(merge: Merge, survivor: Customer, lost: Iterable[Member], by: Member) -> None:
    notify(
        members=lost,
        kind="customers.merged",
        key=f"merge-{merge.pk}",
        record=survivor,
        by=by,
        count=len(merge.absorbed) + 1,
    )
