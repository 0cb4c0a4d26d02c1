"""When two customers look like one: plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.customers.normalising import name_keys, numbers_of, region_key, similarity

PHONE, EMAIL, NAME = "phone", "email", "name"
# In the order of their weight.
REASONS = (PHONE, EMAIL, NAME)
# From this similarity on, two names of one region are alike: one letter in a name of nine differs.
ALIKE = 0.75
SAME = Decimal(1)


@dataclass(frozen=True)
class Called:
    """What a customer is called and where it is."""

    names: tuple[str, ...]
    region: str

    @classmethod
    def of(cls, name: str, region: str) -> "Called":
        return cls(tuple(name_keys(name)), region_key(region))


@dataclass(frozen=True)
class Likeness:
    """What is the same of two customers, and how alike their names are (0–1)."""

    reasons: tuple[str, ...]
    similarity: Decimal


def likeness(one: Called, other: Called, *, same: Iterable[str] = ()) -> Likeness | None:
    """Whether two customers look like one; None: they don't.

    Rule: the same phone (E.164), or the same email (`same` says which), or names that are the same
    without case and legal form in the same region, or alike there (similarity ≥ 0.75). A region that
    nobody told may be any for the same name; for a name that is only alike it must be told. Names
    with other numbers in them are never alike: branch 12 is not branch 13.
    Source: domain rules, section 2. Example: “Hartmann GmbH”, Berlin and “Hartman AG”, Berlin:
    similarity 8/9 → alike; without regions → None.
    """
    degree = names_similarity(one, other)
    reasons = set(same)
    if _is_same_name(one, other, degree):
        reasons.add(NAME)
    if not reasons:
        return None
    ordered = tuple(reason for reason in REASONS if reason in reasons)
    return Likeness(ordered, degree)


def names_similarity(one: Called, other: Called) -> Decimal:
    """The highest similarity of the spellings of the two names, to three places."""
    pairs = ((left, right) for left in one.names for right in other.names)
    return Decimal(max((similarity(*pair) for pair in pairs), default=0)).quantize(Decimal("0.001"))


def _is_same_name(one: Called, other: Called, degree: Decimal) -> bool:
    if degree == SAME and set(one.names) & set(other.names):
        return not one.region or not other.region or one.region == other.region
    if degree < Decimal(str(ALIKE)) or not one.region or one.region != other.region:
        return False
    return numbers_of(one.names[0]) == numbers_of(other.names[0])
