"""Customers with something of every kind in their timelines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile

from apps.activities.models import Activity
from apps.customers.models import (
    Customer,
    CustomerFile,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    Merge,
    Note,
    Screening,
)
from apps.members.models import Member
from apps.portfolio.models import LifecycleChange, TierChange, TierChangeKind
from apps.satisfaction.models import Survey
from tests.factories import make_opportunity, make_order

# Newer than anything that the builders write with the present instant.
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours before noon of 11 March 2026."""
    return NOON - timedelta(hours=hours)


def note(customer: Customer, by: Member, text: str, hours: float = 1) -> Note:
    return Note.objects.create(customer=customer, author=by, text=text, at=at(hours))


def contact(customer: Customer, by: Member, hours: float = 1, **fields: Any) -> Activity:
    given = {"channel": "call", "outcome": "reached", **fields}
    return Activity.objects.create(customer=customer, member=by, at=at(hours), **given)


def file(customer: Customer, by: Member, hours: float = 1, name: str = "offer.pdf") -> CustomerFile:
    return CustomerFile.objects.create(
        customer=customer,
        by=by,
        at=at(hours),
        name=name,
        file=ContentFile(b"%PDF-1.7 offer", name="customers/0123"),
        size=14,
        content_type="application/pdf",
        sha256="0" * 64,
    )


def everything(customer: Customer, owner: Member, number: str = "O-4711") -> None:
    """One entry of each kind, an hour apart; the opportunity and the order on 10 March."""
    contact(customer, owner, 1, note="Wants a quote")
    note(customer, owner, "Likes film", 2)
    file(customer, owner, 3)
    TierChange.objects.create(
        customer=customer,
        from_tier="C",
        to_tier="A",
        on=at(4).date(),
        at=at(4),
        kind=TierChangeKind.COMPUTED,
        rank=3,
        rated=20,
    )
    LifecycleChange.objects.create(
        customer=customer, from_stage="attract", to_stage="convert", on=at(5).date(), at=at(5)
    )
    Screening.objects.create(
        customer=customer,
        at=at(6),
        by=owner,
        grades={"size": 3, "industry": 3, "pain": 3},
        total=9,
        minimum=8,
        is_qualified=True,
    )
    Survey.objects.create(
        customer=customer,
        kind="nps",
        sent_at=at(30),
        expires_at=at(-100),
        answered_at=at(7),
        score=9,
        comment="Quick people",
    )
    CustomerOwnerChange.objects.create(
        customer=customer,
        to_owner=owner,
        on=at(8).date(),
        at=at(8),
        kind=CustomerOwnerChangeKind.CLAIM,
        reason="Called in",
    )
    Merge.objects.create(
        survivor=customer,
        absorbed=[10**9],
        at=at(9),
        by=owner,
        before={str(10**9): {"name": "Hart AG"}},
        moved={},
    )
    day = at(24).date()
    make_opportunity(("E", day), owner=owner, customer=customer, value=Decimal(700))
    make_order(member=owner, value=500, on=day, customer=customer, number=number)


def many(customer: Customer, by: Member, n: int) -> None:
    """Notes and contacts in turn, a minute apart."""
    for number in range(n):
        if number % 2:
            note(customer, by, f"Note {number}", number / 60)
        else:
            contact(customer, by, number / 60, note=f"Contact {number}")
