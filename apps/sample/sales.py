"""Orders of the sample firm: one for each won opportunity, and a few returns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from django.db.models import Model

from apps.orders.models import Order
from apps.sample.calendars import (
    OFFICE_MINUTES,
    WorkingCalendar,
    office_instant,
    working_calendars,
)
from apps.sample.context import Context
from apps.sample.copying import copy_rows
from apps.sample.opportunities import CENT, Deals, Sale
from apps.sample.people import People

NEEDS = ("people", "opportunities")
MODELS: Sequence[type[Model]] = (Order,)

RETURN_SHARE = 0.035
RETURN_DAYS = (6, 40)
RETURNED_PARTS = (Decimal("0.1"), Decimal("0.25"), Decimal("0.5"), Decimal(1))
ORDER_FIELDS = (
    "number", "opportunity", "customer", "line", "product", "member", "team", "ordered_on", "value",
    "cost", "is_sample", "created_at",
)  # fmt: skip
ON, AT = ORDER_FIELDS.index("ordered_on"), ORDER_FIELDS.index("created_at")


def build(context: Context) -> Mapping[str, int]:
    """Orders oldest first, numbered as they came."""
    rows = sorted(_orders(context), key=lambda row: (row[AT], row[1]))
    numbered = (
        (f"NS-{row[ON]:%Y}-{number:06d}", *row[1:]) for number, row in enumerate(rows, start=1)
    )
    return {"orders": copy_rows(Order, ORDER_FIELDS, numbered)}


def _orders(context: Context) -> Iterator[tuple[Any, ...]]:
    rng = context.random("sales")
    countries = (seller.country for seller in context.made(People).sellers)
    calendars = working_calendars(countries, context.start, context.until)
    for sale in context.made(Deals).sales:
        cost = _cost(rng, sale)
        won = sale.won
        value = won.value or Decimal(0)
        yield _row(sale, won.team, won.on, won.at, (value, cost))
        if rng.random() < RETURN_SHARE:
            on = _return_day(rng, sale, calendars[won.owner.country])
            part = rng.choice(RETURNED_PARTS)
            minute = rng.randrange(OFFICE_MINUTES)
            if on is None or (won.owner.left_on and on >= won.owner.left_on):
                continue
            at = office_instant(on, minute, context.organisation.zone, context.organisation.zone)
            yield _returned(sale, on, at, (part * value, part * cost))


def _return_day(rng: Random, sale: Sale, calendar: WorkingCalendar) -> date | None:
    """A working day some weeks after the order; None where that is after the history."""
    index = calendar.at_or_after(sale.won.on + timedelta(days=rng.randint(*RETURN_DAYS)))
    return calendar.days[index] if index <= calendar.last else None


def _returned(
    sale: Sale, on: date, at: datetime, amounts: tuple[Decimal, Decimal]
) -> tuple[Any, ...]:
    """A credit note for goods that came back, charged to the team of that day."""
    value, cost = (-amount.quantize(CENT, ROUND_HALF_UP) for amount in amounts)
    return _row(sale, sale.won.owner.team_on(on), on, at, (value, cost))


def _cost(rng: Random, sale: Sale) -> Decimal:
    """Units at cost, a little dearer or cheaper than the list says."""
    drift = Decimal(rng.randint(96, 106)) / 100
    return (sale.offer.cost * sale.units * drift).quantize(CENT, ROUND_HALF_UP)


def _row(
    sale: Sale, team: int, on: date, at: datetime, amounts: tuple[Decimal, Decimal]
) -> tuple[Any, ...]:
    product = sale.offer.product
    return (
        None,
        sale.opportunity,
        sale.customer,
        product.line_id,
        product.pk,
        sale.won.owner.member.pk,
        team,
        on,
        *amounts,
        True,
        at,
    )
