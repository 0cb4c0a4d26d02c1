"""A firm with a phone system, and events as it would send them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member, Team
from apps.telephony.folding import Event
from apps.telephony.models import Extension, PhoneSystem
from apps.telephony.signing import (
    SIGNATURE_HEADER,
    SYSTEM_HEADER,
    TIMESTAMP_HEADER,
    signature_of,
)
from apps.telephony.systems import phone_system_create
from tests.factories import make_customer, make_member, make_team

NUMBER = "+493023125001"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Office:
    system: PhoneSystem
    secret: str
    team: Team
    lead: Member
    mei: Member
    mate: Member


def make_office() -> Office:
    """Mei at extension 101, her colleague at 102; their lead."""
    lead = make_member(AccessRole.MANAGER, name="Lead North")
    team = make_team(lead=lead)
    mei, mate = make_member(team=team, name="Mei Lin"), make_member(team=team, name="Otto Mate")
    system, secret = phone_system_create(name="office", by=None)
    Extension.objects.create(system=system, number="101", member=mei)
    Extension.objects.create(system=system, number="102", member=mate)
    return Office(system, secret, team, lead, mei, mate)


@pytest.fixture
def office(db: None) -> Office:
    return make_office()


def with_phone(customer: Customer, phone: str = "030 23125001", **fields: Any) -> Contact:
    """A contact of the customer with this phone."""
    name = fields.pop("name", "Anna")
    made: Contact = Contact.objects.create(customer=customer, name=name, phone=phone, **fields)
    keys_refresh([customer.pk])
    return made


def customer_with_phone(owner: Member | None, **fields: Any) -> Customer:
    customer = make_customer(owner=owner, **fields)
    with_phone(customer)
    return customer


def event(
    kind: str, after: int = 0, *, at: datetime = START, event_id: str = "", **fields: Any
) -> Event:
    """An event of an incoming call to extension 101, so many seconds after its start."""
    return Event(
        event_id=event_id or f"{kind}-{after}",
        kind=kind,
        direction=fields.get("direction", "in"),
        from_number=fields.get("from_number", NUMBER),
        to_number=fields.get("to_number", "+49302312500"),
        extension=fields.get("extension", "101"),
        at=at + timedelta(seconds=after),
    )


def told(one: Event, call_id: str = "c1") -> dict[str, Any]:
    """The event as it is sent."""
    return {
        "event_id": one.event_id,
        "call_id": call_id,
        "kind": one.kind,
        "direction": one.direction,
        "from": one.from_number,
        "to": one.to_number,
        "extension": one.extension,
        "at": one.at.isoformat(),
    }


type Post = Callable[..., HttpResponse]


@pytest.fixture
def post(office: Office) -> Post:
    """Sends a body, signed, as the phone system would; anything of it can be said otherwise."""

    def send(body: Any, **said: str) -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = said.get("timestamp", str(int(timezone.now().timestamp())))
        secret = said.get("secret", office.secret)
        headers = {
            SYSTEM_HEADER: said.get("system", "office"),
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: said.get("signature", signature_of(secret, timestamp, raw)),
        }
        # As strict as a browser would be: the hook must need no token.
        client: Any = Client(enforce_csrf_checks=True)
        answer: HttpResponse = client.post(
            reverse("call_hook"), raw, content_type="application/json", headers=headers
        )
        return answer

    return send
