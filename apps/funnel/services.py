"""Every change to an opportunity: opening it, moving it, winning or losing it."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.customers.models import Customer
from apps.funnel.models import Level, LevelChange, Opportunity, Outcome, State
from apps.members.models import Member
from apps.members.selectors import primary_team_on
from apps.members.services import NoTeam
from apps.products.models import Product, ProductLine


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
        expected_close_on=expected_close_on,
        is_sample=owner.is_sample,  # what a person of the sample firm owns goes with them
    )
    opportunity.full_clean()
    opportunity.save()
    _record(opportunity, from_level=None, to_level=level, at=at, by=by)
    audit_record(by=by, action="opportunity.create", record=opportunity)
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
    opportunity.level = to
    opportunity.level_since_on = change.on
    opportunity.save(update_fields=["level", "level_since_on"])
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
    opportunity.state = State(outcome.value)
    opportunity.closed_on = change.on
    opportunity.loss_reason = reason if outcome == Outcome.LOST else ""
    opportunity.full_clean()
    opportunity.save(update_fields=["state", "closed_on", "loss_reason"])
    return change


def _locked_open(opportunity: Opportunity) -> Opportunity:
    locked = Opportunity.objects.select_for_update(of=("self",)).select_related("level")
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
