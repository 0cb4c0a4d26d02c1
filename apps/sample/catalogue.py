"""Product lines and products of the sample firm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Model

from apps.products.models import Product, ProductLine
from apps.sample import words
from apps.sample.context import Context

NEEDS: Sequence[str] = ()
MODELS: Sequence[type[Model]] = (ProductLine, Product)
# Lines are sold in this proportion; the last one only in China.
SHARES = {"DE": (34, 30, 12, 24, 0), "CN": (22, 18, 10, 14, 36)}


@dataclass(frozen=True)
class Offer:
    """A product with its price, and how many of it an order takes."""

    product: Product
    price: Decimal
    cost: Decimal
    units: tuple[int, int]

    def sold_on(self, day: date) -> bool:
        start, end = self.product.active_from, self.product.active_until
        return (start is None or start <= day) and (end is None or day <= end)


@dataclass(frozen=True)
class Catalogue:
    # One list of offers per line, in the order of SHARES.
    lines: list[list[Offer]]


def build(context: Context) -> Mapping[str, int]:
    """Every line with its products: one no longer sold, one new."""
    offers: list[list[Offer]] = []
    lines: list[ProductLine] = []
    for line_name, products in words.CATALOGUE:
        line = ProductLine(name=_free_name(context, ProductLine, line_name), is_sample=True)
        lines.append(line)
        offers.append([_offer(context, line, *product) for product in products])
    ProductLine.objects.bulk_create(lines)
    every = [offer.product for line_offers in offers for offer in line_offers]
    Product.objects.bulk_create(every)
    context.keep(Catalogue(offers))
    return {"product_lines": len(lines), "products": len(every)}


def _offer(
    context: Context, line: ProductLine, name: str, price: str, cost: str, units: tuple[int, int]
) -> Offer:
    until = context.until
    product = Product(
        line=line,
        name=_free_name(context, Product, name),
        list_price=Decimal(price),
        cost=Decimal(cost),
        active_until=_before(until, words.DISCONTINUED.get(name)),
        active_from=_before(until, words.INTRODUCED.get(name)),
        is_sample=True,
    )
    return Offer(product, Decimal(price), Decimal(cost), units)


def _before(until: date, days: int | None) -> date | None:
    return until - timedelta(days=days) if days else None


def _free_name(context: Context, model: type[ProductLine | Product], name: str) -> str:
    """The name itself, with a suffix where a real record has it (names are unique)."""
    taken = context.beside and model.objects.filter(name__iexact=name).exists()
    return f"{name} (sample)" if taken else name
