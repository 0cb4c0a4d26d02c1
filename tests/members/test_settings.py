"""The organisation's settings, its calendar and its positions."""

import re
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.core.calendars import is_working_day
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry, CalendarDay, Organisation
from apps.members.models import AccessRole, Member, Position
from apps.members.organisation import (
    MoneyRecorded,
    PositionHeld,
    calendar_day_add,
    calendar_day_remove,
    organisation_update,
    position_delete,
    position_save,
)
from apps.members.people import position_start
from apps.members.querysets import may_export
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)
OTHERS = [role for role in AccessRole if role is not AccessRole.ADMIN]
PAGES = ("organisation_settings", "organisation_calendar", "calendar_preview", "positions",
         "position_new")  # fmt: skip


@pytest.fixture
def admin() -> Member:
    return make_member(AccessRole.ADMIN)


@pytest.fixture
def office(client: Client, admin: Member) -> Client:
    client.force_login(admin)
    return client


def given(client: Client, **changes: Any) -> dict[str, Any]:
    """What a browser would send back of the settings, with some changes."""
    form = client.get(reverse("organisation_settings")).context["form"]
    return {name: form[name].value() for name in form.fields} | changes


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("page", PAGES)
def test_settings_do_not_exist_for_others(client: Client, role: AccessRole, page: str) -> None:
    client.force_login(make_member(role))

    assert client.get(reverse(page)).status_code == 404


def test_the_form_sent_back_as_it_was_changes_nothing(office: Client) -> None:
    response = office.post(reverse("organisation_settings"), given(office))

    assert response.status_code == 302
    assert not AuditEntry.objects.filter(action="organisation.update").exists()


def test_settings_are_saved_with_before_and_after(office: Client) -> None:
    changes = {
        "name": "Nordhaus",
        "country": "CN",
        "subdivision": "",
        "working_days": ["1", "2", "3", "4", "5", "6"],
        "two_step_roles": ["admin", "hr"],
        "export_roles": ["admin"],
        "audit_months": "48",
    }

    response = office.post(reverse("organisation_settings"), given(office, **changes))

    assert response.status_code == 302
    firm = Organisation.current()
    assert (firm.name, firm.country, firm.audit_months) == ("Nordhaus", "CN", 48)
    assert firm.working_days == [1, 2, 3, 4, 5, 6]
    assert firm.two_step_roles == ["admin", "hr"]
    entry = AuditEntry.objects.get(action="organisation.update")
    assert entry.changes["audit_months"] == [36, 48]
    assert entry.changes["working_days"] == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]]
    assert set(entry.changes) == set(changes) - {"subdivision"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "n" * 201),
        ("time_zone", "Mars"),
        ("currency", "EURO"),
        ("language", "tlh"),
        ("country", "XX"),
        ("subdivision", "BE2"),
        ("working_days", []),
        ("working_days", ["8"]),
        ("two_step_roles", ["king"]),
        ("export_roles", ["king"]),
        ("audit_months", "23"),
        ("audit_months", "x"),
    ],
)
def test_a_value_that_cannot_be_is_named_and_nothing_is_saved(
    office: Client, field: str, value: Any
) -> None:
    response = office.post(
        reverse("organisation_settings"), given(office, name="Other", **{field: value})
        if field != "name" else given(office, name=value)
    )  # fmt: skip

    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert Organisation.current().name == "SalesTeam"


def test_a_region_of_another_country_is_refused(admin: Member) -> None:
    with pytest.raises(ValidationError, match="Choose a region of this country"):
        organisation_update(values={"country": "AT", "subdivision": "BE"}, by=admin)

    assert Organisation.current().country == "DE"


@pytest.mark.parametrize("what", ["order", "opportunity", "revenue"])
def test_the_currency_stays_once_there_is_money(office: Client, admin: Member, what: str) -> None:
    rep = make_member(team=make_team())
    if what == "order":
        make_order(member=rep, value=100, on=DAY)
    elif what == "opportunity":
        make_opportunity(("E", DAY), owner=rep)
    else:
        make_customer(annual_revenue=1000)

    with pytest.raises(MoneyRecorded):
        organisation_update(values={"currency": "USD"}, by=admin)
    response = office.post(
        reverse("organisation_settings"), given(office, currency="USD", name="Other")
    )

    html = response.content.decode()
    assert response.status_code == 422
    assert "Amounts are recorded in EUR" in html
    assert 'id="id_currency_error"' in html
    assert (Organisation.current().currency, Organisation.current().name) == ("EUR", "SalesTeam")


