"""Every role, every relation to a record, every channel: as the table in relations.py says."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from apps.core.models import Organisation
from apps.customers.models import Contact, Customer, CustomerOwnerChangeKind
from apps.customers.services import customers_assign
from apps.funnel.models import Opportunity, OwnerChangeKind
from apps.funnel.services import opportunities_assign
from apps.members.models import AccessRole, Member, StandIn, Team
from apps.members.services import membership_start
from apps.orders.models import Order
from apps.reports.services import recipients
from tests.access.conftest import Firm, found, name_of, records_of
from tests.access.matrix import MATRIX
from tests.access.relations import (
    ABSENT,
    CHANGES,
    EXPORTS,
    LEFT,
    MARKS,
    MASKED,
    PEOPLE,
    ROLES,
    SEES,
    SIGN_IN,
)
from tests.factories import LONG_AGO, make_member, make_team

KINDS: dict[str, tuple[str, type[models.Model]]] = {
    "customer": ("customers", Customer),
    "opportunity": ("opportunities", Opportunity),
    "order": ("orders", Order),
}
SELLERS = [role for role in ROLES if role not in ABSENT | SIGN_IN]
ALL_ROLES = pytest.mark.parametrize("role", ROLES)
ALL_KINDS = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def whole(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Firm]:
    """The firm with a record of every relation; nothing in this module changes it."""
    with django_db_blocker.unblock():
        made = transaction.atomic()
        made.__enter__()
        firm = found()
        _more_people(firm)
        _more_records(firm)
        firm.sign_in()
    yield firm
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        made.__exit__(None, None, None)


def _person(firm: Firm, persona: str) -> Member:
    person = firm.people[persona]
    assert person is not None
    return person


def _more_people(firm: Firm) -> None:
    today = Organisation.current().today()
    manager, mate = _person(firm, "manager"), _person(firm, "mate")
    membership_start(member=manager, team=firm.north, starts_on=LONG_AGO, by=None)
    Member.objects.filter(pk=manager.pk).update(name="Member-lead")
    Member.objects.filter(pk=_person(firm, "other_manager").pk).update(name="Member-other_lead")
    matrix_lead = make_member(AccessRole.MANAGER, name="Member-matrix_lead")
    matrix = make_team(lead=matrix_lead, name="Matrix")
    membership_start(member=mate, team=matrix, starts_on=LONG_AGO, by=None, is_primary=False)
    firm.people |= {
        "peer": make_member(team=firm.north, name="Member-peer"),
        "lead": manager,
        "matrix_manager": matrix_lead,
        "stand_in": make_member(team=firm.south, name="Member-stand_in"),
        "gone": make_member(team=firm.north, name="Member-gone"),
    }
    StandIn.objects.create(
        absent=manager,
        stand_in=_person(firm, "stand_in"),
        starts_on=today,
        ends_on=today + timedelta(days=2),
    )
    Member.objects.filter(pk=_person(firm, "gone").pk).update(is_active=False)


def _more_records(firm: Firm) -> None:
    """“given” and “taken” change hands after their orders were made."""
    rep, outsider = _person(firm, "rep"), _person(firm, "outsider")
    records_of(firm, "peer")
    records_of(firm, "lead")
    for mark, before, after in (("given", rep, outsider), ("taken", outsider, rep)):
        records_of(firm, mark, before)
        customers_assign(
            customers=[firm.records["customer"][mark].pk],
            to=after,
            reason="test",
            kind=CustomerOwnerChangeKind.ASSIGN,
            by=None,
        )
        opportunities_assign(
            opportunities=[firm.records["opportunity"][mark].pk],
            to=after,
            reason="test",
            kind=OwnerChangeKind.ASSIGN,
            by=None,
        )


def client_of(firm: Firm, role: str) -> Client:
    """Somebody who has left had signed in before."""
    if role == "acting":
        client = firm.client("admin")
        client.post(reverse("acting_start", args=[_person(firm, "rep").pk]))
        return client
    return firm.client(role)


def member_of(firm: Firm, role: str) -> Any:
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415 - here only

    known = firm.people["rep" if role == "acting" else role]
    return AnonymousUser() if known is None else Member.objects.get(pk=known.pk)


def marks_in(text: str, kind: str, tag: str = "") -> set[str]:
    """Marks of the records whose names stand in the text, as a row's link where a tag is given."""
    return {mark for mark in MARKS if f"{name_of(kind, mark)}{tag}" in text}


