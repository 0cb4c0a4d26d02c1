"""Customers and contacts of the sample firm."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Model

from apps.customers.models import (
    Contact,
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
)
from apps.sample import stories, words
from apps.sample.calendars import office_instant
from apps.sample.context import Context, happens
from apps.sample.copying import copy_rows, reserve_ids
from apps.sample.people import LETTERS, People, Seller, person_name

NEEDS = ("people",)
MODELS: Sequence[type[Model]] = (Customer, Contact, CustomerOwnerChange)

POOL_SHARE = 0.18
SUBSIDIARY_SHARE = 0.05
CUSTOMER_FIELDS = (
    "id", "name", "owner", "industry", "region", "source", "employees", "annual_revenue",
    "founded_year", "parent", "is_sample", "created_at", "held_since",
)  # fmt: skip
CREATED = CUSTOMER_FIELDS.index("created_at")
OWNER_CHANGE_FIELDS = (
    "customer", "from_owner", "to_owner", "on", "at", "by", "kind", "reason", "is_sample",
    "recorded_at",
)  # fmt: skip
CONTACT_FIELDS = (
    "customer", "name", "job_title", "decision_role", "phone", "email", "is_sample", "created_at",
)  # fmt: skip

# Numbers that regulators keep free for fiction: Bundesnetzagentur (Germany). China has no such
# range; a Chinese subscriber number never begins with 0, so these can't be assigned to anybody.
PHONES_OF_A_RANGE = 1000
PHONE_RANGES = {
    "DE": (
        "+49 30 23125 {:03d}",
        "+49 40 66969 {:03d}",
        "+49 69 90009 {:03d}",
        "+49 89 99998 {:03d}",
    ),
    "CN": ("+86 21 0555 0{:03d}", "+86 20 0555 0{:03d}", "+86 755 0555 0{:03d}"),
}


@dataclass(frozen=True)
class Company:
    name: str
    domain: str
    industry: str
    region: str


class Phones:
    """Draws numbers of a country, each once; none where all are given out, as in a large firm."""

    def __init__(self, rng: Random) -> None:
        self._left = {country: _numbers(rng, country) for country in PHONE_RANGES}

    def number(self, country: str) -> str:
        left = self._left[country]
        return left.pop() if left else ""


def _numbers(rng: Random, country: str) -> list[str]:
    found = [form.format(n) for form in PHONE_RANGES[country] for n in range(PHONES_OF_A_RANGE)]
    rng.shuffle(found)
    return found


@dataclass(frozen=True)
class Accounts:
    """The customers of each seller by the seller's primary key; numbers that are still free."""

    books: dict[int, list[int]]
    phones: Phones


def build(context: Context) -> Mapping[str, int]:
    """Companies in books of their sellers or in the pool, each with one to three contacts."""
    rng = context.random("accounts")
    ids = reserve_ids(Customer, context.scale.customers)
    namer, phones = Namer(rng), Phones(context.random("phones"))
    owners = _owners(context, rng)
    books: dict[int, list[int]] = {seller.member.pk: [] for seller in context.made(People).sellers}
    customers: list[tuple[Any, ...]] = []
    contacts: list[tuple[Any, ...]] = []
    heads: dict[str, list[tuple[int, Company]]] = {"DE": [], "CN": []}
    for pk in ids:
        seller, is_held = next(owners)
        parent = None
        if heads[seller.country] and happens(rng, SUBSIDIARY_SHARE):
            parent, head = rng.choice(heads[seller.country])
            company = namer.subsidiary(head, seller)
        else:
            company = namer.company(seller)
            heads[seller.country].append((pk, company))
        owner = _keeper(context, seller) if is_held else None
        customers.append(_customer(context, rng, pk, company, owner, parent))
        people = contacts_of(rng, phones, company, seller.country)
        contacts += ((pk, *person, True, customers[-1][CREATED]) for person in people)
        if is_held:
            books[seller.member.pk].append(pk)
    copy_rows(Customer, CUSTOMER_FIELDS, customers)
    copy_rows(Contact, CONTACT_FIELDS, contacts)
    handed = list(_handed_over(context, books))
    copy_rows(CustomerOwnerChange, OWNER_CHANGE_FIELDS, handed)
    held_from(handed)
    context.keep(Accounts(books, phones))
    return {"customers": len(customers), "contacts": len(contacts)}


def _owners(context: Context, rng: Random) -> Iterator[tuple[Seller, bool]]:
    """Whose territory a customer is in, and whether they hold it or it is in the pool.

    Every seller gets one customer first, then by activity.
    """
    sellers = context.made(People).sellers
    for seller in sellers:
        yield seller, True
    weights = [0.25 if s.story is stories.NEWCOMER else s.story.activity for s in sellers]
    while True:
        seller = rng.choices(sellers, weights)[0]
        yield seller, not happens(rng, POOL_SHARE)