def test_the_currency_changes_while_nothing_has_a_price(admin: Member) -> None:
    make_opportunity(("E", DAY), owner=make_member(team=make_team()), value=None)
    make_customer()

    organisation_update(values={"currency": "CNY"}, by=admin)

    assert Organisation.current().currency == "CNY"


def test_the_export_right_follows_the_settings_unless_said_of_the_member(admin: Member) -> None:
    rep, manager = make_member(), make_member(AccessRole.MANAGER)
    assert (may_export(rep), may_export(manager)) == (False, True)

    organisation_update(values={"export_roles": ["rep"]}, by=admin)
    manager.may_export_lists = True

    assert (may_export(rep), may_export(manager), may_export(admin)) == (True, True, False)


@pytest.mark.parametrize("role", OTHERS)
def test_services_ask_who_settles(role: AccessRole) -> None:
    by = make_member(role)
    position = Position(rank=1, names={})

    for work in (
        lambda: organisation_update(values={"name": "X"}, by=by),
        lambda: calendar_day_add(day=DAY, name="", is_working=False, by=by),
        lambda: calendar_day_remove(day=DAY, by=by),
        lambda: position_save(position=position, values={"code": "x"}, by=by),
        lambda: position_delete(position=position, by=by),
    ):
        with pytest.raises(NotPermitted):
            work()

    assert Organisation.current().name == "SalesTeam"
    assert not CalendarDay.objects.exists()


# The calendar


def test_the_preview_follows_what_the_form_says(office: Client) -> None:
    query = "?country=CN&subdivision=BE&working_days=1&working_days=9&working_days=x"

    html = office.get(reverse("calendar_preview") + query).content.decode()

    assert re.search(r"\d{4} has \d+ working days\.", html)
    assert 'name="subdivision" value=""' in html
    assert 'value="CN" selected' in html


def test_the_preview_of_nonsense_is_a_calendar_without_days(office: Client) -> None:
    html = office.get(reverse("calendar_preview") + "?country=XX").content.decode()

    assert "has 0 working days" in html
    assert "No holidays are known for this choice" in html


def shown_days(html: str) -> list[tuple[str, str]]:
    rows = re.findall(r'rowheader"[^>]*>([^<]*)<.*?(works|rests)</span>', html, re.DOTALL)
    return [(day, works) for day, works in rows]


def test_the_year_shows_holidays_make_up_days_and_exceptions(office: Client) -> None:
    Organisation.objects.update(country="CN")
    CalendarDay.objects.create(day=date(2026, 12, 24), name="Christmas Eve")

    html = office.get(reverse("organisation_calendar"), {"year": "2026"}).content.decode()

    days = shown_days(html)
    assert ("Thursday, 1 January 2026", "rests") in days
    assert ("Saturday, 14 February 2026", "works") in days
    assert ("Thursday, 24 December 2026", "rests") in days
    assert "247 working days" in html
    assert html.count("Remove<") == 1


@pytest.mark.parametrize(("year", "status"), [("1969", 404), ("9999", 404), ("x", 200), ("²", 200)])
def test_years_that_no_calendar_has(office: Client, year: str, status: int) -> None:
    assert office.get(reverse("organisation_calendar"), {"year": year}).status_code == status


def test_an_exception_comes_and_goes(office: Client) -> None:
    sent = {"day": "2026-12-24", "is_working": "0", "name": "Christmas Eve"}
    response = office.post(reverse("organisation_calendar"), sent)

    assert response["Location"] == "/settings/calendar/?year=2026"
    assert not is_working_day(date(2026, 12, 24))
    office.post(reverse("calendar_day_remove", args=["2026-12-24"]))
    assert is_working_day(date(2026, 12, 24))
    actions = AuditEntry.objects.filter(action__startswith="calendarday.")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "calendarday.add", "calendarday.remove"
    ]  # fmt: skip


def test_a_day_has_one_exception(office: Client) -> None:
    sent = {"day": "2026-12-26", "is_working": "1", "name": ""}
    office.post(reverse("organisation_calendar"), sent)

    again = office.post(reverse("organisation_calendar"), sent | {"is_working": "0"})

    assert again.status_code == 422
    assert 'id="id_day_error"' in again.content.decode()
    assert CalendarDay.objects.get().is_working


