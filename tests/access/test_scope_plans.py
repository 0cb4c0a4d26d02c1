"""What visibility adds to a query: no subquery repeated for each row, and an index to read by."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from apps.core.models import Organisation, organisation_scope
from apps.customers.models import Contact, Customer
from apps.funnel.models import Opportunity
from apps.members.models import Member
from apps.members.services import membership_start
from apps.orders.models import Order
from tests.access.conftest import Firm, found
from tests.factories import LONG_AGO, level, make_line
from tests.query_counts import counted

ROWS = 6_000
REPS = 20
TABLES = ("customers_customer", "funnel_opportunity", "orders_order")


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Firm]:
    """Rows of many people, nearly all of them in the other team."""
    with django_db_blocker.unblock():
        made = transaction.atomic()
        made.__enter__()
        firm = found()
        _fill(firm)
    yield firm
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        made.__exit__(None, None, None)


def _fill(firm: Firm) -> None:
    reps = Member.objects.bulk_create(
        Member(email=f"r{n}@example.com", name=f"R {n}") for n in range(REPS)
    )
    for rep in reps:
        membership_start(member=rep, team=firm.south, starts_on=LONG_AGO, by=None)
    owners, day, line, first = [rep.pk for rep in reps], date(2026, 3, 2), make_line(), level("E")
    Customer.objects.bulk_create(
        [Customer(name=f"C {n:05}", owner_id=owners[n % REPS]) for n in range(ROWS)]
    )
    Opportunity.objects.bulk_create(
        [
            Opportunity(
                owner_id=owners[n % REPS],
                team=firm.south,
                line=line,
                level=first,
                level_since_on=day,
                held_since_on=day,
                opened_on=day,
            )
            for n in range(ROWS)
        ]
    )
    Order.objects.bulk_create(
        [
            Order(
                number=f"N{n}",
                member_id=owners[n % REPS],
                team=firm.south,
                line=line,
                ordered_on=day,
                value=1,
            )
            for n in range(ROWS)
        ]
    )
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")


def reader(firm: Firm, persona: str) -> Member:
    known = firm.people[persona]
    assert known is not None
    loaded: Member = Member.objects.with_absences().get(pk=known.pk)
    return loaded


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def plan_of(rows: Any) -> list[dict[str, Any]]:
    explained = json.loads(rows.explain(format="json"))
    return list(nodes(explained[0]["Plan"]))


@pytest.mark.parametrize("persona", ["rep", "manager"])
@pytest.mark.parametrize("model", [Customer, Opportunity, Order])
@pytest.mark.parametrize("scope", ["visible_to", "editable_by"])
def test_few_rows_among_many_are_found_by_an_index(
    filled: Firm, db: None, model: Any, persona: str, scope: str
) -> None:
    rows = getattr(model.objects, scope)(reader(filled, persona)).order_by()

    plan = plan_of(rows)

    whole = [node for node in plan if node["Node Type"] == "Seq Scan"]
    assert [node["Relation Name"] for node in whole if node["Relation Name"] in TABLES] == []
    # Nothing is asked again for each row.
    assert [node for node in plan if node.get("Parent Relationship") == "SubPlan"] == []


@pytest.mark.parametrize("persona", ["director", "analyst", "admin"])
@pytest.mark.parametrize("model", [Customer, Opportunity, Order])
def test_who_sees_everything_pays_for_no_condition(
    filled: Firm, db: None, model: Any, persona: str
) -> None:
    everything = model.objects.alive() if model is Customer else model.objects.all()

    assert str(model.objects.visible_to(reader(filled, persona)).query) == str(everything.query)


@pytest.mark.parametrize("persona", ["rep", "manager", "director", "stand-in"])
@pytest.mark.parametrize("model", [Customer, Opportunity, Order, Contact])
def test_the_condition_holds_one_subquery_at_most(
    filled: Firm, db: None, model: Any, persona: str
) -> None:
    member = reader(filled, "rep" if persona == "stand-in" else persona)
    if persona == "stand-in":
        # As the request of somebody who stands in finds it.
        today = date.today()  # noqa: DTZ011 - any day that the range holds
        member.near_absences = [  # type: ignore[attr-defined]
            {
                "member": reader(filled, "manager").pk,
                "name": "Manager",
                "starts_on": date(2020, 1, 1).isoformat(),
                "ends_on": date(today.year + 1, 1, 1).isoformat(),
            }
        ]

    sql = str(model.objects.visible_to(member).order_by().query)

    assert len(re.findall(r"\(SELECT ", sql)) <= 1


@pytest.mark.parametrize(("persona", "asked"), [("rep", 0), ("manager", 1), ("director", 0)])
@pytest.mark.parametrize("model", [Customer, Opportunity, Order])
def test_a_lead_is_asked_for_once_before_the_rows_are(
    filled: Firm, db: None, model: Any, persona: str, asked: int
) -> None:
    member = reader(filled, persona)
    Organisation.current()

    with organisation_scope():
        Organisation.current()
        assert counted(lambda: model.objects.visible_to(member)) == asked
