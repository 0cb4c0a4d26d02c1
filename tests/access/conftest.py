"""One small firm with a record of each kind for everybody who can own one."""

import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from apps.customers.models import Contact
from apps.members.models import AccessRole, Member, Team
from apps.members.signing_in.sessions import SEEN
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team

DAY = date(2026, 3, 2)
# Who owns records; their names occur nowhere else on a page.
OWNERS = ("rep", "mate", "outsider")
POOL = "pool"


@dataclass
class Firm:
    """`people` by persona; `records` by kind and owner; the name of a record holds its owner's."""

    people: dict[str, Member | None]
    north: Team
    south: Team
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Persona → cookie of a session that began with the firm: signing in costs more than a page.
    sessions: dict[str, str] = field(default_factory=dict)

    def client(self, persona: str) -> Client:
        client = Client()
        person = self.people[persona]
        if persona in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[persona]
        elif person is not None:
            client.force_login(person)
        return client

    def sign_in(self) -> None:
        """Everybody, as if they had been here a moment ago."""
        for persona, person in self.people.items():
            if person is not None:
                client = Client()
                client.force_login(person)
                session = client.session
                session[SEEN] = time.time()
                session.save()
                self.sessions[persona] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def seen_by(self, persona: str, kind: str) -> set[str]:
        """The owners whose records of the kind the persona sees, by the rule in words."""
        seen = {
            "rep": {"rep"},
            "manager": {"rep", "mate"},
            "outsider": {"outsider"},
            "other_manager": {"outsider"},
            "hr": set(),
            "anonymous": set(),
        }.get(persona, set(OWNERS))
        has_pool = kind == "customer" and persona not in {"hr", "anonymous"}
        return seen | {POOL} if has_pool else seen


def name_of(kind: str, owner: str) -> str:
    return f"{kind.title()}-{owner}-{sum(map(ord, kind + owner))}"


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Firm]:
    """Made once for a module, in a transaction around the transactions of its tests."""
    with django_db_blocker.unblock():
        made = transaction.atomic()
        made.__enter__()
    try:
        with django_db_blocker.unblock():
            firm = found()
            firm.sign_in()
        yield firm
    finally:
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            made.__exit__(None, None, None)


@pytest.fixture
def firm(founded: Firm, db: None) -> Firm:
    """The test's own copy: what it does to the rows is undone after it."""
    return deepcopy(founded)


def found() -> Firm:
    manager = make_member(AccessRole.MANAGER, name="Manager North")
    other_manager = make_member(AccessRole.MANAGER, name="Manager South")
    company = make_team(name="Company")
    north = make_team(parent=company, lead=manager, name="North")
    group = make_team(parent=north, name="Group of North")
    south = make_team(parent=company, lead=other_manager, name="South")
    people: dict[str, Member | None] = {
        "rep": make_member(team=north, name="Member-rep"),
        "mate": make_member(team=group, name="Member-mate"),
        "outsider": make_member(team=south, name="Member-outsider"),
        "manager": manager,
        "other_manager": other_manager,
        "director": make_member(AccessRole.DIRECTOR),
        "hr": make_member(AccessRole.HR),
        "analyst": make_member(AccessRole.ANALYST),
        "admin": make_member(AccessRole.ADMIN),
        "anonymous": None,
    }
    firm = Firm(people, north, south)
    for owner in OWNERS:
        records_of(firm, owner)
    firm.records["customer"][POOL] = make_customer(name=name_of("customer", POOL))
    return firm


def records_of(firm: Firm, owner: str, person: Member | None = None) -> None:
    """A customer, an opportunity and an order of the person, marked with `owner`."""
    person = person or firm.people[owner]
    assert person is not None
    customer = make_customer(owner=person, name=name_of("customer", owner))
    Contact.objects.create(
        customer=customer,
        name=f"Contact-{owner}",
        phone=f"+49 30 55500{len(owner)}",
        email=f"contact-{owner}@example.com",
    )
    opportunity = make_opportunity(
        ("E", DAY), ("C", DAY), owner=person, customer=customer, name=name_of("opportunity", owner)
    )
    order = make_order(
        member=person,
        value=100,
        on=DAY,
        customer=customer,
        opportunity=opportunity,
        number=name_of("order", owner),
    )
    for kind, record in (("customer", customer), ("opportunity", opportunity), ("order", order)):
        firm.records.setdefault(kind, {})[owner] = record