def people_in(text: str) -> set[str]:
    return set(re.findall(r"Member-(\w+)", text))


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


def expected_status(role: str) -> int:
    return 404 if role in ABSENT else 302 if role in SIGN_IN else 200


@ALL_KINDS
@ALL_ROLES
def test_the_page_of_a_record(whole: Firm, db: None, kind: str, role: str) -> None:
    client = client_of(whole, role)
    answers = {
        mark: client.get(reverse(kind, args=[record.pk])).status_code
        for mark, record in whole.records[kind].items()
    }
    answers["none"] = client.get(reverse(kind, args=[10**12])).status_code

    if role in SIGN_IN:
        assert set(answers.values()) == {302}
    else:
        assert {mark for mark, status in answers.items() if status == 200} == SEES[kind][role]
        assert {status for mark, status in answers.items() if mark not in SEES[kind][role]} <= {404}


@ALL_KINDS
@ALL_ROLES
def test_list_count_and_choices(whole: Firm, db: None, kind: str, role: str) -> None:
    response = client_of(whole, role).get(reverse(KINDS[kind][0]))

    assert response.status_code == expected_status(role)
    if response.status_code != 200:
        return
    html, seen = body(response), SEES[kind][role]
    assert marks_in(html, kind) == seen
    counts = re.findall(r'data-figure="count">(\d+)<', html)
    assert counts == ([str(len(seen))] if seen else [])
    if role in PEOPLE:
        choices = PEOPLE[role] | LEFT.get(role, set())
        # Whom the picker offers has tests of its own. Who sees nobody but themselves has nothing to
        # choose, besides the pool.
        has_picker = re.search(r'name="(?:owner|member)_q"', html) is not None
        assert has_picker is (len(choices) > 1 or kind == "customer")
        # Besides, a page names the reader and the owners of the rows, who are among these.
        assert people_in(html) <= choices | {"rep"}


@ALL_KINDS
@ALL_ROLES
def test_search(whole: Firm, db: None, kind: str, role: str) -> None:
    client, address = client_of(whole, role), reverse(KINDS[kind][0])
    text = f"{kind.title()}-"

    response = client.get(address, {"q": text})

    assert response.status_code == expected_status(role)
    if response.status_code == 200:
        html = body(response)
        assert marks_in(html, kind, "</a>") == SEES[kind][role]
        # One that is hidden is found no more than one that never was.
        for mark in [*sorted(set(whole.records[kind]) - SEES[kind][role])[:1], "none"]:
            nothing = body(client.get(address, {"q": name_of(kind, mark)}))
            assert marks_in(nothing, kind, "</a>") == set(), mark
            assert 'data-figure="count"' not in nothing, mark


@ALL_ROLES
def test_suggestions_of_people(whole: Firm, db: None, role: str) -> None:
    response = client_of(whole, role).get(
        reverse("member_choices"), {"field": "to", "to_q": "Member-"}
    )

    if role in SIGN_IN:
        assert response.status_code == 302
        return
    assert response.status_code == 200
    everybody = {"rep", "peer", "mate", "lead", "outsider", "stand_in", "other_lead", "matrix_lead"}
    assert people_in(body(response)) == PEOPLE.get(role, everybody)