@pytest.mark.parametrize(
    "sent", [{"day": ""}, {"day": "24.12."}, {"is_working": "maybe"}, {"name": "n" * 101}]
)
def test_an_exception_that_cannot_be_is_refused(office: Client, sent: dict[str, str]) -> None:
    whole = {"day": "2026-12-24", "is_working": "0", "name": ""}

    response = office.post(reverse("organisation_calendar"), whole | sent)

    assert response.status_code == 422
    assert not CalendarDay.objects.exists()


def test_removing_what_is_not_there_changes_nothing(office: Client) -> None:
    assert office.post(reverse("calendar_day_remove", args=["2026-12-24"])).status_code == 302
    assert office.post("/settings/calendar/2026-13-45/remove/").status_code == 404
    assert not AuditEntry.objects.filter(action="calendarday.remove").exists()


# Positions


@pytest.fixture
def closer() -> Position:
    return Position.objects.create(code="closer", names={"en": "Closer"}, rank=5)


POSITION = {
    "name_en": "Key account manager",
    "name_hans": "大客户经理",
    "name_hant": "",
    "stages": ["deepen", "maintain"],
    "rank": "35",
    "is_active": "on",
}


def test_a_position_is_made_with_its_names_and_stages(office: Client) -> None:
    response = office.post(reverse("position_new"), POSITION)

    assert response.status_code == 302
    made = Position.objects.get(code="key-account-manager")
    assert made.names == {"en": "Key account manager", "zh-hans": "大客户经理"}
    assert (made.stages, made.rank, made.is_active) == (["deepen", "maintain"], 35, True)
    html = office.get(reverse("positions")).content.decode()
    assert "Maintain, Deepen" in html


def test_a_position_changes_and_keeps_its_code(office: Client, closer: Position) -> None:
    sent = POSITION | {"is_active": ""}

    office.post(reverse("position", args=[closer.pk]), sent)

    closer.refresh_from_db()
    assert (closer.code, closer.names["en"]) == ("closer", "Key account manager")
    assert not closer.is_active
    changes = AuditEntry.objects.get(action="position.update").changes
    assert changes["is_active"] == [True, False]
    assert "code" not in changes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_en", ""),
        ("name_en", "大客户经理"),
        ("name_hans", "长" * 81),
        ("stages", ["sleep"]),
        ("rank", "-1"),
        ("rank", "40000"),
        ("rank", ""),
    ],
)
def test_a_position_that_cannot_be_is_refused(office: Client, field: str, value: Any) -> None:
    before = Position.objects.count()

    response = office.post(reverse("position_new"), POSITION | {field: value})

    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert Position.objects.count() == before


def test_two_positions_of_one_code_are_refused(office: Client) -> None:
    office.post(reverse("position_new"), POSITION)
    before = Position.objects.count()

    response = office.post(reverse("position_new"), POSITION)

    assert response.status_code == 422
    assert Position.objects.count() == before


def test_a_position_that_somebody_held_is_retired_not_deleted(
    office: Client, admin: Member, closer: Position
) -> None:
    position_start(member=make_member(), position=closer, starts_on=DAY, by=None)

    with pytest.raises(PositionHeld, match="“Closer” has been given to people: retire it"):
        position_delete(position=closer, by=admin)
    response = office.post(reverse("position_delete", args=[closer.pk]))

    assert response.status_code == 422
    assert Position.objects.filter(pk=closer.pk).exists()


def test_a_position_that_nobody_had_is_deleted(office: Client, closer: Position) -> None:
    response = office.post(reverse("position_delete", args=[closer.pk]))

    assert response.status_code == 302
    assert not Position.objects.filter(pk=closer.pk).exists()


def test_the_positions_cost_the_same_for_any_number(office: Client, closer: Position) -> None:
    queries_of(office, reverse("positions"))
    few = len(queries_of(office, reverse("positions")))
    for n in range(20):
        made = Position.objects.create(code=f"p{n}", names={"en": f"P{n}"})
        position_start(member=make_member(), position=made, starts_on=DAY, by=None)

    assert len(queries_of(office, reverse("positions"))) == few
