"""An installation that nobody has set up yet."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import AuditEntry, Organisation
from apps.members.models import AccessRole, Member
from apps.members.services import first_admin_create
from tests.factories import make_member

pytestmark = pytest.mark.django_db

GIVEN: dict[str, Any] = {
    "name": "Nordhaus Supply",
    "time_zone": "Asia/Shanghai",
    "currency": "CNY",
    "language": "zh-hans",
    "country": "CN",
    "subdivision": "",
    "working_days": ["1", "2", "3", "4", "5"],
}


@pytest.fixture
def first() -> Member:
    """The first administrator, as the command makes them."""
    return first_admin_create(
        email="ada@example.com",
        name="Ada",
        password="plough-lantern-42",
        organisation="Nordhaus",
        time_zone="Europe/Berlin",
        currency="EUR",
    )


@pytest.fixture
def office(client: Client, first: Member) -> Client:
    client.force_login(first)
    return client


@pytest.mark.parametrize(
    "page", ["home", "dashboard", "people", "organisation_settings", "imports"]
)
def test_the_first_administrator_is_led_to_the_set_up(office: Client, page: str) -> None:
    response = office.get(reverse(page))

    assert response.status_code == 302
    assert response["Location"] == reverse("set_up")


def test_a_fragment_leads_the_whole_page_there(office: Client) -> None:
    response = office.get(reverse("customers"), headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Redirect"]) == (204, reverse("set_up"))


@pytest.mark.parametrize("page", ["account_logout", "account_change_password", "set_up"])
def test_leaving_and_ones_own_account_stay_open(office: Client, page: str) -> None:
    response = office.get(reverse(page))

    assert response.headers.get("Location") != reverse("set_up")
    assert response.status_code < 400


def test_others_are_not_held_up(first: Member, client: Client) -> None:
    client.force_login(make_member(AccessRole.MANAGER))

    assert client.get(reverse("customers")).status_code == 200
    assert client.get(reverse("set_up")).status_code == 404


def test_the_set_up_begins_with_what_is_known(office: Client) -> None:
    html = office.get(reverse("set_up")).content.decode()

    assert 'value="Nordhaus"' in html
    assert 'value="Europe/Berlin" selected' in html
    assert "working days" in html


def test_the_set_up_opens_the_installation(office: Client, first: Member) -> None:
    response = office.post(reverse("set_up"), GIVEN)

    assert response["Location"] == reverse("invitations")
    firm = Organisation.current()
    assert (firm.name, firm.currency, firm.country) == ("Nordhaus Supply", "CNY", "CN")
    assert firm.set_up_at is not None
    assert office.get(reverse("people")).status_code == 200
    assert office.get(reverse("set_up"))["Location"] == reverse("organisation_settings")
    assert AuditEntry.objects.filter(action="organisation.set_up", by=first).count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("time_zone", ""), ("currency", "X"), ("country", "XX"), ("working_days", [])],
)
def test_a_refused_set_up_opens_nothing(office: Client, field: str, value: Any) -> None:
    response = office.post(reverse("set_up"), GIVEN | {field: value})

    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert Organisation.current().set_up_at is None
    assert Organisation.current().name == "Nordhaus"


def test_the_sign_in_page_says_how_to_begin(client: Client) -> None:
    address = reverse("account_login")
    before = client.get(address).content.decode()
    make_member(AccessRole.ADMIN)

    after = client.get(address).content.decode()

    assert "manage.py create_first_admin" in before
    assert "create_first_admin" not in after


@pytest.mark.parametrize(
    ("role", "is_active", "is_set_up"),
    [
        (AccessRole.ADMIN, True, True),
        (AccessRole.ADMIN, False, False),
        (AccessRole.REP, True, False),
    ],
)
def test_an_installation_with_an_administrator_is_set_up_already(
    role: AccessRole, is_active: bool, is_set_up: bool
) -> None:
    member = make_member(role)
    Member.objects.filter(pk=member.pk).update(is_active=is_active)
    Organisation.current()
    Organisation.objects.update(set_up_at=None)

    import_module("apps.members.migrations.0005_set_up").mark(apps, None)

    assert (Organisation.current().set_up_at is not None) is is_set_up


def test_the_migration_keeps_the_moment_of_a_set_up() -> None:
    make_member(AccessRole.ADMIN)
    moment = timezone.now() - timedelta(days=3)
    Organisation.objects.update(set_up_at=moment)

    import_module("apps.members.migrations.0005_set_up").mark(apps, None)

    assert Organisation.current().set_up_at == moment
