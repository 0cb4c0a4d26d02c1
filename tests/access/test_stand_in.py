"""A stand-in sees and changes what the absent lead leads, on the days named and no others."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.core.models import Organisation
from apps.customers.models import Contact, Customer
from apps.funnel.models import Opportunity
from apps.members.models import AccessRole, Member, StandIn, Team
from apps.members.querysets import access_role, own_role, reads, writes
from apps.members.roles import SEALED, Reach, RecordKind
from apps.orders.models import Order
from tests.access.conftest import Firm, name_of
from tests.factories import make_customer, make_member
from tests.query_counts import queries_of

FIRST, END = date(2026, 3, 9), date(2026, 3, 14)
DURING = datetime(2026, 3, 11, 12, tzinfo=UTC)


def stand_in(absent: Member, by: Member, start: date = FIRST, end: date = END) -> StandIn:
    return StandIn.objects.create(absent=absent, stand_in=by, starts_on=start, ends_on=end)


def person(firm: Firm, persona: str) -> Member:
    """As loaded by a task: without anything that a request loads along."""
    known = firm.people[persona]
    assert known is not None
    loaded: Member = Member.objects.get(pk=known.pk)
    return loaded


def owners_seen(member: Member) -> set[str]:
    names = Customer.objects.visible_to(member).values_list("name", flat=True)
    return {name.split("-")[1] for name in names}


@pytest.fixture
def covered(firm: Firm) -> Firm:
    """The outsider stands in for the manager of the other team."""
    stand_in(person(firm, "manager"), person(firm, "outsider"))
    return firm


@time_machine.travel(DURING, tick=False)
def test_a_rep_who_stands_in_leads_the_teams_of_the_absent(covered: Firm) -> None:
    outsider = person(covered, "outsider")

    assert access_role(outsider) is AccessRole.MANAGER
    assert own_role(outsider) is AccessRole.REP
    assert owners_seen(outsider) == {"outsider", "rep", "mate", "pool"}
    assert {t.name for t in Team.objects.visible_to(outsider)} == {"North", "Group of North"}
    for kind, model in (("opportunity", Opportunity), ("order", Order), ("customer", Customer)):
        record = covered.records[kind]["mate"]
        assert model.objects.visible_to(outsider).filter(pk=record.pk).exists()
        assert model.objects.editable_by(outsider).filter(pk=record.pk).exists()
    contact = Contact.objects.get(customer=covered.records["customer"]["rep"])
    assert Contact.objects.editable_by(outsider).filter(pk=contact.pk).exists()


@pytest.mark.parametrize(
    ("instant", "zone", "is_in_force"),
    [
        # The organisation's day decides, at both ends, east and west of Greenwich.
        (datetime(2026, 3, 8, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", False),
        (datetime(2026, 3, 8, 23, 0, 0, tzinfo=UTC), "Europe/Berlin", True),
        (datetime(2026, 3, 13, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", True),
        (datetime(2026, 3, 13, 23, 0, 0, tzinfo=UTC), "Europe/Berlin", False),
        (datetime(2026, 3, 8, 10, 0, 0, tzinfo=UTC), "Pacific/Kiritimati", True),
        (datetime(2026, 3, 8, 9, 59, 59, tzinfo=UTC), "Pacific/Kiritimati", False),
        (datetime(2026, 3, 13, 10, 0, 0, tzinfo=UTC), "Pacific/Kiritimati", False),
        (datetime(2026, 3, 9, 10, 59, 59, tzinfo=UTC), "Pacific/Pago_Pago", False),
        (datetime(2026, 3, 9, 11, 0, 0, tzinfo=UTC), "Pacific/Pago_Pago", True),
        (datetime(2026, 3, 14, 10, 59, 59, tzinfo=UTC), "Pacific/Pago_Pago", True),
        (datetime(2026, 3, 14, 11, 0, 0, tzinfo=UTC), "Pacific/Pago_Pago", False),
    ],
)
def test_it_holds_on_the_days_of_the_organisation(
    covered: Firm, instant: datetime, zone: str, is_in_force: bool
) -> None:
    firm = Organisation.current()
    firm.time_zone = zone
    firm.save()
    address = reverse("customer", args=[covered.records["customer"]["rep"].pk])

    with time_machine.travel(instant, tick=False):
        # In a request, and as a task asks.
        assert covered.client("outsider").get(address).status_code == (200 if is_in_force else 404)
        assert ("rep" in owners_seen(person(covered, "outsider"))) is is_in_force


@time_machine.travel(DURING, tick=False)
@pytest.mark.parametrize("why", ["cancelled", "left", "demoted"])
def test_it_ends_with_its_reason(covered: Firm, why: str) -> None:
    manager = person(covered, "manager")
    if why == "cancelled":
        StandIn.objects.update(cancelled_at=DURING)
    elif why == "left":
        Member.objects.filter(pk=manager.pk).update(is_active=False)
    else:
        Member.objects.filter(pk=manager.pk).update(access_role=AccessRole.REP)

    assert access_role(person(covered, "outsider")) is AccessRole.REP
    assert owners_seen(person(covered, "outsider")) == {"outsider", "pool"}


@time_machine.travel(DURING, tick=False)
def test_nothing_is_passed_on(covered: Firm) -> None:
    newcomer = make_member(name="Newcomer")
    stand_in(person(covered, "outsider"), newcomer)
    stand_in(person(covered, "other_manager"), person(covered, "manager"))
    newcomer = Member.objects.get(pk=newcomer.pk)

    # A rep leads nothing, so nobody gains by standing in for one who stands in.
    assert access_role(newcomer) is AccessRole.REP
    assert owners_seen(newcomer) == {"pool"}
    # The outsider has the manager's own teams, not those that the manager covers for others.
    assert {t.name for t in Team.objects.visible_to(person(covered, "outsider"))} == {
        "North",
        "Group of North",
    }
    assert "South" in {t.name for t in Team.objects.visible_to(person(covered, "manager"))}


@time_machine.travel(DURING, tick=False)
def test_for_a_director_it_is_the_teams_led_and_not_everything(firm: Firm) -> None:
    director = person(firm, "director")
    stand_in(director, person(firm, "rep"))
    make_customer(owner=director, name="Customer-director-0")

    assert owners_seen(person(firm, "rep")) == {"rep", "pool"}

    firm.south.lead = director
    firm.south.save()
    assert owners_seen(person(firm, "rep")) == {"rep", "outsider", "pool"}


@time_machine.travel(DURING, tick=False)
@pytest.mark.parametrize("persona", ["hr", "analyst"])
def test_who_has_no_customers_of_their_own_leads_nobody_meanwhile(firm: Firm, persona: str) -> None:
    manager = person(firm, "manager")
    before = owners_seen(person(firm, persona))
    stand_in(manager, person(firm, persona))

    assert access_role(person(firm, persona)) is own_role(person(firm, persona))
    assert owners_seen(person(firm, persona)) == before
    assert not Customer.objects.editable_by(person(firm, persona)).exists()


@time_machine.travel(DURING, tick=False)
def test_what_is_sealed_is_never_delegated(covered: Firm) -> None:
    outsider, rep = person(covered, "outsider"), person(covered, "rep")

    for kind in SEALED:
        assert reads(outsider, kind) == reads(rep, kind)
        assert writes(outsider, kind) == writes(rep, kind)
    assert reads(outsider, RecordKind.FEEDBACK) is Reach.SUBTREE


@time_machine.travel(DURING, tick=False)
def test_the_leads_own_record_stays_closed(firm: Firm) -> None:
    manager, rep = person(firm, "manager"), person(firm, "rep")
    manager.memberships.create(team=firm.north, starts_on=date(2015, 1, 1))
    stand_in(manager, rep)
    rep = person(firm, "rep")

    for scope in (Member.objects.record_visible_to(rep), Member.objects.editable_by(rep)):
        assert {one.name for one in scope} == {"Member-mate"}


@time_machine.travel(DURING, tick=False)
def test_a_manager_who_stands_in_has_both_lines(firm: Firm) -> None:
    stand_in(person(firm, "other_manager"), person(firm, "manager"))

    assert owners_seen(person(firm, "manager")) == {"rep", "mate", "outsider", "pool"}


@time_machine.travel(DURING, tick=False)
def test_the_pages_say_so_and_open(covered: Firm) -> None:
    client = covered.client("outsider")

    page = client.get(reverse("customers")).content.decode()

    assert "You stand in for <b>Manager North</b> until" in page
    assert "13 March 2026" in page
    assert name_of("customer", "mate") in page
    assert reverse("reports") in page
    assert client.get(reverse("dashboard_team", args=[covered.north.slug])).status_code == 200
    assert "You stand in" not in covered.client("rep").get(reverse("customers")).content.decode()


def test_a_request_asks_nothing_more_for_it(firm: Firm) -> None:
    address = reverse("customers")

    with time_machine.travel(DURING, tick=False):
        as_manager = len(queries_of(firm.client("manager"), address))
        stand_in(person(firm, "manager"), person(firm, "rep"))
        standing_in = len(queries_of(firm.client("rep"), address))

    # A manager's page asks for the people led; a stand-in's asks the same and nothing else.
    assert standing_in == as_manager


def test_an_old_stand_in_is_not_even_loaded(firm: Firm) -> None:
    manager, rep = person(firm, "manager"), person(firm, "rep")
    stand_in(manager, rep)

    with time_machine.travel(DURING + timedelta(days=90), tick=False):
        client = Client()
        client.force_login(rep)
        response = client.get(reverse("customers"))

    assert getattr(response.wsgi_request.user, "near_absences", None) == []
