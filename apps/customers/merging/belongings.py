"""What moves along when a customer goes into another, and what stays, each with its reason."""

from collections.abc import Iterator
from typing import Any

from django.db.models import ForeignKey, Model

from apps.customers.models import Contact, Customer

type Relation = ForeignKey[Any, Any]

# Field that names a customer → why a merge leaves it as it is. Every other one moves along.
STAYS = {
    "customers.SearchKey.customer": "written anew from names and contacts",
    "customers.CustomerOwnerChange.customer": "history that is never edited",
    "customers.DuplicatePair.first": "the pair is decided by the merge",
    "customers.DuplicatePair.second": "the pair is decided by the merge",
    "customers.Merge.survivor": "history: what went into the customer, to be undone in its order",
    "portfolio.TierChange.customer": "history that is never edited",
    "portfolio.LifecycleChange.customer": "history that is never edited",
    "portfolio.TierFigure.customer": "computed again by night",
    "portfolio.LifecycleFigure.customer": "computed again by night",
    "portfolio.PolicyBreach.customer": "it was the absorbed customer's; the night looks again",
    "portfolio.FirstResponse.customer": "the absorbed customer's clock, kept as it was",
    "portfolio.TierOverride.customer": "set for that customer alone; the survivor keeps its own",
    "portfolio.LifecycleOverride.customer": "set for that customer alone; the survivor keeps its own",
    "workday.Lease.customer": "who has the absorbed customer open right now; it ends by itself",
    "pool.HoldWarning.customer": "a warning of the absorbed customer's own clock",
    "customers.Customer_tags.customer": "tags are united, those of the absorbed stay at it",
}
# Field that names a contact → why joining two contacts leaves it.
CONTACT_STAYS = {"customers.SearchKey.contact": "written anew from names and contacts"}


def key_of(field: Relation) -> str:
    return f"{field.model._meta.label}.{field.name}"


def moving_fields() -> list[Relation]:
    """Every field of any table that names a customer and moves along."""
    return list(_fields(Customer, STAYS))


def contact_fields() -> list[Relation]:
    """Every field that names a contact and follows it into another."""
    return list(_fields(Contact, CONTACT_STAYS))


def _fields(model: type[Model], stays: dict[str, str]) -> Iterator[Relation]:
    # Relations without a name of their own (related_name="+") count too.
    relations = model._meta.get_fields(include_hidden=True)
    found = (one.remote_field for one in relations if one.auto_created and not one.concrete)
    fields = [field for field in found if isinstance(field, ForeignKey)]
    yield from sorted((one for one in fields if key_of(one) not in stays), key=key_of)
