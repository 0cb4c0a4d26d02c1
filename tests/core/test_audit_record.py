"""What an audit entry says: who, what, before and after, by which door, from where."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from celery import shared_task
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.core.models import AuditEntry, Organisation
from apps.core.origin import COMMAND, Origin, OriginMiddleware, client_address, origin_scope
from apps.core.services import audit_record, changed_values, plain, values_of
from apps.customers.models import Customer
from apps.funnel.models import Outcome
from apps.funnel.services import opportunity_close, opportunity_move
from apps.members.models import AccessRole, Member
from tests.factories import (
    level,
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
    noon,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
PROXY_SAYS = {"REMOTE_ADDR": "10.0.0.9", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.7"}


def last() -> AuditEntry:
    found: AuditEntry = AuditEntry.objects.order_by("-pk")[0]
    return found


@pytest.fixture
def mia() -> Member:
    return make_member(team=make_team(name="East"), name="Mia Petersen", email="mia@example.com")


def test_an_entry_keeps_names_as_they_were(mia: Member) -> None:
    customer = make_customer(name="Hart GmbH")

    audit_record(by=mia, action="customer.assign", record=customer, reason="typing error")

    mia.name = "Mia Hansen"
    mia.save()
    entry = last()
    assert (entry.by_text, entry.label) == ("Mia Petersen <mia@example.com>", "Hart GmbH")
    assert (entry.kind, entry.object_id) == ("customer", customer.pk)
    assert entry.details == {"reason": "typing error"}
    assert (entry.changes, entry.rows, entry.is_reading, entry.is_sample) == ({}, [], False, False)


def test_an_entry_is_one_insert(mia: Member) -> None:
    customer = make_customer(owner=mia)

    with CaptureQueriesContext(connection) as queries:
        audit_record(
            by=mia, action="customer.assign", record=customer, changes={"name": ["a", "b"]}
        )

    assert [query["sql"].split("(")[0].strip() for query in queries] == [
        'INSERT INTO "core_auditentry"'
    ]


def test_long_names_are_cut_and_not_refused(mia: Member) -> None:
    customer = make_customer(name="x" * 200)
    customer.name = "x" * 400

    audit_record(by=mia, action="customer.assign", record=customer)

    assert last().label == "x" * 300


def test_a_bulk_operation_is_one_entry_with_its_rows(mia: Member) -> None:
    one, other = make_customer(), make_customer()
    changes: dict[str, Any] = {"owner": [None, mia]}

    audit_record(
        by=mia, action="customer.assign", record=Customer, rows=[one.pk, other.pk], changes=changes
    )

    entry = last()
    assert (entry.kind, entry.object_id, entry.label) == ("customer", None, "")
    assert entry.rows == [one.pk, other.pk]
    assert entry.changes == {"owner": [None, [mia.pk, "Mia Petersen"]]}


def test_values_that_did_not_change_are_no_change(mia: Member) -> None:
    changes: dict[str, Any] = {"owner": [mia, mia], "value": [Decimal("1.50"), Decimal("2.50")]}

    audit_record(by=mia, action="customer.assign", record=make_customer(), changes=changes)

    assert last().changes == {"value": ["1.50", "2.50"]}


def test_values_become_plain(mia: Member) -> None:
    assert plain(AccessRole.HR) == "hr"
    assert plain(Decimal("12.50")) == "12.50"
    assert plain(DAY) == "2026-03-02"
    assert plain(datetime(2026, 3, 2, 9, tzinfo=UTC)) == "2026-03-02T09:00:00+00:00"
    assert plain(mia) == [mia.pk, "Mia Petersen"]
    assert plain([True, None, {"at": DAY}]) == [True, None, {"at": "2026-03-02"}]


def test_changed_values_are_those_that_differ(mia: Member) -> None:
    customer = make_customer(name="Hart", industry="Food", annual_revenue=Decimal(10))
    before = values_of(customer, ("name", "industry", "owner", "annual_revenue"))

    customer.industry, customer.owner, customer.annual_revenue = "Retail", mia, Decimal("10.5")

    assert changed_values(customer, before) == {
        "industry": ["Food", "Retail"],
        "owner": [None, [mia.pk, "Mia Petersen"]],
        "annual_revenue": ["10", "10.5"],
    }
    assert changed_values(customer, {}, ("name", "region")) == {
        "name": [None, "Hart"],
        "region": [None, ""],
    }


def test_entries_about_the_sample_firm_are_marked_and_those_of_its_people_on_real_records_not(
    mia: Member,
) -> None:
    guide = make_member()
    guide.is_sample = True
    real, sample = make_customer(), make_customer(is_sample=True)

    marks = {
        (by, record): audit_record(by=by, action="customer.assign", record=record).is_sample
        for by in (mia, guide)
        for record in (real, sample)
    }
    firm = audit_record(by=guide, action="organisation.update", record=Organisation.current())

    assert marks == {
        (mia, real): False,
        (mia, sample): True,
        (guide, real): False,
        (guide, sample): True,
    }
    assert firm.is_sample  # which bears no mark of its own


@pytest.mark.parametrize(
    ("is_trusted", "headers", "address"),
    [
        (False, {"REMOTE_ADDR": "203.0.113.7"}, "203.0.113.7"),
        (False, PROXY_SAYS, "10.0.0.9"),
        (True, PROXY_SAYS, "203.0.113.7"),
        (True, {"REMOTE_ADDR": "10.0.0.9"}, "10.0.0.9"),
        (True, {"HTTP_X_FORWARDED_FOR": "203.0.113.7:4711"}, "203.0.113.7"),
        (True, {"HTTP_X_FORWARDED_FOR": "6.6.6.6, [2001:db8::1]:443"}, "2001:db8::1"),
        (True, {"HTTP_X_FORWARDED_FOR": "fe80::1%eth0"}, "fe80::1"),
        (True, {"HTTP_X_FORWARDED_FOR": "<script>"}, None),
        (False, {"REMOTE_ADDR": ""}, None),
    ],
)
def test_the_address_is_the_clients_and_never_what_it_claims(
    settings: Any, is_trusted: bool, headers: dict[str, str], address: str | None
) -> None:
    settings.TRUSTED_PROXY = is_trusted

    assert client_address(RequestFactory().get("/", **headers)) == address  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "channel"), [("/customers/1/", "web"), ("/api/customers/", "api")]
)
def test_a_request_tells_its_door_its_address_and_who_acts(path: str, channel: str) -> None:
    admin = make_member(AccessRole.ADMIN, name="Ada Admin", email="ada@example.com")

    def answer(request: HttpRequest) -> HttpResponse:
        request.user = SimpleNamespace(acted_by=admin)  # type: ignore[assignment] # known this late
        audit_record(by=None, action="customer.assign", record=make_customer())
        return HttpResponse()

    OriginMiddleware(answer)(RequestFactory().get(path, REMOTE_ADDR="203.0.113.7"))

    entry = last()
    assert (entry.channel, entry.address) == (channel, "203.0.113.7")
    assert entry.details == {"acting": "Ada Admin <ada@example.com>"}


@shared_task
def write_an_entry() -> None:
    audit_record(by=None, action="customer.assign", record=make_customer())


def test_tasks_and_commands_say_so_and_nothing_else_says_anything() -> None:
    write_an_entry()
    assert (last().channel, last().address) == ("task", None)

    with origin_scope(Origin(COMMAND)):
        audit_record(by=None, action="customer.assign", record=make_customer())
    assert last().channel == "command"

    audit_record(by=None, action="customer.assign", record=make_customer())
    assert (last().channel, last().details) == ("", {})


def test_moving_and_closing_an_opportunity_say_what_was_before(mia: Member) -> None:
    hart = make_customer(name="Hart", owner=mia)
    opportunity = make_opportunity(("E", DAY), owner=mia, customer=hart)

    opportunity_move(opportunity=opportunity, to=level("C"), by=mia, at=noon(date(2026, 3, 9)))
    moved = last()
    opportunity_close(
        opportunity=opportunity,
        outcome=Outcome.LOST,
        reason="price",
        by=mia,
        at=noon(date(2026, 3, 20)),
    )

    assert (moved.action, moved.label) == ("opportunity.move", "Line · Hart")
    assert moved.changes == {
        "level": [[level("E").pk, str(level("E"))], [level("C").pk, str(level("C"))]],
        "level_since_on": ["2026-03-02", "2026-03-09"],
    }
    assert last().changes == {
        "state": ["open", "lost"],
        "closed_on": [None, "2026-03-20"],
        "loss_reason": ["", "price"],
    }


def test_a_refused_write_leaves_no_entry(mia: Member) -> None:
    opportunity = make_opportunity(("E", DAY), ("won", DAY), owner=mia)
    entries = AuditEntry.objects.count()

    with pytest.raises(Exception, match="closed already"):
        opportunity_move(opportunity=opportunity, to=level("C"), by=mia)

    assert AuditEntry.objects.count() == entries


def test_a_new_order_says_all_that_it_began_with(mia: Member) -> None:
    make_order(member=mia, value="12.50", on=DAY, number="A-1")

    entry = last()
    assert (entry.action, entry.label) == ("order.create", "A-1")
    assert entry.changes["member"] == [None, [mia.pk, "Mia Petersen"]]
    assert entry.changes["value"] == [None, "12.50"]
    assert "customer" not in entry.changes
