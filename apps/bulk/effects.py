"""What a bulk change would do, told before it is done, as far as it can be told."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.bulk.deeds import owner_change_kind, owners_of
from apps.bulk.models import BulkKind, BulkRun
from apps.core.models import Organisation
from apps.customers.holding import Change, refusals
from apps.customers.models import Customer
from apps.members.models import Member
from apps.pool.services import may_hand_over


@dataclass(frozen=True)
class Obstacle:
    """Why some can't be changed, and how many these are."""

    reason: str
    count: int


@dataclass(frozen=True)
class Effects:
    """Of `total` customers `possible` would be changed, or are so already."""

    total: int
    possible: int
    obstacles: list[Obstacle]

    @property
    def impossible(self) -> int:
        return self.total - self.possible


def effects_of(
    *, kind: str, customers: Sequence[int], params: dict[str, Any], by: Member
) -> Effects:
    """The check of permissions and limits that the change itself makes again."""
    if kind == BulkKind.EXPORT:
        return Effects(len(customers), len(customers), [])
    reasons = _read_only(kind, customers, by)
    if kind == BulkKind.ASSIGN:
        allowed = [pk for pk in customers if pk not in reasons]
        reasons |= _against_hand_over(customers, allowed, params)
    counted = Counter(reasons.values()).most_common()
    obstacles = [Obstacle(reason, count) for reason, count in counted]
    return Effects(len(customers), len(customers) - len(reasons), obstacles)


def _read_only(kind: str, customers: Iterable[int], by: Member) -> dict[int, str]:
    """Those that the person sees but does not change; who leads also hands over the pool's."""
    rows = Customer.objects.editable_by(by)
    if kind == BulkKind.ASSIGN and may_hand_over(by):
        rows = Customer.objects.visible_to(by)
    mine = set(rows.filter(pk__in=list(customers)).order_by().values_list("pk", flat=True))
    words = _("You may read this customer only. One of the pool has to be claimed first.")
    return {pk: words for pk in customers if pk not in mine}


def _against_hand_over(
    customers: Sequence[int], allowed: Sequence[int], params: dict[str, Any]
) -> dict[int, str]:
    """What the limits of holding say; nothing is locked, so that it may differ when it is done."""
    run = BulkRun(kind=BulkKind.ASSIGN, customers=list(customers), params=params)
    kept = set(allowed)
    wanted = {pk: to for pk, to in owners_of(run, customers, 0).items() if pk in kept}
    rows = Customer.objects.alive().filter(pk__in=list(wanted)).only("owner_id", "last_ordered_on")
    today = Organisation.current().today()
    change = Change(rows.in_bulk(), wanted, owner_change_kind(params), today)
    return {pk: str(refusal.message) for pk, refusal in refusals(change).items()}
