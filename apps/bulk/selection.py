"""Which customers a bulk change is about: the ticked ones, or all that a list's address lets through."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.formats import number
from apps.core.lists import SORT
from apps.core.paging import Order, ordered
from apps.customers.columns import COLUMNS, FIXED
from apps.customers.filters import CustomerFilter
from apps.customers.models import Customer
from apps.members.models import Member

MOST = 50_000
# Ticks of one page, with room for a page that grew.
MOST_TICKED = 200


class TooMany(DomainError):  # noqa: N818 - named for what would be
    """More customers than one change works off."""


@dataclass(frozen=True)
class Selection:
    """`ticked` ids, or with `is_all` whatever the list's `query` lets through."""

    ticked: tuple[int, ...] = ()
    is_all: bool = False
    query: str = ""

    @classmethod
    def asked(cls, asked: QueryDict) -> "Selection":
        """From the address that the list's form makes."""
        ids = [int(pk) for pk in asked.getlist("pk")[:MOST_TICKED] if _is_id(pk)]
        return cls(tuple(dict.fromkeys(ids)), asked.get("all") == "1", asked.get("query", ""))

    def customers(self, user: Member) -> list[int]:
        """Ids of those that the person sees, in the list's order. Raises TooMany."""
        seen = Customer.objects.visible_to(user)
        if not self.is_all:
            known = set(seen.filter(pk__in=self.ticked).order_by().values_list("pk", flat=True))
            return [pk for pk in self.ticked if pk in known]
        asked = QueryDict(self.query)
        filters = CustomerFilter(asked, user=user)
        if not filters.is_valid():
            return []
        rows = ordered(filters.apply(seen), _order(asked.get(SORT, "")))
        found = list(rows.values_list("pk", flat=True)[: MOST + 1])
        if len(found) > MOST:
            words = _("Narrow the filters: at most %(most)s customers are changed at once.")
            raise TooMany(words % {"most": number(MOST)})
        return found


def _order(asked: str) -> Sequence[Order]:
    key = asked.removeprefix("-")
    column = next((one for one in COLUMNS if one.key == key and one.order), None)
    if column is None:
        return [Order(FIXED)]
    return [
        Order(
            column.order,
            descending=asked.startswith("-"),
            is_nullable=column.is_nullable,
            is_text=column.is_text,
        )
    ]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(2**62))
