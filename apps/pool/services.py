"""Taking customers out of the pool, giving them back, handing them over, and the settings of all that.

Who holds what changes through `apps.customers.services` alone, which keeps the limits; what goes along
with a customer (opportunities, next steps, news to those concerned) is done here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.activities.services import follow_ups_follow
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import (
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    HoldingLimits,
)
from apps.customers.services import Spread, customers_spread_allowed
from apps.funnel.models import Opportunity, OwnerChangeKind, State
from apps.funnel.services import opportunities_spread
from apps.members.models import Member
from apps.members.notifications import notify
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind
from apps.members.selectors import primary_team_on
from apps.members.services import NoTeam
from apps.pool.holds import holds_refresh
from apps.pool.models import PoolRule, PoolSettings

KINDS = CustomerOwnerChangeKind
# How long a list of the pool may stand open on somebody's screen.
SEEN_LATELY = timedelta(days=1)


class ReasonMissing(DomainError):  # noqa: N818 - named for what is missing
    """Giving a customer back to the pool needs a reason."""


@dataclass(frozen=True)
class HandedOver:
    """Customers (ids) that changed owner, and why each of the others did not."""

    changed: list[int]
    refused: dict[int, str]


def claimable_by(by: Member) -> QuerySet[Customer]:
    """What the person sees, and what somebody took out of the pool a short while ago.

    The latter so that whoever still has it on their page hears who has it; any older customer of
    others does not exist for them.
    """
    taken = CustomerOwnerChange.objects.filter(
        customer=OuterRef("pk"),
        to_owner=OuterRef("owner"),
        from_owner__isnull=True,
        at__gte=timezone.now() - SEEN_LATELY,
    )
    seen = Customer.objects.visible_to(by).order_by().values("pk")
    rows: QuerySet[Customer] = Customer.objects.alive().filter(Q(pk__in=seen) | Exists(taken))
    return rows if writes(by, RecordKind.SALES) >= Reach.OWN else rows.none()


def may_hand_over(by: Member) -> bool:
    """Give customers to somebody else: for those who lead."""
    return writes(by, RecordKind.SALES) >= Reach.SUBTREE


@transaction.atomic
def customer_claim(*, customer: Customer, by: Member) -> None:
    """Take a customer out of the pool; of two who do so at the same moment, one wins.

    Raises:
        AlreadyHeld: somebody has it, and the message says who.
        ClaimsSpent, ProspectsFull, CoolingDown: a limit stands against it.
        CannotReceive: the person's role owns no customers.
        CustomerGone: it was deleted meanwhile.
    """
    _handed_over_or_raise({customer.pk: by}, reason="", kind=KINDS.CLAIM, by=by)


@transaction.atomic
def customer_release(*, customer: Customer, reason: str, by: Member) -> None:
    """Give a customer back to the pool."""
    if not reason.strip():
        raise ReasonMissing(_("Say why the customer goes back to the pool."))
    _handed_over_or_raise({customer.pk: None}, reason=reason.strip(), kind=KINDS.RELEASE, by=by)


@transaction.atomic
def customers_hand_over(
    *,
    owners: Mapping[int, Member | None],
    reason: str,
    kind: CustomerOwnerChangeKind,
    by: Member | None,
    takes_opportunities: bool = True,
) -> HandedOver:
    """Give customers (ids) to members, or with None to the pool, as far as it is allowed.

    Open opportunities of the previous owner go along; those of a customer in the pool all go to
    whoever gets it, and stay where they are while a customer goes there. Open next steps follow the
    customer. Who gets and who loses customers is told. By None it is the system: nobody's permission
    is asked.
    """
    spread = _hand_over(owners, reason, kind, by, takes_opportunities)
    refused = {pk: str(refusal.message) for pk, refusal in spread.refused.items()}
    return HandedOver(list(spread.changed), refused)


@transaction.atomic
def pool_settings_save(
    *,
    settings: PoolSettings,
    limits: HoldingLimits,
    rules: Iterable[PoolRule],
    by: Member,
) -> None:
    """Save what holds from the next night on; `limits` hold at once. Clocks go on as they ran."""
    if writes(by, RecordKind.SETTINGS) is not Reach.ALL:
        raise NotPermitted(_("You may read this record, but not change it."))
    current = PoolSettings.objects.select_for_update().get(pk=PoolSettings.current().pk)
    if settings.is_on and not current.is_on:
        settings.on_since = Organisation.current().today()
    if changes := _saved(settings):
        audit_record(by=by, action="poolsettings.update", record=settings, changes=changes)
    if changes := _saved(limits):
        audit_record(by=by, action="holdinglimits.update", record=limits, changes=changes)
    for rule in rules:
        if changes := _saved(rule):
            audit_record(by=by, action="poolrule.update", record=rule, changes=changes)


def _saved(row: PoolSettings | HoldingLimits | PoolRule) -> dict[str, list[Any]]:
    """Save a row of rules; what changed."""
    model = type(row)
    fields = [field.name for field in model._meta.fields if field.editable and field.name != "id"]
    before = values_of(model._default_manager.get(pk=row.pk), fields)
    row.full_clean()
    row.save()
    return changed_values(row, before)


def _handed_over_or_raise(
    owners: Mapping[int, Member | None],
    *,
    reason: str,
    kind: CustomerOwnerChangeKind,
    by: Member,
) -> None:
    spread = _hand_over(owners, reason, kind, by, takes_opportunities=True)
    for refusal in spread.refused.values():
        raise refusal


def _hand_over(
    owners: Mapping[int, Member | None],
    reason: str,
    kind: CustomerOwnerChangeKind,
    by: Member | None,
    takes_opportunities: bool,
) -> Spread:
    refused = _not_permitted(owners, kind, by) if by is not None else {}
    wanted = {pk: to for pk, to in owners.items() if pk not in refused}
    if takes_opportunities:
        refused |= _without_team(wanted)
        wanted = {pk: to for pk, to in wanted.items() if pk not in refused}
    spread = customers_spread_allowed(owners=wanted, reason=reason, kind=kind, by=by)
    given = {pk: wanted[pk] for pk in spread.changed}
    losers = _opportunities_follow(spread.changed, given, reason, by) if takes_opportunities else {}
    _next_steps_follow(given, by)
    holds_refresh(pk for pk, to in given.items() if to is not None)
    _tell(spread.changed, given, losers, reason, by)
    return Spread(spread.changed, refused | spread.refused)


def _not_permitted(
    owners: Mapping[int, Member | None], kind: CustomerOwnerChangeKind, by: Member
) -> dict[int, DomainError]:
    """Customers that the person may not give away: a claim takes what one sees of the pool."""
    words = _("Only the owner and those who lead them may do this.")
    if kind == KINDS.CLAIM:
        rows, words = claimable_by(by), _("There is no such customer any more.")
    elif may_hand_over(by):
        rows = Customer.objects.visible_to(by)
    else:
        rows = Customer.objects.editable_by(by)
    allowed = set(rows.filter(pk__in=list(owners)).order_by().values_list("pk", flat=True))
    refusal = NotPermitted(words)
    return {pk: refusal for pk in owners if pk not in allowed}


def _open_at(customers: Iterable[int]) -> list[tuple[int, int, int]]:
    """Open opportunities of customers: (id, customer, owner)."""
    rows = Opportunity.objects.filter(customer__in=list(customers), state=State.OPEN)
    return list(rows.order_by("pk").values_list("pk", "customer", "owner"))


def _without_team(wanted: Mapping[int, Member | None]) -> dict[int, DomainError]:
    """Customers with open opportunities for somebody whose team nobody knows."""
    today = Organisation.current().today()
    receivers = {to for to in wanted.values() if to is not None}
    teamless = {to for to in receivers if primary_team_on(to, today) is None}
    if not teamless:
        return {}
    affected = [pk for pk, to in wanted.items() if to in teamless]
    found = {customer for _pk, customer, _owner in _open_at(affected)}
    words = _("%(member)s belongs to no team and can't take its open opportunities.")
    return {pk: NoTeam(words % {"member": wanted[pk]}) for pk in affected if pk in found}


def _opportunities_follow(
    before: Mapping[int, int | None],
    given: Mapping[int, Member | None],
    reason: str,
    by: Member | None,
) -> dict[int, int]:
    """Hand the open opportunities on; member (id) → how many they lost without losing a customer."""
    owners, lost = {}, defaultdict[int, int](int)
    for pk, customer, owner in _open_at(c for c, to in given.items() if to is not None):
        to = given[customer]
        if to is None or owner == to.pk or before[customer] not in {None, owner}:
            continue
        owners[pk] = to
        if before[customer] is None:
            lost[owner] += 1
    if owners:
        opportunities_spread(owners=owners, reason=reason, kind=OwnerChangeKind.ASSIGN, by=by)
    return lost


def _next_steps_follow(given: Mapping[int, Member | None], by: Member | None) -> None:
    by_receiver = defaultdict[Member | None, list[int]](list)
    for customer, to in given.items():
        by_receiver[to].append(customer)
    for to, customers in by_receiver.items():
        follow_ups_follow(customers=customers, to=to, by=by)


def _tell(
    before: Mapping[int, int | None],
    given: Mapping[int, Member | None],
    losers: Mapping[int, int],
    reason: str,
    by: Member | None,
) -> None:
    """One line for each person, however many customers it was; whoever did it needs none."""
    got, lost = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for customer, to in given.items():
        if to is not None:
            got[to.pk].append(customer)
        owner = before[customer]
        if owner is not None:
            lost[owner].append(customer)
    told = {("customers.received", pk): ids for pk, ids in got.items()}
    told |= {("customers.lost", pk): ids for pk, ids in lost.items()}
    people = Member.objects.in_bulk({pk for _kind, pk in told} | set(losers))
    event = uuid4()
    names = Customer.objects.in_bulk([ids[0] for ids in told.values() if len(ids) == 1])
    for (kind, pk), ids in told.items():
        record = names[ids[0]] if len(ids) == 1 else None
        notify(
            members=[people[pk]],
            kind=kind,
            key=f"{kind}:{event}",
            record=record,
            by=by,
            count=len(ids),
            reason=reason,
        )
    for pk, count in losers.items():
        kind = "opportunities.lost"
        notify(members=[people[pk]], kind=kind, key=f"{kind}:{event}", by=by, count=count)


def claimed_words(count: int) -> str:
    """What the person reads after a claim."""
    words = ngettext("%(n)s customer is yours now.", "%(n)s customers are yours now.", count)
    return words % {"n": count}
