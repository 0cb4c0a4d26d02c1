"""The service policies and business hours in force, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from apps.core.calendars import current_calendar
from apps.core.models import Organisation
from apps.customers.models import Channel, CustomerOwnerChangeKind, Tier
from apps.portfolio.models import ServiceHours, ServicePolicy
from apps.portfolio.service.clock import BusinessHours
from apps.portfolio.service.querysets import VISITING

# By which ways a member gets a lead that waits for an answer. Imported lists are none, nor is what
# was handed over: nobody asked.
LEAD_KINDS = (
    CustomerOwnerChangeKind.CREATE,
    CustomerOwnerChangeKind.CLAIM,
    CustomerOwnerChangeKind.ASSIGN,
    CustomerOwnerChangeKind.API,
)
# An unrated lead gets the first response of this tier.
UNRATED_AS = Tier.C
# From cheap to dear, as a policy lists its channels.
CHEAPER_FIRST = (
    Channel.EMAIL,
    Channel.MESSAGE,
    Channel.FAX,
    Channel.CALL,
    Channel.MEETING,
    Channel.VISIT,
)


@dataclass(frozen=True)
class Promise:
    """What a customer of a tier may expect; None asks nothing, no channels allow each."""

    tier: str
    contact_days: int | None = None
    response_hours: int | None = None
    visit_days: int | None = None
    channels: list[Channel] = field(default_factory=list)


def promise_of(policy: ServicePolicy) -> Promise:
    return Promise(
        policy.tier,
        policy.contact_days,
        policy.response_hours,
        policy.visit_days,
        [Channel(channel) for channel in policy.channels],
    )


def promises() -> dict[str, Promise]:
    """The policies in force by tier."""
    return {policy.tier: promise_of(policy) for policy in ServicePolicy.objects.all()}


def business_hours() -> BusinessHours:
    """The firm's business hours in its zone, with its calendar."""
    kept = ServiceHours.current()
    zone = Organisation.current().zone
    return BusinessHours(kept.opens_at, kept.closes_at, zone, current_calendar().is_working_day)


def parameters(known: Sequence[Promise], day: date) -> dict[str, Any]:
    """The policies as the statements take them."""
    return {
        "tiers": [promise.tier for promise in known],
        "contact_days": [promise.contact_days for promise in known],
        "response_hours": [promise.response_hours for promise in known],
        "visit_days": [promise.visit_days for promise in known],
        "visiting": [str(channel) for channel in VISITING],
        "kinds": [str(kind) for kind in LEAD_KINDS],
        "zone": Organisation.current().time_zone,
        "day": day,
    }


def windows(
    hours: BusinessHours, *, first: date, now: datetime, beyond: timedelta
) -> dict[str, list[Any]]:
    """Business hours from a day until so much of them lies after `now`, with the seconds before."""
    opened, closed, before = [], [], []
    seconds, ahead = 0, timedelta(0)
    for opens, closes in hours.windows(first):
        opened.append(opens)
        closed.append(closes)
        before.append(seconds)
        seconds += int((closes - opens).total_seconds())
        ahead += max(closes - max(opens, now), timedelta(0))
        if ahead > beyond:
            break
    return {"opens": opened, "closes": closed, "before": before}
