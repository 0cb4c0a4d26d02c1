"""Which customers look like what somebody types, or like one another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from apps.core.models import Organisation
from apps.customers.duplicates.likeness import EMAIL, NAME, PHONE, Called, Likeness, likeness
from apps.customers.models import Customer, DuplicatePair, KeyKind, PairState, SearchKey
from apps.customers.normalising import email_key, phone_key
from apps.customers.querysets import DuplicatePairQuerySet
from apps.members.querysets import Viewer, reads_contact_data

# What more customers than this share is a switchboard or a chain: it says nothing of one of them.
MOST_SHARED = 50
# Keys that one warning reads; the reader's are picked from them.
MOST_READ = 200
# As many as a warning shows.
MOST_SHOWN = 5
# Similarity of pg_trgm from which a name is looked at; `likeness` decides.
CANDIDATE = 0.6
KINDS = {KeyKind.PHONE: PHONE, KeyKind.EMAIL: EMAIL, KeyKind.NAME: NAME}

type Same = dict[int, set[str]]


@dataclass(frozen=True)
class Typed:
    """What a form says of a customer so far."""

    name: str = ""
    region: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """A customer that looks like the one that is typed or shown."""

    customer: Customer
    likeness: Likeness

    @property
    def is_same_name(self) -> bool:
        return NAME in self.likeness.reasons and self.likeness.similarity == 1


def typed_matches(typed: Typed, user: Viewer, *, but: int | None = None) -> list[Match]:
    """Customers of the reader's that look like what is typed, the likeliest first.

    `but` is the customer that is being edited. Who reads no phones and emails finds nothing by them.
    """
    called = Called.of(typed.name, typed.region)
    same = _same_keys(_wanted(typed, called, user), but)
    alike = _alike(called.names[0]) if called.names and called.region else []
    found = {*same, *alike}
    if not found:
        return []
    rows = Customer.objects.visible_to(user).filter(pk__in=found).exclude(pk=but).for_list()
    return _matches(called, rows, same)


def customer_matches(customer: Customer, user: Viewer) -> list[tuple[DuplicatePair, Match]]:
    """Pairs of the customer that nobody has decided on yet, of those that the reader may see."""
    pairs = reviewable(user).filter(Q(first=customer) | Q(second=customer), state=PairState.OPEN)
    found = []
    for pair in pairs.for_list():
        other = pair.second if pair.first_id == customer.pk else pair.first
        reasons = tuple(shown_reasons(pair, user))
        found.append((pair, Match(other, Likeness(reasons, pair.similarity))))
    return found


def reviewable(user: Viewer) -> DuplicatePairQuerySet:
    """Pairs of the reader's; those that only phones or emails tell of, for who reads these."""
    pairs = DuplicatePair.objects.visible_to(user)
    return pairs if reads_contact_data(user) else pairs.filter(reasons__contains=[NAME])


def shown_reasons(pair: DuplicatePair, user: Viewer) -> list[str]:
    """What is the same, as far as the reader may know."""
    return [reason for reason in pair.reasons if reason == NAME or reads_contact_data(user)]


def found_pairs(customers: Iterable[int], *, with_alike: bool) -> dict[tuple[int, int], Likeness]:
    """Pairs of living customers, one of them in `customers`, that look like one.

    `with_alike`: names that are only alike too, which costs a look-up a customer.
    """
    ids = list(customers)
    shared = _shared_keys(ids)
    if with_alike:
        for one, other in _alike_of(ids):
            shared[_ordered(one, other)] |= set()
    wanted = {pk for pair in shared for pk in pair}
    rows = Customer.objects.alive().filter(pk__in=wanted).values_list("pk", "name", "region")
    called = {pk: Called.of(name, region) for pk, name, region in rows}
    found = {}
    for pair, same in shared.items():
        if pair[0] in called and pair[1] in called:
            alike = likeness(called[pair[0]], called[pair[1]], same=same - {NAME})
            if alike is not None:
                found[pair] = alike
    return found


