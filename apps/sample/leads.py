"""New customers of the last weeks: claimed, given, waiting in the pool, and some entered twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model

from apps.customers.models import (
    Contact,
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
)
from apps.sample import talk_words, words
from apps.sample.accounts import (
    CONTACT_FIELDS,
    OWNER_CHANGE_FIELDS,
    Accounts,
    Company,
    Namer,
    Phones,
    contacts_of,
)
from apps.sample.calendars import OFFICE_MINUTES, WorkingCalendar, working_calendars
from apps.sample.context import Context, drawn, happens
from apps.sample.copying import copy_rows, reserve_ids
from apps.sample.people import People, Seller

NEEDS = ("people", "accounts")
MODELS: Sequence[type[Model]] = ()

DAYS = 60
LEAST = 24
SHARE = 0.06
# What became of a lead: owned, in the pool, back in the pool, entered twice.
FATES = (("claimed", 30), ("given", 24), ("pool", 26), ("recycled", 10), ("twice", 10))
LEAD_FIELDS = (
    "id", "name", "owner", "industry", "region", "source", "employees", "website", "is_sample",
    "created_at", "held_since",
)  # fmt: skip
HELD_BEFORE_RECYCLING = 31
RECYCLED_DAYS = (1, 12)
# What a hurried hand makes of a name.
RETYPED = ((" GmbH", " Gmbh"), (" & Co. KG", ""), (" AG", ""), ("有限公司", "公司"), ("股份", ""))


@dataclass(frozen=True)
class Lead:
    """A new customer and whose it is; without a holder it is in the pool."""

    customer: int
    company: Company
    country: str
    fate: str
    holder: Seller | None
    created_at: datetime
    held_since: datetime | None
    # Somebody who is known already at another customer, entered a second time.
    known: Contact | None = None


@dataclass(frozen=True)
class Leads:
    made: list[Lead]


def build(context: Context) -> Mapping[str, int]:
    """A lead is a customer without a past; its number comes on top of the scale's customers."""
    rng = context.random("leads")
    sellers = [one for one in context.made(People).sellers if one.left_on is None]
    countries = (seller.country for seller in sellers)
    calendars = working_calendars(countries, context.start, context.until)
    namer = Namer(rng)
    namer.taken |= set(Customer.objects.values_list("name", flat=True))
    ids = reserve_ids(Customer, max(LEAST, int(context.scale.customers * SHARE)))
    drawing = Drawing(context, rng, namer, calendars)
    leads = [drawing.lead(pk, rng.choice(sellers)) for pk in ids]
    copy_rows(Customer, LEAD_FIELDS, (_customer(rng, lead) for lead in leads))
    phones = context.made(Accounts).phones
    contacts = [row for lead in leads for row in _contacts(rng, phones, lead)]
    copy_rows(Contact, CONTACT_FIELDS, contacts)
    copy_rows(CustomerOwnerChange, OWNER_CHANGE_FIELDS, _hands(context, leads))
    context.keep(Leads(leads))
    return {"leads": len(leads)}


@dataclass
class Drawing:
    """Draws leads one after the other."""

    context: Context
    rng: Random
    namer: Namer
    calendars: dict[str, WorkingCalendar]

    def lead(self, pk: int, seller: Seller) -> Lead:
        fate = drawn(self.rng, FATES)
        twin = self._twin(seller) if fate == "twice" else None
        company = twin[0] if twin else self.namer.company(seller)
        days_ago = self.rng.randint(1, DAYS)
        if fate == "recycled":
            days_ago = HELD_BEFORE_RECYCLING + self.rng.randint(*RECYCLED_DAYS)
        created_at = self._instant(seller, days_ago)
        held_since = None
        if fate in ("claimed", "given"):
            held_since = created_at + timedelta(minutes=self.rng.randint(5, 40))
        holder = seller if held_since or fate == "recycled" else None
        known = twin[1] if twin else None
        return Lead(pk, company, seller.country, fate, holder, created_at, held_since, known)

    def _twin(self, seller: Seller) -> tuple[Company, Contact] | None:
        """A customer of the seller as somebody else types it in, with the person they spoke to."""
        known = Contact.objects.filter(
            customer__in=self.context.made(Accounts).books[seller.member.pk]
        )
        contacts = list(known.exclude(phone="").select_related("customer").order_by("pk"))
        if not contacts:
            return None
        contact = self.rng.choice(contacts)
        customer = contact.customer
        name = customer.name
        for form, typed in RETYPED:
            name = name.replace(form, typed)
        domain = contact.email.partition("@")[2] or "mail.example"
        return Company(name, domain, customer.industry, customer.region), contact

    def _instant(self, seller: Seller, days_ago: int) -> datetime:
        day = self.context.until - timedelta(days=days_ago)
        # Early enough that whoever gets it has it the same day.
        minute = self.rng.randrange(OFFICE_MINUTES - 60)
        zone = ZoneInfo(seller.member.time_zone)
        calendar = self.calendars[seller.country]
        return calendar.office_instant(day, minute, zone, self.context.organisation.zone)


def _customer(rng: Random, lead: Lead) -> tuple[Any, ...]:
    owner = lead.holder.member.pk if lead.holder and lead.held_since else None
    return (
        lead.customer,
        lead.company.name,
        owner,
        lead.company.industry,
        lead.company.region,
        drawn(rng, words.SOURCES),
        int(rng.lognormvariate(3.8, 1.1)) + 2 if happens(rng, 0.7) else None,
        f"https://www.{lead.company.domain}" if happens(rng, 0.6) else "",
        True,
        lead.created_at,
        lead.held_since if owner else None,
    )


def _contacts(rng: Random, phones: Phones, lead: Lead) -> list[tuple[Any, ...]]:
    if lead.known is not None:
        known = lead.known
        told = (known.name, known.job_title, known.decision_role, known.phone, known.email)
        return [(lead.customer, *told, True, lead.created_at)]
    people = contacts_of(rng, phones, lead.company, lead.country)
    return [(lead.customer, *person, True, lead.created_at) for person in people]


def _hands(context: Context, leads: Sequence[Lead]) -> Iterator[tuple[Any, ...]]:
    """Claims by the holder, leads that a manager gave, and what went back to the pool."""
    zone = context.organisation.zone
    kinds = {
        "claimed": CustomerOwnerChangeKind.CLAIM,
        "recycled": CustomerOwnerChangeKind.CLAIM,
        "given": CustomerOwnerChangeKind.ASSIGN,
    }
    for lead in leads:
        if lead.holder is None:
            continue
        holder = lead.holder.member
        at = lead.held_since or lead.created_at + timedelta(minutes=20)
        by = holder.pk if lead.fate != "given" else None
        yield (
            lead.customer, None, holder.pk, at.astimezone(zone).date(), at, by,
            kinds[lead.fate].value, "", True, at,
        )  # fmt: skip
        if lead.fate == "recycled":
            back = at + timedelta(days=HELD_BEFORE_RECYCLING)
            yield (
                lead.customer, holder.pk, None, back.astimezone(zone).date(), back, None,
                CustomerOwnerChangeKind.RECYCLE.value, talk_words.RECYCLED[lead.country], True, back,
            )  # fmt: skip
