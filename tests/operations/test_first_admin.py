"""Setting up an installation without sample data."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.core.models import AuditEntry, Organisation
from apps.members.models import AccessRole, Member

GIVEN = {
    "organisation": "Nordhaus Supply",
    "time_zone": "Asia/Shanghai",
    "currency": "cny",
    "name": "陈静",
    "email": "chen@nordhaus.example",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_ADMIN_PASSWORD", "plough-lantern-42")


def test_first_administrator_and_organisation_are_set_up() -> None:
    out = StringIO()

    call_command("create_first_admin", **GIVEN, stdout=out)

    member = Member.objects.get()
    assert member.email == "chen@nordhaus.example"
    assert member.role is AccessRole.ADMIN
    assert member.check_password("plough-lantern-42")
    firm = Organisation.current()
    assert (firm.name, firm.time_zone, firm.currency) == ("Nordhaus Supply", "Asia/Shanghai", "CNY")
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "member.create",
        "organisation.set_up",
    }
    assert out.getvalue() == "陈静 can sign in now as chen@nordhaus.example.\n"


def test_second_time_is_refused_and_changes_nothing() -> None:
    call_command("create_first_admin", **GIVEN, stdout=StringIO())

    with pytest.raises(CommandError, match="administrator already"):
        call_command(
            "create_first_admin",
            **{**GIVEN, "email": "b@nordhaus.example", "organisation": "Other"},
        )

    assert Member.objects.count() == 1
    assert Organisation.current().name == "Nordhaus Supply"


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("organisation", "", "--organisation: is needed"),
        ("time_zone", "Europe/Atlantis", "--time-zone: Europe/Atlantis"),
        ("currency", "EURO", "--currency: EURO"),
        ("currency", "E1R", "--currency: E1R"),
        ("name", "", "--name: is needed"),
        ("email", "chen", "--email: Enter a valid email address"),
    ],
)
def test_value_that_cannot_be_used_is_named_and_nothing_is_written(
    name: str, value: str, named: str
) -> None:
    with pytest.raises(CommandError, match=named):
        call_command("create_first_admin", **{**GIVEN, name: value})

    assert Member.objects.count() == 0


def test_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_ADMIN_PASSWORD", "password12")

    with pytest.raises(CommandError, match="FIRST_ADMIN_PASSWORD: This password is too common"):
        call_command("create_first_admin", **GIVEN)

    assert Member.objects.count() == 0
