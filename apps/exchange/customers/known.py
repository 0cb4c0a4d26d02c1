"""Which rows name a customer that is here already, by the keys of `apps.customers.keys`.

Same email, same phone, or same name and region; only customers that the importer sees: what one may
not see is not mentioned (decision 13), and the pair goes to those who see both.
"""

from collections.abc import Iterable, Sequence
from itertools import batched

from apps.customers.models import Customer, KeyKind, SearchKey
from apps.customers.normalising import region_key
from apps.exchange.customers.rows import Draft
from apps.members.models import Member

ASKED_AT_ONCE = 5_000

type Key = tuple[str, str]


class Known:
    """Customers by key; rows of the same file join in as they are taken."""

    def __init__(self, drafts: Sequence[Draft], *, by: Member) -> None:
        self.same: dict[Key, int] = {}
        # Name → (region, customer or, negative, the line of a row of this file).
        self.named: dict[str, list[tuple[str, int]]] = {}
        self._load(drafts, by)

    def customer_of(self, draft: Draft) -> int | None:
        """The customer's id; negative is the line of an earlier row of the file that makes it."""
        for key in draft.keys:
            if key in self.same:
                return self.same[key]
        for name in draft.names:
            for region, place in self.named.get(name, ()):
                if not draft.region or region == draft.region:
                    return place
        return None

    def add(self, draft: Draft) -> None:
        """A row that makes a customer: later rows of the file may name the same."""
        for key in draft.keys:
            self.same.setdefault(key, -draft.line)
        for name in draft.names:
            self.named.setdefault(name, []).append((draft.region, -draft.line))

    def _load(self, drafts: Sequence[Draft], by: Member) -> None:
        wanted = {key for draft in drafts for key in draft.keys}
        names = {name for draft in drafts for name in draft.names}
        found = [
            *_keys(KeyKind.EMAIL, (value for kind, value in wanted if kind == "email")),
            *_keys(KeyKind.PHONE, (value for kind, value in wanted if kind == "phone")),
            *_keys(KeyKind.NAME, names),
        ]
        ids = {customer for _kind, _value, customer in found}
        regions: dict[int, str] = {}
        for some in batched(ids, ASKED_AT_ONCE):
            seen = Customer.objects.visible_to(by).filter(pk__in=some).order_by()
            regions |= dict(seen.values_list("pk", "region"))
        for kind, value, customer in found:
            if customer not in regions:
                continue
            if kind == KeyKind.NAME:
                place = (region_key(regions[customer]), customer)
                self.named.setdefault(value, []).append(place)
            else:
                self.same.setdefault((kind, value), customer)


def _keys(kind: str, values: Iterable[str]) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for some in batched(sorted(set(values)), ASKED_AT_ONCE):
        rows = SearchKey.objects.filter(kind=kind, value__in=some).order_by("customer_id")
        found += rows.values_list("kind", "value", "customer_id")
    return found
