"""An administrator looks at the product as somebody else: to see, not to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.funnel.models import Opportunity
from apps.members.models import AccessRole, Member
from apps.members.querysets import may_export, reads, writes
from apps.members.roles import SEALED, Reach, RecordKind
from apps.workday.models import Lease
from tests.access.conftest import Firm, name_of
from tests.access.matrix import MATRIX
from tests.factories import make_member

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def pk_of(firm: Firm, persona: str) -> int:
    known = firm.people[persona]
    assert known is not None
    return known.pk


def acting(firm: Firm, persona: str = "rep", by: str = "admin") -> Client:
    client = firm.client(by)
    client.post(reverse("acting_start", args=[pk_of(firm, persona)]))
    return client


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def text(response: Any) -> str:
    return str(response.content.decode())


def test_it_shows_what_the_other_sees_and_says_so_on_every_page(firm: Firm) -> None:
    client = acting(firm)

    for name in ("customers", "opportunities", "orders", "dashboard"):
        page = text(client.get(reverse(name)))
        assert "You are looking as <b>Member-rep</b> (Rep)." in page, name
        assert reverse("acting_stop") in page, name
    listed = text(client.get(reverse("customers")))
    assert name_of("customer", "rep") in listed
    assert name_of("customer", "mate") not in listed
    hidden = firm.records["customer"]["outsider"].pk
    missing = client.get(reverse("customer", args=[hidden]))
    assert missing.status_code == 404
    assert "You are looking as" in text(missing)
    assert client.get(reverse("night_runs")).status_code == 404


def test_it_begins_and_ends_with_an_entry_each(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = acting(firm)
        clock.move_to(NOON + timedelta(minutes=17, seconds=40))
        response = client.post(reverse("acting_stop"))
        page = text(client.get(reverse("customers")))

    assert response.status_code == 302
    assert "You are looking as" not in page
    assert name_of("customer", "outsider") in page
    (begun,), (ended,) = entries("acting.start"), entries("acting.stop")
    for entry in (begun, ended):
        assert (entry.by_id, entry.kind, entry.object_id) == (
            pk_of(firm, "admin"),
            "member",
            pk_of(firm, "rep"),
        )
    assert ended.details["minutes"] == 17
    assert ended.details["reason"] == "stop"


def test_each_page_that_is_opened_is_logged_once_and_nothing_else(firm: Firm) -> None:
    client = acting(firm)
    customer = firm.records["customer"]["rep"]

    client.get(reverse("customer", args=[customer.pk]))
    client.get(reverse("customers"), {"q": "x"})
    client.get(reverse("customers"), {"q": "y"}, headers={"HX-Request": "true", "HX-Target": "results"})  # fmt: skip
    client.get(reverse("customer_orders", args=[customer.pk]), headers={"HX-Request": "true"})
    client.get(reverse("customer", args=[10**9]))
    client.get("/favicon.ico")

    views = entries("acting.view")
    assert [entry.details["path"] for entry in views] == [
        reverse("customer", args=[customer.pk]),
        reverse("customers") + "?q=x",
        # A filter keeps its address in the browser: it is a page of its own.
        reverse("customers") + "?q=y",
    ]
    assert {(entry.by_id, entry.object_id, entry.is_reading) for entry in views} == {
        (pk_of(firm, "admin"), pk_of(firm, "rep"), True)
    }


@pytest.mark.parametrize("page", [p for p in MATRIX if p.kind == "action"], ids=lambda p: p.name)
def test_nothing_is_changed(firm: Firm, page: Any) -> None:
    from tests.access.test_matrix import arguments  # noqa: PLC0415 - it imports this table too

    if page.name in {"acting_stop", "account_logout", "choose_language", "choose_theme"}:
        return
    given, posted = arguments(page, firm)
    client = acting(firm, "manager")
    before = AuditEntry.objects.count()

    response = client.post(reverse(page.name, args=given), posted)

    # A page of the person's own account is not there at all; what is nobody's stays so.
    assert response.status_code in {403, 404}, page.name
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_whatever_writes_is_refused_with_a_sentence(firm: Firm, method: str) -> None:
    client = acting(firm)
    address = reverse("opportunity", args=[firm.records["opportunity"]["rep"].pk])

    response = getattr(client, method)(address)

    assert response.status_code == 403
    assert "you can look, but change nothing" in text(response)
    as_part = getattr(client, method)(address, headers={"HX-Request": "true"})
    assert as_part.status_code == 403
    assert "<html" not in text(as_part)
    assert Opportunity.objects.count() == 3


@pytest.mark.parametrize(
    "name",
    ["security", "api_tokens", "two_step_set_up", "account_email", "account_change_password",
     "account_reauthenticate", "mfa_view_recovery_codes"],
)  # fmt: skip
def test_pages_of_the_account_are_not_there(firm: Firm, name: str) -> None:
    assert acting(firm).get(reverse(name)).status_code == 404


def test_no_file_is_taken_away(firm: Firm) -> None:
    from tests.access.test_matrix import arguments  # noqa: PLC0415

    for page in MATRIX:
        if page.channel in {"export", "pdf"}:
            given, _posted = arguments(page, firm)
            response = acting(firm, "manager").get(reverse(page.name, args=given))
            assert response.status_code in {403, 404}, page.name
    manager = Member.objects.get(pk=pk_of(firm, "manager"))
    assert may_export(manager)
    manager.acted_by = firm.people["admin"]
    assert not may_export(manager)


def test_what_is_sealed_stays_sealed(firm: Firm) -> None:
    hr = Member.objects.get(pk=pk_of(firm, "hr"))
    assert reads(hr, RecordKind.CASE) is Reach.ALL

    hr.acted_by = firm.people["admin"]

    for kind in SEALED:
        assert reads(hr, kind) is Reach.NONE
        assert writes(hr, kind) is Reach.NONE
    assert reads(hr, RecordKind.PEOPLE) is Reach.ALL


@pytest.mark.parametrize("persona", ["rep", "manager", "director", "hr", "analyst"])
def test_nobody_but_an_administrator_can(firm: Firm, persona: str) -> None:
    response = firm.client(persona).post(reverse("acting_start", args=[pk_of(firm, "mate")]))

    assert response.status_code == 404
    assert entries("acting.start") == []


def test_not_as_an_administrator_nor_as_somebody_who_has_left(firm: Firm) -> None:
    other = make_member(AccessRole.ADMIN)
    gone = make_member()
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    client = firm.client("admin")

    as_admin = client.post(reverse("acting_start", args=[other.pk]))
    as_self = client.post(reverse("acting_start", args=[pk_of(firm, "admin")]))
    as_gone = client.post(reverse("acting_start", args=[gone.pk]))
    as_nobody = client.post(reverse("acting_start", args=[10**9]))

    statuses = [r.status_code for r in (as_admin, as_self, as_gone, as_nobody)]
    assert statuses == [403, 403, 422, 404]
    assert entries("acting.start") == []
    assert client.get(reverse("night_runs")).status_code == 200


def test_not_from_one_person_to_the_next(firm: Firm) -> None:
    client = acting(firm)

    response = client.post(reverse("acting_start", args=[pk_of(firm, "manager")]))

    assert response.status_code == 403
    assert len(entries("acting.start")) == 1


def test_it_ends_after_an_hour(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = acting(firm)
        clock.move_to(NOON + timedelta(minutes=59, seconds=59))
        assert "You are looking as" in text(client.get(reverse("customers")))
        clock.move_to(NOON + timedelta(minutes=60))
        page = text(client.get(reverse("customers")))

    assert "You are looking as" not in page
    assert "You are looking at the product as yourself again." in page
    assert [(e.details["reason"], e.details["minutes"]) for e in entries("acting.stop")] == [
        ("time", 60)
    ]


def test_a_change_that_comes_after_the_end_is_not_made_by_the_administrator(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = acting(firm)
        clock.move_to(NOON + timedelta(minutes=61))
        late = client.post(reverse("night_run_start"))
        again = client.post(reverse("acting_stop"))

    assert late.status_code == 403
    assert "so nothing was done" in text(late)
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("who", "change"),
    [
        ("rep", {"is_active": False}),
        ("rep", {"access_role": AccessRole.ADMIN}),
        ("admin", {"access_role": AccessRole.DIRECTOR}),
    ],
)
def test_it_ends_when_one_of_the_two_may_not_any_more(
    firm: Firm, who: str, change: dict[str, Any]
) -> None:
    client = acting(firm)
    Member.objects.filter(pk=pk_of(firm, who)).update(**change)

    page = text(client.get(reverse("customers")))

    assert "You are looking as" not in page
    assert [entry.details["reason"] for entry in entries("acting.stop")] == ["lost"]


def test_an_administrator_who_is_shut_out_sees_nothing_more(firm: Firm) -> None:
    client = acting(firm)
    Member.objects.filter(pk=pk_of(firm, "admin")).update(is_active=False)

    assert client.get(reverse("customers"))["Location"].startswith(reverse("account_login"))
    assert [entry.details["reason"] for entry in entries("acting.stop")] == ["lost"]


def test_signing_out_ends_it_and_signs_out_the_administrator(firm: Firm) -> None:
    client = acting(firm)
    sessions = Session.objects.count()

    client.post(reverse("account_logout"))

    assert [entry.details["reason"] for entry in entries("acting.stop")] == ["sign_out"]
    assert Session.objects.count() == sessions - 1
    assert client.get(reverse("customers")).status_code == 302


def test_the_pages_speak_the_others_language_and_the_banner_ones_own(firm: Firm) -> None:
    Member.objects.filter(pk=pk_of(firm, "rep")).update(language="zh-hans")
    client = acting(firm)

    response = client.get(reverse("customers"))

    assert response["Content-Language"] == "zh-hans"
    assert 'lang="zh-Hans"' in text(response)
    assert "You are looking as" in text(response)
    # Another language is for this session alone.
    assert client.post(reverse("choose_language"), {"language": "en"}).status_code == 302
    assert client.get(reverse("customers"))["Content-Language"] == "en"
    languages = dict(Member.objects.values_list("pk", "language"))
    assert languages[pk_of(firm, "rep")] == "zh-hans"
    assert languages[pk_of(firm, "admin")] == "en"
    assert client.post(reverse("choose_theme"), {"theme": "dark"}).status_code == 303


def test_what_a_stand_in_sees_is_seen_too(firm: Firm) -> None:
    from tests.access.test_stand_in import DURING, stand_in  # noqa: PLC0415

    manager, outsider = firm.people["manager"], firm.people["outsider"]
    assert manager is not None
    assert outsider is not None
    stand_in(manager, outsider)

    with time_machine.travel(DURING, tick=False):
        page = text(acting(firm, "outsider").get(reverse("customers")))

    assert name_of("customer", "mate") in page
    assert "You stand in for <b>Manager North</b>" in page


def test_the_session_stays_the_administrators(firm: Firm) -> None:
    signed_in = Member.objects.get(pk=pk_of(firm, "rep")).last_login
    client = acting(firm)
    client.get(reverse("customers"))

    assert client.session["_auth_user_id"] == str(pk_of(firm, "admin"))
    assert Member.objects.get(pk=pk_of(firm, "rep")).last_login == signed_in


def test_looking_keeps_no_customer_in_the_others_name(firm: Firm) -> None:
    customer = firm.records["customer"]["rep"]

    response = acting(firm).get(reverse("my_day"), {"customer": customer.pk})

    assert response.status_code == 200
    assert not Lease.objects.exists()
