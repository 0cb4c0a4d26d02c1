"""What other parts of the product show on the customer page: panels by URL name, once there are."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Panel:
    """A card that is loaded into the page; `is_first` where a phone shows it before the others.

    `page` is where a reader without JavaScript finds the same.
    """

    id: str
    title: str | Promise
    address: str
    page: str
    is_first: bool = False


# Id of the card, URL name, title until it is loaded. What comes next first, then how it is going.
MAIN = (
    ("next-step", "customer_next_step", _("Next step")),
    ("opportunities", "customer_opportunities", _("Opportunities")),
    ("timeline", "customer_timeline", _("Timeline")),
    ("orders", "customer_orders", _("Orders")),
)
SIDE = (
    ("duplicates", "customer_duplicates", _("Duplicates")),
    ("service", "customer_service", _("Service policy")),
)
LAST = (
    ("tier", "customer_tier", _("Tier")),
    ("lifecycle", "customer_lifecycle", _("Lifecycle stage")),
    ("hold", "customer_hold", _("Hold")),
    ("satisfaction", "customer_satisfaction", _("Satisfaction")),
    ("screening", "customer_screening", _("Screening")),
)
# Panels whose rows are a list's with a filter.
LISTS = {"opportunities", "orders"}
FIRST_ON_A_PHONE = frozenset({"next-step", "duplicates"})


def panels(known: Iterable[tuple[str, str, str | Promise]], pk: int) -> list[Panel]:
    """Those of them that there are."""
    found = []
    for id_, name, title in known:
        try:
            address = reverse(name, args=[pk])
        except NoReverseMatch:
            continue
        page = f"{reverse(id_)}?customer={pk}" if id_ in LISTS else address
        found.append(Panel(id_, title, address, page, id_ in FIRST_ON_A_PHONE))
    return found