def _wanted(typed: Typed, called: Called, user: Viewer) -> Q:
    country = Organisation.current().country
    wanted = Q(kind=KeyKind.NAME, value__in=called.names)
    if reads_contact_data(user):
        phones = [phone_key(one, country=country) for one in typed.phones]
        numbers = [one for one in phones if one.startswith("+")]
        emails = [key for one in typed.emails if (key := email_key(one))]
        wanted |= Q(kind=KeyKind.PHONE, value__in=numbers) | Q(kind=KeyKind.EMAIL, value__in=emails)
    return wanted


def _same_keys(wanted: Q, but: int | None) -> Same:
    """Of everybody's customers: the caller asks for those of the reader's among them."""
    keys = SearchKey.objects.filter(wanted).exclude(customer=but)
    found: Same = defaultdict(set)
    for customer, kind in keys.values_list("customer", "kind")[:MOST_READ]:
        found[customer].add(KINDS[KeyKind(kind)])
    return found


def _alike(name: str) -> list[int]:
    _look_from(CANDIDATE)
    keys = SearchKey.objects.filter(kind=KeyKind.NAME, value__trigram_similar=name)
    return list(keys.values_list("customer", flat=True)[:MOST_READ])


def _look_from(similarity: float) -> None:
    """Set from which similarity `%` holds, for this connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.similarity_threshold', %s, false)", [str(similarity)]
        )


def _matches(called: Called, rows: Iterable[Customer], same: Mapping[int, set[str]]) -> list[Match]:
    matches = []
    for row in rows:
        other = Called.of(row.name, row.region)
        found = likeness(called, other, same=same.get(row.pk, set()) - {NAME})
        if found is not None:
            matches.append(Match(row, found))
    matches.sort(
        key=lambda one: (-len(one.likeness.reasons), -one.likeness.similarity, one.customer.pk)
    )
    return matches[:MOST_SHOWN]


# Each value is asked for with a limit, so that a hub of thousands costs no more than a pair.
SHARED = """
SELECT k.kind, k.customer_id, other.customers
FROM customers_searchkey k CROSS JOIN LATERAL (
  SELECT array_agg(DISTINCT o.customer_id) AS customers FROM (
    SELECT customer_id FROM customers_searchkey
    WHERE kind = k.kind AND value = k.value ORDER BY kind, value LIMIT %(most)s
  ) o
) other
WHERE k.customer_id = ANY(%(customers)s) AND k.kind IN ('phone', 'email', 'name')
  AND (k.kind <> 'phone' OR k.value LIKE '+%%')
"""
ALIKE_OF = """
SELECT k.customer_id, other.customer_id
FROM customers_searchkey k
JOIN customers_customer c ON c.id = k.customer_id AND c.region <> '' CROSS JOIN LATERAL (
  SELECT o.customer_id FROM customers_searchkey o
  WHERE o.kind = 'name' AND o.value %% k.value AND o.customer_id <> k.customer_id
  LIMIT %(most)s
) other
WHERE k.kind = 'name' AND k.customer_id = ANY(%(customers)s)
"""


def _shared_keys(customers: Sequence[int]) -> dict[tuple[int, int], set[str]]:
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    values: dict[str, Any] = {"customers": list(customers), "most": MOST_SHARED + 1}
    with connection.cursor() as cursor:
        cursor.execute(SHARED, values)
        for kind, customer, others in cursor.fetchall():
            if len(others) > MOST_SHARED:
                continue
            for other in others:
                if other != customer:
                    found[_ordered(customer, other)].add(KINDS[KeyKind(kind)])
    return found


def _alike_of(customers: Sequence[int]) -> list[tuple[int, int]]:
    _look_from(CANDIDATE)
    with connection.cursor() as cursor:
        cursor.execute(ALIKE_OF, {"customers": list(customers), "most": MOST_SHARED})
        return list(cursor.fetchall())


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
