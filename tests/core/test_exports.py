"""Lists as files: the rows of the list, nothing that runs in a spreadsheet, and who took them."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse
from openpyxl import load_workbook

from apps.core.exports import BYTE_ORDER_MARK, MOST_EXCEL_ROWS, export_response
from apps.core.models import AuditEntry
from apps.customers.exports import customer_export
from apps.customers.filters import COLUMNS, CustomerFilter
from apps.customers.models import Contact, Customer, DecisionRole
from apps.members.models import AccessRole, Member
from tests.factories import (
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
)
from tests.query_counts import counted

pytestmark = pytest.mark.django_db

LISTS = ("customers", "opportunities", "orders")
DAY = date(2026, 3, 2)


def signed_in(person: Member) -> Client:
    client = Client()
    client.force_login(person)
    return client


def answer(person: Member, name: str, **query: str) -> Any:
    return signed_in(person).get(reverse(f"{name}_export"), query)


def rows_of(person: Member, name: str, **query: str) -> list[dict[str, str]]:
    """The lines of the CSV file by head."""
    response = answer(person, name, **query)
    assert response.status_code == 200
    text = response.getvalue().decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))


def sheet_of(person: Member, name: str, **query: str) -> Any:
    response = answer(person, name, file="xlsx", **query)
    assert response.status_code == 200
    return load_workbook(io.BytesIO(response.getvalue())).active


def director(**fields: Any) -> Member:
    return make_member(AccessRole.DIRECTOR, **fields)


def a_deal(owner: Member, name: str, value: int = 100) -> Customer:
    customer = make_customer(owner=owner, name=f"Customer of {name}")
    make_opportunity(
        ("E", DAY), ("C", DAY), owner=owner, customer=customer, name=name, value=Decimal(value)
    )
    make_order(member=owner, value=100, on=DAY, customer=customer, number=f"O-{name}")
    return customer


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────


def test_each_reader_gets_exactly_the_rows_of_the_list() -> None:
    lead, other = make_member(AccessRole.MANAGER), make_member(AccessRole.MANAGER)
    team, away = make_team(lead=lead), make_team(lead=other)
    a_deal(make_member(team=team), "Near")
    a_deal(make_member(team=away), "Far")
    make_customer(name="Pooled")
    allowed = make_member(team=away)
    allowed.may_export_lists = True
    allowed.save()

    seen = {"lead": {"Near"}, "other": {"Far"}, "rep": set(), "director": {"Near", "Far"}}
    for person, names in zip((lead, other, allowed, director()), seen.values(), strict=True):
        customers = {row["Customer"] for row in rows_of(person, "customers")}
        assert customers == {f"Customer of {name}" for name in names} | {"Pooled"}
        assert {row["Opportunity"] for row in rows_of(person, "opportunities")} == names
        assert {row["Order"] for row in rows_of(person, "orders")} == {f"O-{n}" for n in names}


def test_filters_and_order_are_those_of_the_address() -> None:
    boss = director()
    for name in ("Beta", "Alpha", "Other"):
        make_customer(name=name, region="North" if name != "Other" else "South")

    found = rows_of(boss, "customers", region="north", sort="-name")

    assert [row["Customer"] for row in found] == ["Beta", "Alpha"]


def test_every_page_of_the_list_is_in_the_file_whatever_page_is_open() -> None:
    boss = director()
    for number in range(30):
        make_customer(name=f"Customer {number:02d}")

    found = rows_of(boss, "customers", page="some cursor")

    assert [row["Customer"] for row in found] == [f"Customer {n:02d}" for n in range(30)]


def test_opportunities_as_they_stood_on_a_day() -> None:
    boss = director()
    owner = make_member(team=make_team())
    make_opportunity(("E", date(2026, 1, 5)), ("B", date(2026, 2, 5)), owner=owner, name="Moved")

    (now,) = rows_of(boss, "opportunities")
    (then,) = rows_of(boss, "opportunities", as_of="2026-01-15")

    assert now["Level"].startswith("B · ")
    assert then["Level"].startswith("E · ")
    assert then["Days at level"] == "10"


def test_list_without_rows_is_a_file_with_its_head_alone() -> None:
    boss = director()

    assert rows_of(boss, "orders") == []
    assert [cell.value for cell in sheet_of(boss, "orders")[1]][:2] == ["Order", "Ordered on"]


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────


def test_levels_and_states_are_words_numbers_and_days_are_such() -> None:
    boss = director()
    a_deal(make_member(team=make_team(name="North"), name="Mia"), "Deal", value=1200)

    (row,) = rows_of(boss, "opportunities")
    assert (row["Opportunity"], row["Customer"]) == ("Deal", "Customer of Deal")
    assert (row["Owner"], row["Team"], row["State"]) == ("Mia", "North", "Open")
    assert row["Level"].startswith("C · ")
    assert len(row["Level"]) > len("C · ")
    assert (row["Value (EUR)"], row["Opened"]) == ("1200.00", "2026-03-02")

    cells = [cell.value for cell in sheet_of(boss, "opportunities")[2]]
    assert 1200 in cells
    assert datetime(2026, 3, 2) in cells  # noqa: DTZ001 - a sheet knows no zones


@pytest.mark.parametrize("risky", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_looks_like_a_formula_stays_text(risky: str) -> None:
    boss = director()
    make_customer(name="Plain", industry=risky)

    (row,) = rows_of(boss, "customers")
    sheet = sheet_of(boss, "customers")

    assert row["Industry"] == f"'{risky}"
    cell = sheet.cell(row=2, column=3)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert cell.value.strip() == risky.strip()


def test_text_that_is_an_error_or_has_control_characters_does_not_break_the_sheet() -> None:
    boss = director()
    make_customer(name="A\x07B", industry="#N/A")

    sheet = sheet_of(boss, "customers")

    assert sheet.cell(row=2, column=1).value == "AB"
    assert (sheet.cell(row=2, column=3).value, sheet.cell(row=2, column=3).data_type) == (
        "#N/A",
        "s",
    )


def test_negative_numbers_are_numbers_not_text() -> None:
    boss = director()
    make_order(member=make_member(team=make_team()), value=Decimal(-20), on=DAY)

    (row,) = rows_of(boss, "orders")

    assert row["Value (EUR)"] == "-20.00"
    assert sheet_of(boss, "orders").cell(row=2, column=8).value == -20


def test_reader_of_chinese_gets_chinese_heads_and_words() -> None:
    boss = director(language="zh-hans")
    a_deal(make_member(team=make_team(name="华东"), name="李婉清"), "托盘膜", value=5)

    (row,) = rows_of(boss, "opportunities")

    assert (row["商机"], row["团队"]) == ("托盘膜", "华东")
    assert row["状态"] == "进行中"
    assert "托盘膜" in [cell.value for cell in sheet_of(boss, "opportunities")[2]]


def test_first_contact_is_who_decides() -> None:
    boss = director()
    customer = make_customer(name="Acme")
    Contact.objects.create(customer=customer, name="Anna")
    Contact.objects.create(
        customer=customer,
        name="Zoe",
        decision_role=DecisionRole.DECISION_MAKER,
        phone="030 555",
        email="zoe@example.com",
    )

    (row,) = rows_of(boss, "customers")

    told = (row["Contacts"], row["Contact"], row["Phone"], row["Email"])
    assert told == ("2", "Zoe", "030 555", "zoe@example.com")


def test_analyst_who_may_export_gets_contact_data_masked() -> None:
    analyst = make_member(AccessRole.ANALYST)
    analyst.may_export_lists = True
    analyst.save()
    customer = make_customer(name="Acme")
    Contact.objects.create(customer=customer, name="Zoe", phone="030 555", email="z@example.com")

    text = answer(analyst, "customers").getvalue().decode()
    sheet = sheet_of(analyst, "customers")

    assert "Zoe" in text
    values = [cell.value for cell in sheet[2]]
    assert values[-2:] == ["••••", "••••"]
    assert "030 555" not in text
    assert "z@example.com" not in text


def test_directory_is_for_hr_and_administrators() -> None:
    hr, lead = make_member(AccessRole.HR, name="Hanna"), make_member(AccessRole.MANAGER)
    make_member(team=make_team(lead=lead, name="North"), name="Mia", email="mia@example.com")
    admin = make_member(AccessRole.ADMIN)

    for person in (hr, admin):
        found = {row["Name"]: row for row in rows_of(person, "people")}
        assert found.keys() == {"Hanna", "Mia", lead.name, admin.name}
        assert (found["Mia"]["Teams"], found["Mia"]["Access role"]) == ("North", "Rep")
        assert (found["Mia"]["State"], found["Mia"]["Email"]) == ("Active", "mia@example.com")
        assert "/people/export/" in signed_in(person).get(reverse("people")).content.decode()
    assert AuditEntry.objects.filter(action="export.people").count() == 2

    assert answer(lead, "people").status_code == 404
    assert "/people/export/" not in signed_in(lead).get(reverse("people")).content.decode()


# ── Who, and the trail ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.ANALYST, AccessRole.HR])
def test_who_may_not_export_finds_no_address_and_no_button(name: str, role: AccessRole) -> None:
    person = make_member(role, team=make_team())
    a_deal(make_member(team=make_team()), "Deal")
    make_customer(name="Pooled")

    assert answer(person, name).status_code == 404
    assert f"/{name}/export/" not in signed_in(person).get(reverse(name)).content.decode()
    assert not AuditEntry.objects.filter(action__startswith="export.").exists()


def test_manager_whom_an_administrator_forbade_it_finds_nothing() -> None:
    lead = make_member(AccessRole.MANAGER)
    lead.may_export_lists = False
    lead.save()

    assert answer(lead, "customers").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_button_leads_to_the_file_of_the_filters_in_use(name: str) -> None:
    boss = director()
    a_deal(make_member(team=make_team()), "Deal")

    page = signed_in(boss).get(reverse(name), {"q": "Deal"}).content.decode()

    address = f"{reverse(name)}export/?q=Deal&amp;file=xlsx"
    assert address in page
    assert signed_in(boss).get(address.replace("&amp;", "&")).status_code == 200


def test_export_is_in_the_trail_before_its_first_byte() -> None:
    boss = director()
    for number in range(3):
        make_customer(name=f"Acme {number}")

    response = answer(boss, "customers", q="acme", file="csv")

    entry = AuditEntry.objects.get(action="export.customers")
    assert (entry.by, entry.kind, entry.object_id) == (boss, "customer", None)
    assert entry.details == {"count": 3, "filters": {"q": "acme"}, "file": "csv"}
    assert response.streaming
    assert len(response.getvalue().decode().splitlines()) == 4


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_file_is_named_private_and_never_cached(kind: str) -> None:
    response = answer(director(), "orders", file=kind)

    disposition = response["Content-Disposition"]
    assert disposition.startswith('attachment; filename="orders-')
    assert disposition.endswith(f'.{kind}"')
    assert response["Cache-Control"] == "private, no-store"


def test_unknown_type_of_file_is_not_found_and_not_in_the_trail() -> None:
    assert answer(director(), "orders", file="exe").status_code == 404
    assert not AuditEntry.objects.filter(action="export.orders").exists()


def test_filters_that_make_no_sense_give_no_file() -> None:
    make_customer(name="Acme")

    response = answer(director(), "customers", owner="nobody")

    assert response.status_code == 422
    assert not AuditEntry.objects.filter(action="export.customers").exists()


def test_only_getting_gives_a_file() -> None:
    client = signed_in(director())

    assert client.head(reverse("orders_export")).status_code == 405
    assert client.post(reverse("orders_export")).status_code == 405
    assert not AuditEntry.objects.filter(action="export.orders").exists()


def test_stranger_is_asked_to_sign_in() -> None:
    response = Client().get(reverse("orders_export"))

    assert response.status_code == 302


def test_more_rows_than_a_sheet_holds_are_refused_as_a_sheet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert MOST_EXCEL_ROWS == 2**20 - 1
    monkeypatch.setattr("apps.core.exports.MOST_EXCEL_ROWS", 1)
    boss = director()
    for number in range(2):
        make_customer(name=f"Acme {number}")

    assert answer(boss, "customers", file="xlsx").status_code == 422
    assert len(rows_of(boss, "customers")) == 2


# ── Cost ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_costs_as_many_queries_for_twenty_rows_as_for_two(name: str, kind: str) -> None:
    client, owner = signed_in(director()), make_member(team=make_team())
    address = reverse(f"{name}_export")
    counts = []
    for many in (2, 18):
        for _ in range(many):
            a_deal(owner, f"Deal {Customer.objects.count()}")
        client.get(address).getvalue()  # what the first page of a session costs once
        counts.append(counted(lambda: client.get(address, {"file": kind}).getvalue()))

    assert counts[0] == counts[1]


@pytest.mark.parametrize(("kind", "many"), [("csv", 20_000), ("xlsx", 5_000)])
def test_memory_does_not_grow_with_the_rows(kind: str, many: int) -> None:
    boss = director()
    Customer.objects.bulk_create(
        [
            Customer(name=f"Customer {n:05d}", industry="Machines", region="North")
            for n in range(many)
        ],
        batch_size=2000,
    )
    request = RequestFactory().get("/", {"file": kind})
    request.user = boss

    def taken() -> int:
        response: Any = export_response(
            request,
            Customer.objects.visible_to(boss),
            CustomerFilter(QueryDict(), user=boss),
            listed=COLUMNS,
            default="name",
            export=customer_export(boss),
        )
        return sum(len(piece) for piece in response.streaming_content)

    tracemalloc.start()
    try:
        size = taken()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert size > 100_000
    # A batch takes three megabytes; all rows at once, thirty and more.
    assert peak < 4_000_000


def test_days_are_those_of_the_readers_zone() -> None:
    reader = director(time_zone="Pacific/Auckland")
    made = datetime(2026, 3, 1, 13, 30, tzinfo=UTC)
    make_customer(name="Acme", created_at=made)

    (row,) = rows_of(reader, "customers", file="csv")

    assert row["Created"] == "2026-03-02"
