"""Every change of a tier: the nightly run, tiers set by hand, and the rule."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Customer, Tier
from apps.members.models import Member
from apps.members.querysets import Viewer, is_acted_for, writes
from apps.members.roles import Reach, RecordKind
from apps.portfolio.models import TierChange, TierChangeKind, TierFigure, TierOverride, TierRule
from apps.portfolio.tiers import statements
from apps.portfolio.tiers.ranking import months_before, provisional_tier
from apps.portfolio.tiers.rule import parameters, score_range

# Twelve months are the longest time for which somebody may know better than the orders.
OVERRIDE_MONTHS = 12
RULE_FIELDS = ("mode", "count_a", "count_b", "value_a", "value_b", "months", "runs_to_change")
# Sums of large tables in memory and in parallel; compiling such statements costs more than it saves.
LOCAL_SETTINGS = """
SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 2
"""


class OverrideOutOfRange(DomainError):  # noqa: N818 - named for what is the case
    """A tier set by hand ends between today and a year from now."""


class NoOverride(DomainError):  # noqa: N818 - named for what is the case
    """Nothing is set by hand at this customer any more: open its page again."""


@transaction.atomic
def tiers_update(*, as_of: date) -> int:
    """Compute every tier as of a day and apply what holds; the number of customers looked at.

    Again for the same day: the same, nothing is counted twice. For a day before the latest run:
    nothing, since a tier that people have worked with is not changed backwards.
    """
    rule, organisation = TierRule.current(), Organisation.current()
    latest = TierFigure.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    if latest is not None and as_of < latest:
        return 0
    values = {
        **parameters(rule, as_of),
        "today": organisation.today(),
        "zone": organisation.time_zone,
        "runs_to_change": rule.runs_to_change,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCAL_SETTINGS)
        cursor.execute(statements.DECIDE, values)
        looked_at = int(cursor.rowcount)
        cursor.execute(statements.REFRESH, values)
        cursor.execute(statements.ADD, values)
        if cursor.rowcount * 10 > looked_at:
            # The next night plans by how many there are now, whenever the database would look.
            cursor.execute("ANALYZE portfolio_tierfigure")
        cursor.execute(statements.DROP_OLD, values)
        cursor.execute(statements.LOCK)
        cursor.execute(statements.APPLY, values)
        cursor.execute(statements.END, values)
        # At the end of the transaction it would go by itself, but there may be more runs in it.
        cursor.execute("DROP TABLE tier_next")
    return looked_at


def may_override(user: Viewer, customer: Customer) -> bool:
    """Whoever leads and may change the customer sets its tier by hand; a rep does not."""
    if writes(user, RecordKind.SALES) < Reach.SUBTREE or is_acted_for(user):
        return False
    return Customer.objects.editable_by(user).filter(pk=customer.pk).exists()


def override_last_day(today: date) -> date:
    """The latest day on which a tier set by hand may end."""
    return months_before(today, -OVERRIDE_MONTHS)


@transaction.atomic
def tier_override_set(
    *, customer: Customer, tier: Tier, reason: str, ends_on: date, by: Member
) -> TierOverride:
    """Set a tier by hand through a day; it counts at once, and takes the place of one before."""
    held = _held(customer, by)
    today = Organisation.current().today()
    if not today <= ends_on <= override_last_day(today):
        raise OverrideOutOfRange(_("Choose a last day between today and a year from now."))
    _cancel_all(held, by)
    override = TierOverride(
        customer=held, tier=tier, reason=reason, by=by, ends_on=ends_on, is_sample=held.is_sample
    )
    override.full_clean()
    override.save()
    before = held.tier
    _apply(held, tier, is_provisional=False, kind=TierChangeKind.OVERRIDE, by=by, reason=reason)
    audit_record(
        by=by,
        action="customer.tier_override",
        record=held,
        changes={"tier": [before, tier]},
        until=ends_on,
        reason=reason,
    )
    return override


@transaction.atomic
def tier_override_cancel(*, customer: Customer, by: Member) -> None:
    """End what is set by hand now: the tier that the latest run found counts again at once."""
    held = _held(customer, by)
    if not _cancel_all(held, by):
        raise NoOverride(
            _("Nothing is set by hand at this customer any more: open its page again.")
        )
    tier, is_provisional = _found(held)
    before = held.tier
    kind = TierChangeKind.OVERRIDE_END
    _apply(held, tier, is_provisional=is_provisional, kind=kind, by=by, reason="")
    audit_record(
        by=by,
        action="customer.tier_override_cancel",
        record=held,
        changes={"tier": [before, tier]},
    )


@transaction.atomic
def tier_rule_save(*, values: Mapping[str, Any], by: Member) -> TierRule:
    """Change how tiers are computed; the next run is the first by the new rule."""
    TierRule.current()
    rule = TierRule.objects.select_for_update().get()
    before = values_of(rule, RULE_FIELDS)
    for name in RULE_FIELDS:
        setattr(rule, name, values[name])
    rule.full_clean()
    rule.save()
    if changes := changed_values(rule, before):
        audit_record(by=by, action="tierrule.update", record=rule, changes=changes)
    return rule


def _held(customer: Customer, by: Member) -> Customer:
    """The customer, locked; refused to whoever may not set its tier."""
    if not may_override(by, customer):
        raise NotPermitted(_("Who leads the team of this customer's owner sets its tier by hand."))
    held: Customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    return held


def _cancel_all(customer: Customer, by: Member) -> int:
    rows = TierOverride.objects.in_force().filter(customer=customer)
    return int(rows.update(cancelled_at=timezone.now(), cancelled_by=by))


def _found(customer: Customer) -> tuple[str, bool]:
    """What the latest run found by the rule; before the first run, by the potential score."""
    figure = TierFigure.objects.filter(customer=customer).first()
    if figure is not None:
        return figure.computed, figure.is_provisional
    if customer.last_ordered_on is not None:
        return "", False
    scores = score_range()
    is_parked = customer.screening == "parked"
    tier = provisional_tier(
        customer.potential_score, scores.minimum, scores.maximum, is_parked=is_parked
    )
    return tier, bool(tier)


def _apply(
    customer: Customer,
    tier: str,
    *,
    is_provisional: bool,
    kind: TierChangeKind,
    by: Member,
    reason: str,
) -> None:
    """The tier counts from now on; nothing that earlier runs found is pending any more."""
    figures = TierFigure.objects.filter(customer=customer)
    # What a person decides needs no figures; what counts again without them does.
    figure = figures.first() if kind == TierChangeKind.OVERRIDE_END else None
    TierChange.objects.create(
        customer=customer,
        from_tier=customer.tier,
        to_tier=tier,
        on=Organisation.current().today(),
        kind=kind,
        by=by,
        reason=reason,
        worth=figure.worth if figure else None,
        rank=figure.rank if figure else None,
        rated=TierFigure.objects.rated().count() if figure and figure.rank else None,
        is_sample=customer.is_sample,
    )
    customer.tier, customer.is_tier_provisional = tier, is_provisional
    customer.save(update_fields=["tier", "is_tier_provisional"])
    figures.update(pending="", pending_runs=0)