@ALL_KINDS
@ALL_ROLES
def test_what_may_be_changed(whole: Firm, db: None, kind: str, role: str) -> None:
    member, model = member_of(whole, role), KINDS[kind][1]
    rows = model._default_manager.editable_by(member)  # type: ignore[attr-defined]
    changed = {m for m, record in whole.records[kind].items() if record.pk in _keys(rows)}

    assert changed == CHANGES[kind][role]
    assert changed <= SEES[kind][role]


def _keys(rows: Any) -> set[int]:
    return set(rows.values_list("pk", flat=True))


@ALL_ROLES
def test_contacts(whole: Firm, db: None, role: str) -> None:
    client, seen = client_of(whole, role), SEES["customer"][role] - {"pool"}

    for mark in seen:
        html = body(client.get(reverse("customer", args=[whole.records["customer"][mark].pk])))
        assert f"Contact-{mark}" in html
        assert (f"contact-{mark}@example.com" in html) is (role not in MASKED), mark
        assert ("+49 30 55500" in html) is (role not in MASKED), mark
    member = member_of(whole, role)
    reachable = Contact.objects.reachable_by(member).values_list("name", flat=True)
    # Who reads a mask finds nothing by what is masked.
    wanted = set() if role in MASKED else {f"Contact-{mark}" for mark in seen}
    assert set(reachable) == wanted


@pytest.mark.parametrize("role", SELLERS)
def test_no_list_finds_a_contact_by_phone_or_address(whole: Firm, db: None, role: str) -> None:
    client = client_of(whole, role)

    for kind, (list_name, _model) in KINDS.items():
        for text in ("+49 30 5550", "contact-", "@example.com"):
            html = body(client.get(reverse(list_name), {"q": text}))
            if role in MASKED:
                assert marks_in(html, kind, "</a>") == set(), (kind, text)


@ALL_ROLES
def test_exports(whole: Firm, db: None, role: str) -> None:
    """Files hold what the list shows, for those who may take files away."""
    client = client_of(whole, role)
    names = [page.name for page in MATRIX if page.channel_word == "export"]

    for kind, (list_name, _model) in KINDS.items():
        name = f"{list_name}_export"
        if name not in names:
            continue
        response = client.get(reverse(name))
        if role in SIGN_IN:
            assert response.status_code == 302
        elif role not in EXPORTS:
            assert response.status_code in {403, 404}, (kind, role)
        else:
            assert response.status_code == 200
            assert marks_in(body(response), kind) == SEES[kind][role]


@ALL_ROLES
def test_reports_and_their_files(whole: Firm, db: None, role: str) -> None:
    client = client_of(whole, role)
    teams = {"north": whole.north, "south": whole.south}
    opened = {
        key
        for key, team in teams.items()
        if client.get(reverse("weekly_report", args=[team.slug, "2026-W09"])).status_code == 200
    }

    wanted = {"manager": {"north"}, "stand_in": {"north"}, "other_manager": {"south"}}
    everything = {"director", "analyst", "admin"}
    assert opened == wanted.get(role, set(teams) if role in everything else set())


def test_mails_of_reports_go_to_those_who_open_them(whole: Firm, db: None) -> None:
    names = {team.name: {reader.name for reader in recipients(team)} for team in Team.objects.all()}
    for team in Team.objects.all():
        for reader in recipients(team):
            assert Team.objects.visible_to(reader).filter(pk=team.pk).exists()

    director = _person(whole, "director").name
    assert names == {
        "Company": {director},
        "North": {"Member-lead"},
        "Group of North": set(),
        "South": {"Member-other_lead"},
        # The lead of the root of another tree, and the directors.
        "Matrix": {"Member-matrix_lead", director},
    }


def test_there_is_no_feed_that_the_table_does_not_name() -> None:
    for page in MATRIX:
        looks_like_one = re.search(r"feed|ical|ics|rss|atom", page.name)
        assert bool(looks_like_one) is (page.channel_word == "feed"), page.name
