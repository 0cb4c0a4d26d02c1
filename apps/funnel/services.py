"""Every change to an opportunity: opening it, moving it, handing it on, winning or losing it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Customer
from apps.customers.services import receiver_held, receivers_held
from apps.funnel.models import (
    Level,
    LevelChange,
    Opportunity,
    Outcome,
    OwnerChangeKind,
    State,
)
from apps.members.models import Member, Membership
from apps.members.selectors import primary_team_on
from apps.members.services import NoTeam
from apps.products.models import Product, ProductLine

# One statement: the change is recorded with the holders that the same statement replaces.
HAND_ON = """
WITH wanted AS (
  SELECT * FROM unnest(%(opportunities)s::bigint[], %(owners)s::bigint[], %(teams)s::bigint[])
    AS wanted (id, owner_id, team_id)
), recorded AS (
  INSERT INTO funnel_ownerchange
    (opportunity_id, "on", at, from_owner_id, from_team_id, to_owner_id, to_team_id, by_id, kind,
     reason, is_sample, recorded_at)
  SELECT o.id, %(on)s, %(at)s, o.owner_id, o.team_id, w.owner_id, w.team_id, %(by)s, %(kind)s,
         %(reason)s, o.is_sample, now()
  FROM wanted w JOIN funnel_opportunity o USING (id)
)
UPDATE funnel_opportunity o
SET owner_id = w.owner_id, team_id = w.team_id, held_since_on = %(on)s
FROM wanted w WHERE o.id = w.id
"""


# What the audit trail says of a new opportunity.
CREATED = ("owner", "team", "customer", "line", "product", "level", "value", "expected_close_on")


class OpportunityClosed(DomainError):  # noqa: N818 - named for what it says
    """The opportunity is closed."""


class ReasonMissing(DomainError):  # noqa: N818 - named for what is missing
    """A move back and a loss need a reason."""


@transaction.atomic
def opportunity_create(  # noqa: PLR0913 - the fields of an opportunity
    *,
    owner: Member,
    line: ProductLine,
    level: Level,
    by: Member | None,
    customer: Customer | None = None,
    product: Product | None = None,
    name: str = "",
    value: Decimal | None = None,
    expected_close_on: date | None = None,
    at: datetime | None = None,
) -> Opportunity:
    """Open an opportunity at a level, with the first entry of its history."""
    at = at or timezone.now()
    receiver_held(owner)
    on = Organisation.current().day_of(at)
    team = primary_team_on(owner, on)
    if team is None:
        raise NoTeam(_("%(member)s belongs to no team on that day.") % {"member": owner})
    opportunity = Opportunity(
        owner=owner,
        team=team,
        line=line,
        product=product,
        customer=customer,
        name=name,
        level=level,
        level_since_on=on,
        value=value,
        opened_on=on,
        held_since_on=on,
        expected_close_on=expected_close_on,
        is_sample=owner.is_sample,  # what a person of the sample firm owns goes with them
    )
    opportunity.full_clean()
    opportunity.save()
    _record(opportunity, from_level=None, to_level=level, at=at, by=by)
    changes = changed_values(opportunity, {}, CREATED)
    audit_record(by=by, action="opportunity.create", record=opportunity, changes=changes)
    return opportunity


@transaction.atomic
def opportunity_move(
    *,
    opportunity: Opportunity,
    to: Level,
    by: Member | None,
    reason: str = "",
    at: datetime | None = None,
) -> LevelChange:
    """Move an open opportunity to another level of its pipeline; back only with a reason."""
    opportunity = _locked_open(opportunity)
    if to.pipeline_id != opportunity.level.pipeline_id:
        raise DomainError(_("This level belongs to another pipeline."))
    if to.rank < opportunity.level.rank and not reason:
        raise ReasonMissing(_("Say why the opportunity moves back."))
    at = at or timezone.now()
    change = _record(
        opportunity, from_level=opportunity.level, to_level=to, at=at, by=by, reason=reason
    )
    before = values_of(opportunity, ("level", "level_since_on"))
    opportunity.level = to
    opportunity.level_since_on = change.on
    opportunity.save(update_fields=["level", "level_since_on"])
    changes = changed_values(opportunity, before)
    audit_record(
        by=by, action="opportunity.move", record=opportunity, changes=changes, reason=reason
    )
    return change


@transaction.atomic
def opportunity_close(
    *,
    opportunity: Opportunity,
    outcome: Outcome,
    by: Member | None,
    reason: str = "",
    at: datetime | None = None,
) -> LevelChange:
    """Win or lose an open opportunity; a loss needs a reason."""
    opportunity = _locked_open(opportunity)
    if outcome == Outcome.LOST and not reason:
        raise ReasonMissing(_("Say why the opportunity was lost."))
    at = at or timezone.now()
    change = _record(
        opportunity, from_level=opportunity.level, outcome=outcome, at=at, by=by, reason=reason
    )
    before = values_of(opportunity, ("state", "closed_on", "loss_reason"))
    opportunity.state = State(outcome.value)
    opportunity.closed_on = change.on
    opportunity.loss_reason = reason if outcome == Outcome.LOST else ""
    opportunity.full_clean()
    opportunity.save(update_fields=["state", "closed_on", "loss_reason"])
    changes = changed_values(opportunity, before)
    audit_record(by=by, action="opportunity.close", record=opportunity, changes=changes)
    return change


@transaction.atomic
def opportunities_assign(
    *,
    opportunities: QuerySet[Opportunity] | Iterable[int],
    to: Member,
    reason: str,
    kind: OwnerChangeKind,
    by: Member | None,
    at: datetime | None = None,
) -> int:
    """Hand open opportunities (rows or ids) to a member and their team; how many changed hands.

    Closed ones stay with whom they were closed under, and what the member holds already stays.
    """
    is_rows = isinstance(opportunities, QuerySet)
    ids: Iterable[int] = opportunities.values_list("pk", flat=True) if is_rows else opportunities  # type: ignore[union-attr, assignment]
    owners = dict.fromkeys(ids, to)
    return opportunities_spread(owners=owners, reason=reason, kind=kind, by=by, at=at)


@transaction.atomic
def opportunities_spread(
    *,
    owners: Mapping[int, Member],
    reason: str,
    kind: OwnerChangeKind,
    by: Member | None,
    at: datetime | None = None,
) -> int:
    """`opportunities_assign` with an owner for each (by id): one entry of the audit trail."""
    receivers_held(owners.values())
    at = at or timezone.now()
    on = Organisation.current().day_of(at)
    teams = {member: primary_team_on(member, on) for member in set(owners.values())}
    for member, team in teams.items():
        if team is None:
            raise NoTeam(_("%(member)s belongs to no team on that day.") % {"member": member})
    wanted = {pk: (to.pk, teams[to].pk) for pk, to in owners.items()}  # type: ignore[union-attr]
    return _hand_on(wanted, at=at, by=by, kind=kind, reason=reason)


@transaction.atomic
def opportunities_follow(
    *,
    by: Member | None,
    owner: Member | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> int:
    """Bring open opportunities into the team to which their owner belongs; how many moved.

    Of one owner, or of everybody: a move that takes effect today, or a team that went astray.
    """
    at = at or timezone.now()
    primary = Membership.objects.running_on(Organisation.current().day_of(at)).filter(
        member=OuterRef("owner"), is_primary=True
    )
    rows = Opportunity.objects.filter(state=State.OPEN)
    if owner is not None:
        rows = rows.filter(owner=owner)
    astray = rows.annotate(home=Subquery(primary.values("team")[:1])).exclude(team=F("home"))
    found = astray.filter(home__isnull=False).order_by().values_list("pk", "owner", "home")
    wanted = {pk: (owner_pk, team_pk) for pk, owner_pk, team_pk in found}
    return _hand_on(wanted, at=at, by=by, kind=OwnerChangeKind.MOVE, reason=reason)


def _hand_on(
    wanted: Mapping[int, tuple[int, int]],
    *,
    at: datetime,
    by: Member | None,
    kind: OwnerChangeKind,
    reason: str,
) -> int:
    """Pass open opportunities (by id) to an owner and a team; locks in the order of the keys."""
    rows = Opportunity.objects.select_for_update(no_key=True).filter(
        pk__in=list(wanted), state=State.OPEN
    )
    on = Organisation.current().day_of(at)
    changed = []
    held = rows.order_by("pk").values_list("pk", "owner", "team", "held_since_on")
    for pk, owner, team, since in held:
        if (owner, team) == wanted[pk]:
            continue
        if since > on:
            raise DomainError(_("An opportunity changed hands after that day: choose a later one."))
        changed.append(pk)
    if not changed:
        return 0
    values: dict[str, Any] = {
        "opportunities": changed,
        "owners": [wanted[pk][0] for pk in changed],
        "teams": [wanted[pk][1] for pk in changed],
        "on": on,
        "at": at,
        "by": by.pk if by else None,
        "kind": str(kind),
        "reason": reason,
    }
    with connection.cursor() as cursor:
        cursor.execute(HAND_ON, values)
    audit_record(
        by=by,
        action="opportunity.assign",
        record=Opportunity,
        rows=changed,
        count=len(changed),
        kind=str(kind),
        reason=reason,
    )
    return len(changed)


def _locked_open(opportunity: Opportunity) -> Opportunity:
    # With what names it, for the audit trail.
    related = ("level", "line", "product", "customer")
    locked = Opportunity.objects.select_for_update(of=("self",)).prefetch_related(*related)
    fresh: Opportunity = locked.get(pk=opportunity.pk)
    if fresh.state != State.OPEN:
        raise OpportunityClosed(_("This opportunity is closed already."))
    return fresh


def _record(  # noqa: PLR0913 - the fields of a level change
    opportunity: Opportunity,
    *,
    from_level: Level | None,
    at: datetime,
    by: Member | None,
    to_level: Level | None = None,
    outcome: Outcome | str = "",
    reason: str = "",
) -> LevelChange:
    return LevelChange.objects.create(
        opportunity=opportunity,
        from_level=from_level,
        to_level=to_level,
        outcome=outcome,
        at=at,
        on=Organisation.current().day_of(at),
        owner=opportunity.owner,
        team=opportunity.team,
        value=opportunity.value,
        by=by,
        reason=reason,
        is_sample=opportunity.is_sample,
    )