def _keeper(context: Context, seller: Seller) -> Seller:
    """Who has the seller's customers today."""
    return context.made(People).successor if seller.left_on else seller


def held_from(hands: Sequence[Sequence[Any]]) -> None:
    """Note with the customers since when their present owner has them; the latest change counts."""
    since = {row[0]: row[4] for row in hands if row[2] is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_customer c SET held_since = w.at
               FROM unnest(%s::bigint[], %s::timestamptz[]) AS w (id, at) WHERE c.id = w.id""",
            [list(since), list(since.values())],
        )


def _handed_over(context: Context, books: dict[int, list[int]]) -> Iterator[tuple[Any, ...]]:
    """What those who left held went to their successor on the day."""
    people = context.made(People)
    successor = people.successor.member.pk
    for seller in people.sellers:
        if seller.left_on is None:
            continue
        zone = ZoneInfo(seller.member.time_zone)
        at = office_instant(seller.left_on, 0, zone, context.organisation.zone)
        kind = CustomerOwnerChangeKind.LEAVING.value
        for customer in books[seller.member.pk]:
            yield (
                customer, seller.member.pk, successor, seller.left_on, at, None, kind, "", True, at,
            )  # fmt: skip


def _customer(
    context: Context,
    rng: Random,
    pk: int,
    company: Company,
    owner: Seller | None,
    parent: int | None,
) -> tuple[Any, ...]:
    employees = int(rng.lognormvariate(4.2, 1.2)) + 2
    revenue = Decimal(int(employees * rng.uniform(90, 260))) * 1000
    age = timedelta(days=rng.randint(0, 5 * 365))
    known_since: date = context.start - age
    told = (
        pk,
        company.name,
        owner.member.pk if owner else None,
        company.industry,
        company.region,
        rng.choices(*zip(*words.SOURCES, strict=True))[0],
        employees if happens(rng, 0.9) else None,
        revenue if happens(rng, 0.7) else None,
        context.until.year - rng.randint(2, 90) if happens(rng, 0.75) else None,
        parent,
        True,
    )
    known_at = datetime.combine(
        known_since, time(rng.randint(7, 15), rng.randint(0, 59)), tzinfo=UTC
    )
    return (*told, known_at, known_at if owner else None)


def contacts_of(
    rng: Random, phones: Phones, company: Company, country: str
) -> Iterator[tuple[str, str, str, str, str]]:
    """One to three people at the company: name, job, role in the decision, phone, email."""
    jobs = rng.sample(words.JOBS[country], rng.choices((1, 2, 3), (45, 38, 17))[0])
    for job, role in jobs:
        name, address = person_name(rng, country)
        yield (
            name,
            job,
            role if happens(rng, 0.85) else "",
            phones.number(country) if happens(rng, 0.92) else "",
            f"{address}@{company.domain}" if happens(rng, 0.85) else "",
        )


class Namer:
    """Draws company names, each once, with a domain in the reserved `.example` zone."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def company(self, seller: Seller) -> Company:
        """A company in the seller's territory."""
        while True:
            company = self._chinese(seller) if seller.country == "CN" else self._german(seller)
            if company.name not in self.taken:
                self.taken.add(company.name)
                return company

    def subsidiary(self, head: Company, seller: Seller) -> Company:
        """A branch of the head in another place, or a company of its own if all are taken."""
        place, region, pinyin = self.rng.choice(words.PLACES[seller.territory])
        name = f"{head.name}{place}分公司" if pinyin else f"{head.name}, {place}"
        if name in self.taken:
            return self.company(seller)
        self.taken.add(name)
        return Company(name, head.domain, head.industry, region)

    def _german(self, seller: Seller) -> Company:
        core = self.rng.choice(words.COMPANY_CORES + words.FAMILY)
        trade, industry = self.rng.choice(words.TRADES)
        form = self.rng.choice(words.COMPANY_FORMS)
        place, region, _pinyin = self.rng.choice(words.PLACES[seller.territory])
        stem = f"{core} {trade}" if happens(self.rng, 0.6) else f"{core} {trade} {place}"
        domain = stem.lower().translate(LETTERS).replace(" ", "-") + ".example"
        return Company(f"{stem} {form}", domain, industry, region)

    def _chinese(self, seller: Seller) -> Company:
        place, region, pinyin = self.rng.choice(words.PLACES[seller.territory])
        brand = self.rng.sample(words.CHINESE_BRANDS, 2)
        trade, industry = self.rng.choice(words.CHINESE_TRADES)
        form = self.rng.choice(words.CHINESE_FORMS)
        name = place + "".join(character for character, _pinyin in brand) + trade + form
        domain = pinyin + "-" + "".join(plain for _character, plain in brand) + ".example"
        return Company(name, domain, industry, region)
