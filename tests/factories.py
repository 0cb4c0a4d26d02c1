"""Small builders of records for tests; each makes what it needs and nothing more."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.keys import keys_refresh
from apps.customers.models import Customer
from apps.funnel.models import Level, Opportunity, Outcome
from apps.funnel.services import opportunity_close, opportunity_create, opportunity_move
from apps.members.models import AccessRole, Member, Team
from apps.members.services import member_create, membership_start
from apps.members.teams.tree import team_create
from apps.orders.models import Order
from apps.orders.services import order_create
from apps.products.models import ProductLine
from apps.staffing.leaving_plan import Plan, Receivers
from apps.staffing.models import Departure

PASSWORD = "correct horse battery"
LONG_AGO = date(2015, 1, 1)
_numbers = count(1)


def noon(day: date) -> datetime:
    """An instant that falls on that day in every zone of Europe."""
    return datetime.combine(day, time(12), tzinfo=UTC)


def make_member(
    role: AccessRole = AccessRole.REP, *, team: Team | None = None, name: str = "", **fields: Any
) -> Member:
    """A member who can sign in with PASSWORD, in `team` since long ago."""
    n = next(_numbers)
    member = member_create(
        email=fields.pop("email", f"member{n}@example.com"),
        name=name or f"Member {n}",
        access_role=role,
        password=PASSWORD,
        by=None,
        **fields,
    )
    if role is AccessRole.ADMIN:
        # Until then an administrator sees nothing but the set-up.
        Organisation.current()
        Organisation.objects.filter(set_up_at=None).update(set_up_at=timezone.now())
    if team is not None:
        membership_start(member=member, team=team, starts_on=LONG_AGO, by=None)
    return member


def make_team(*, parent: Team | None = None, lead: Member | None = None, name: str = "") -> Team:
    n = next(_numbers)
    return team_create(
        name=name or f"Team {n}", slug=f"team-{n}", parent=parent, lead=lead, by=None
    )


def make_customer(*, owner: Member | None = None, name: str = "", **fields: Any) -> Customer:
    name = name or f"Customer {next(_numbers)}"
    made = Customer.objects.create(owner=owner, name=name, **fields)
    keys_refresh([made.pk])
    return made


def level(code: str) -> Level:
    """A level of the default pipeline."""
    found: Level = Level.objects.get(pipeline__is_default=True, code=code)
    return found


def make_line(name: str = "") -> ProductLine:
    return ProductLine.objects.get_or_create(name=name or "Line")[0]


def make_opportunity(
    *steps: tuple[str, date],
    owner: Member,
    value: Decimal | None = Decimal(100),
    customer: Customer | None = None,
    **fields: Any,
) -> Opportunity:
    """An opportunity with a history such as ("E", day), ("C", day), ("won", day)."""
    (first, opened), *others = steps
    opportunity = opportunity_create(
        owner=owner,
        line=fields.pop("line", None) or make_line(),
        level=level(first),
        value=value,
        customer=customer,
        by=owner,
        at=noon(opened),
        **fields,
    )
    for step, day in others:
        if step in Outcome.values:
            opportunity_close(
                opportunity=opportunity,
                outcome=Outcome(step),
                reason="test",
                by=owner,
                at=noon(day),
            )
        else:
            opportunity_move(
                opportunity=opportunity, to=level(step), reason="test", by=owner, at=noon(day)
            )
    opportunity.refresh_from_db()
    return opportunity


def make_order(*, member: Member, value: str | int | Decimal, on: date, **fields: Any) -> Order:
    return order_create(
        number=fields.pop("number", f"O-{next(_numbers)}"),
        member=member,
        line=fields.pop("line", None) or make_line(),
        ordered_on=on,
        value=Decimal(value),
        by=None,
        **fields,
    )


def make_departure(member: Member, *, to: Member, last_on: date | None = None) -> Departure:
    """A planned departure after which everything goes to one person; in a week if no day is given."""
    receivers = Receivers("person", (to.pk,))
    return Departure.objects.create(
        member=member,
        last_on=last_on or Organisation.current().today() + timedelta(days=7),
        plan=Plan(customers=receivers, opportunities=receivers).as_json(),
    )
