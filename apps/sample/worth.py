"""What the nights of the last months would have found of the sample firm's customers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import Model

from apps.customers.duplicates.services import duplicates_note
from apps.customers.keys import keys_refresh
from apps.customers.models import Customer, Tier
from apps.members.models import AccessRole, Member
from apps.portfolio.lifecycle.services import lifecycle_update
from apps.portfolio.models import TierChange, TierChangeKind, TierOverride
from apps.portfolio.tiers.services import tiers_update
from apps.sample.context import Context
from apps.sample.leads import Leads

NEEDS = ("leads", "sales", "talks", "knowledge")
# Figures of customers go with their customers.
MODELS: Sequence[type[Model]] = ()

WEEKS = 26
# Of a large firm fewer: each run looks at every customer.
MOST_CUSTOMERS, FEWER_WEEKS = 5_000, 6
# Tier, days that it was set ago, days that it holds from the end of the history, why.
BY_HAND = (
    (Tier.A, 21, 120, "Reference for the whole region; visits come with guests"),
    (Tier.A, 9, 12, "Frame contract is being signed"),
)


def build(context: Context) -> Mapping[str, int]:
    """Keys and pairs of duplicates, then a run a week; beside real records the next night does it."""
    ids = list(Customer.objects.filter(is_sample=True).order_by("pk").values_list("pk", flat=True))
    keys_refresh(ids)
    pairs = duplicates_note([lead.customer for lead in context.made(Leads).made])
    if not context.beside:
        for day in _days(context):
            tiers_update(as_of=day)
            lifecycle_update(as_of=day, at=_night_after(context, day))
        _by_hand(context)
    return {"duplicate_pairs": pairs}


def _days(context: Context) -> Iterator[date]:
    weeks = WEEKS if context.scale.customers <= MOST_CUSTOMERS else FEWER_WEEKS
    for week in range(weeks, 0, -1):
        yield context.until - timedelta(weeks=week)
    yield context.until


def _night_after(context: Context, day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(2), tzinfo=context.organisation.zone)


def _by_hand(context: Context) -> None:
    """Two customers whose tier the director set."""
    director = Member.objects.filter(is_sample=True, access_role=AccessRole.DIRECTOR)[0]
    held = Customer.objects.filter(is_sample=True, owner__isnull=False, tier=Tier.B)
    for customer, (tier, ago, until, reason) in zip(held.order_by("pk"), BY_HAND, strict=False):
        at = _night_after(context, context.until - timedelta(days=ago)) + timedelta(hours=8)
        TierOverride.objects.create(
            customer=customer,
            tier=tier,
            reason=reason,
            by=director,
            at=at,
            ends_on=context.until + timedelta(days=until),
            is_sample=True,
        )
        TierChange.objects.create(
            customer=customer,
            from_tier=customer.tier,
            to_tier=tier,
            on=at.astimezone(context.organisation.zone).date(),
            at=at,
            kind=TierChangeKind.OVERRIDE,
            by=director,
            reason=reason,
            is_sample=True,
        )
        Customer.objects.filter(pk=customer.pk).update(tier=tier)
