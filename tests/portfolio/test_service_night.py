"""Breaches found overnight: the statements say what the rules say, however often they run."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.activities.models import Activity, Direction, Outcome
from apps.core.models import CalendarDay, Organisation
from apps.customers.models import (
    Channel,
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
)
from apps.customers.services import customers_assign
from apps.members.models import Member, Team
from apps.portfolio.models import (
    FirstResponse,
    PolicyBreach,
    ServiceHours,
    ServicePolicy,
    TierChange,
    TierChangeKind,
)
from apps.portfolio.service.policies import business_hours, promises
from apps.portfolio.service.rules import day_clock, response_clock
from apps.portfolio.service.services import service_breaches_update
from tests.factories import make_customer, make_member, make_order, make_team
from tests.query_counts import counted

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-20T10:00:00+01:00")  # a Friday
TODAY = date(2026, 11, 20)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def rep(team: Team) -> Member:
    return make_member(team=team)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def held(owner: Member, tier: str = "A", *, since: float = 200, **fields: Any) -> Customer:
    """A customer that its owner has for so many days; not a new lead."""
    return make_customer(owner=owner, tier=tier, held_since=ago(since), **fields)


def lead(
    owner: Member,
    at: datetime,
    *,
    kind: CustomerOwnerChangeKind = CustomerOwnerChangeKind.CREATE,
    **fields: Any,
) -> Customer:
    customer = make_customer(created_at=at - timedelta(minutes=1), **fields)
    give(customer, owner, at, kind)
    return customer


def give(
    customer: Customer,
    owner: Member | None,
    at: datetime,
    kind: CustomerOwnerChangeKind = CustomerOwnerChangeKind.ASSIGN,
) -> None:
    customers_assign(customers=[customer.pk], to=owner, reason="", kind=kind, by=None, at=at)
    customer.refresh_from_db()


def talk(customer: Customer, at: datetime, **fields: Any) -> Activity:
    member = fields.pop("member", None) or customer.owner
    assert member is not None
    return Activity.objects.create(
        **{
            "customer": customer,
            "member": member,
            "channel": Channel.CALL,
            "outcome": Outcome.REACHED,
            "at": at,
            **fields,
        }
    )


def night(at: datetime = NOW) -> int:
    return service_breaches_update(as_of=at)


def breaches(**wanted: Any) -> list[tuple[Any, ...]]:
    rows = PolicyBreach.objects.filter(**wanted).order_by("kind", "since_on", "pk")
    return list(rows.values_list("kind", "tier", "allowed", "since_on", "ended_on"))


# ── The statements say what the rules say ────────────────────────────────────────────────────────


def test_day_clocks_in_sql_are_those_of_the_rule(rep: Member) -> None:
    chance, mate = random.Random(14), make_member()
    for _number in range(60):
        customer = held(
            chance.choice([rep, mate]),
            chance.choice(["A", "B", "C", ""]),
            since=chance.randrange(1, 150),
        )
        for _talk in range(chance.randrange(3)):
            talk(
                customer,
                ago(chance.uniform(0, 150)),
                channel=chance.choice(list(Channel)),
                outcome=chance.choice([Outcome.REACHED, Outcome.NO_ANSWER]),
                direction=Direction.IN,
            )

    night()

    expected = set()
    for customer in Customer.objects.exclude(tier=""):
        promise, zone = promises()[customer.tier], Organisation.current().zone
        spoken = Activity.objects.filter(customer=customer, is_contact=True)
        visits = spoken.filter(channel__in=["visit", "meeting"])
        for kind, done, allowed in (
            ("contact", spoken, promise.contact_days),
            ("visit", visits, promise.visit_days),
        ):
            days = [one.at.astimezone(zone).date() for one in done]
            assert customer.held_since is not None
            clock = day_clock(
                done_on=max(days, default=None),
                held_on=customer.held_since.astimezone(zone).date(),
                allowed=allowed,
                as_of=TODAY,
            )
            if clock is not None and clock.overdue:
                expected.add((customer.pk, customer.owner_id, kind, clock.since_on, allowed))
    rows = PolicyBreach.objects.filter(ended_on=None).exclude(kind="channel")
    found = rows.values_list("customer_id", "owner_id", "kind", "since_on", "allowed")
    assert set(found) == expected
    assert {kind for _customer, _owner, kind, *_rest in expected} == {"contact", "visit"}


def test_business_clocks_in_sql_are_those_of_the_rule(rep: Member) -> None:
    chance, mate = random.Random(9), make_member()
    CalendarDay.objects.create(day=date(2026, 11, 12), name="Works outing", is_working=False)
    ServiceHours.current()
    ServiceHours.objects.update(opens_at=time(8, 30), closes_at=time(17))
    for _number in range(60):
        start = ago(chance.uniform(0.01, 40))
        customer = lead(rep, start, tier=chance.choice(["", "A", "B"]))
        if chance.random() < 0.3:
            give(customer, mate, start + timedelta(hours=chance.uniform(1, 60)))
        if chance.random() < 0.6:
            talk(customer, start + timedelta(hours=chance.uniform(0, 90)), outcome=Outcome.BUSY)
    Activity.objects.filter(at__gt=NOW).delete()

    night()

    hours, states = business_hours(), set()
    for row in FirstResponse.objects.select_related("customer"):
        later = CustomerOwnerChange.objects.filter(customer=row.customer, at__gt=row.started_at)
        talks = Activity.objects.filter(customer=row.customer, at__gte=row.started_at)
        clock = response_clock(
            starts_at=row.started_at,
            allowed_hours=4 if row.customer.tier == "A" else 24,
            answered_at=min((one.at for one in talks), default=None),
            passed_on_at=min((one.at for one in later), default=None),
            now=NOW,
            hours=hours,
        )
        assert (row.due_at, row.state) == (clock.due_at, clock.state), row.customer
        assert abs(row.used_hours - clock.hours) < 0.01
        states.add(row.state)
    assert states == set(FirstResponse.State.values)
    assert FirstResponse.objects.count() >= 60


# ── Contact ──────────────────────────────────────────────────────────────────────────────────────


def test_a_breach_opens_on_the_first_day_that_is_too_late(rep: Member) -> None:
    customer = held(rep)
    talk(customer, ago(14))

    night()
    assert breaches(kind="contact") == []

    night(NOW + timedelta(days=1))
    assert breaches(kind="contact") == [("contact", "A", 14, date(2026, 11, 21), None)]


def test_a_second_run_writes_nothing(rep: Member) -> None:
    held(rep)
    lead(rep, ago(3))

    assert night() > 0
    before = list(PolicyBreach.objects.order_by("pk").values())
    assert night() == 0

    assert list(PolicyBreach.objects.order_by("pk").values()) == before


def test_a_contact_ends_it_on_its_own_day(rep: Member) -> None:
    customer = held(rep, "B", since=60)
    night(ago(5))
    talk(customer, ago(2))

    night()

    assert breaches() == [("contact", "B", 30, TODAY - timedelta(days=29), TODAY - timedelta(2))]


def test_an_attempt_that_reached_nobody_ends_nothing(rep: Member) -> None:
    customer = held(rep, "B", since=60)
    talk(customer, ago(1), outcome=Outcome.NO_ANSWER)

    night()

    assert breaches() == [("contact", "B", 30, TODAY - timedelta(days=29), None)]


def test_a_new_owner_gets_the_whole_gap_and_the_old_ones_breach_stays_theirs(rep: Member) -> None:
    customer, mate = held(rep, "B", since=60), make_member()
    night(ago(10))
    give(customer, mate, ago(9), CustomerOwnerChangeKind.TRANSFER)

    night()
    assert breaches() == [("contact", "B", 30, TODAY - timedelta(days=29), TODAY - timedelta(9))]
    assert PolicyBreach.objects.get().owner == rep

    night(NOW + timedelta(days=22))
    assert breaches(owner=mate) == [("contact", "B", 30, TODAY + timedelta(days=22), None)]


def test_customers_of_the_pool_deleted_and_unrated_ones_are_not_overdue(rep: Member) -> None:
    held(rep, "")
    held(rep, deleted_at=NOW)
    pooled = held(rep)
    give(pooled, None, ago(1), CustomerOwnerChangeKind.RELEASE)

    night()

    assert breaches() == []


def test_a_breach_of_a_deleted_customer_ends(rep: Member) -> None:
    customer = held(rep, "B", since=60)
    night(ago(1))
    Customer.objects.filter(pk=customer.pk).update(deleted_at=NOW)

    night()

    assert breaches() == [("contact", "B", 30, TODAY - timedelta(days=29), TODAY)]


def test_while_it_is_open_it_says_what_todays_policy_says(rep: Member) -> None:
    held(rep, "B", since=60)
    night()
    ServicePolicy.objects.filter(tier="B").update(contact_days=20)

    night()
    assert breaches() == [("contact", "B", 20, TODAY - timedelta(days=39), None)]

    ServicePolicy.objects.filter(tier="B").update(contact_days=None)
    night()
    assert breaches() == [("contact", "B", 20, TODAY - timedelta(days=39), TODAY)]


def test_a_second_lapse_is_a_second_breach(rep: Member) -> None:
    customer = held(rep, "B", since=100)
    night(ago(60))
    talk(customer, ago(55))

    night()

    assert [row[-1] for row in breaches()] == [TODAY - timedelta(days=55), None]


def test_only_a_visit_ends_an_overdue_visit(rep: Member) -> None:
    customer = held(rep, "A")
    talk(customer, ago(1))
    night()
    assert [row[0] for row in breaches(ended_on=None)] == ["visit"]

    talk(customer, NOW, channel=Channel.MEETING)
    night()

    assert breaches(ended_on=None) == []


# ── First response ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [CustomerOwnerChangeKind.IMPORT, CustomerOwnerChangeKind.TRANSFER])
def test_imported_and_handed_over_customers_are_no_leads(
    rep: Member, kind: CustomerOwnerChangeKind
) -> None:
    lead(rep, ago(5), kind=kind)

    night()

    assert not FirstResponse.objects.exists()


def test_who_was_talked_to_or_has_ordered_before_is_no_lead(rep: Member) -> None:
    known, buyer = make_customer(), make_customer()
    talk(known, ago(9), member=rep)
    make_order(member=rep, value=10, on=TODAY - timedelta(days=8), customer=buyer)
    for customer in (known, buyer):
        give(customer, rep, ago(3), CustomerOwnerChangeKind.CLAIM)

    night()

    assert not FirstResponse.objects.exists()


def test_an_unrated_lead_gets_what_tier_c_gets(rep: Member) -> None:
    lead(rep, ago(7))

    night()

    row = FirstResponse.objects.get()
    assert (row.tier, row.allowed_hours, row.state) == ("", 24, "late")
    assert row.due_at == datetime.fromisoformat("2026-11-17T16:00:00+01:00")
    assert breaches() == [("response", "", 24, date(2026, 11, 17), None)]


def test_an_attempt_is_an_answer_and_a_missed_call_of_theirs_is_none(rep: Member) -> None:
    tried, called = lead(rep, ago(7)), lead(rep, ago(7))
    talk(tried, ago(6), outcome=Outcome.NO_ANSWER)
    talk(called, ago(6), outcome=Outcome.NO_ANSWER, direction=Direction.IN)

    night()

    states = dict(FirstResponse.objects.values_list("customer_id", "state"))
    assert states == {tried.pk: "in_time", called.pk: "late"}


def test_an_answer_that_came_late_between_two_nights_is_one_breach_that_has_ended(
    rep: Member,
) -> None:
    talk(lead(rep, ago(7)), ago(1))

    night()
    night()

    assert breaches() == [("response", "", 24, date(2026, 11, 17), TODAY - timedelta(days=1))]


def test_an_answer_entered_later_takes_the_breach_back(rep: Member) -> None:
    customer = lead(rep, ago(7))
    night()
    assert len(breaches()) == 1

    talk(customer, ago(6.9))
    night()

    assert breaches() == []
    assert FirstResponse.objects.get().state == "in_time"


def test_a_lead_passed_on_in_time_is_the_next_owners(rep: Member) -> None:
    mate = make_member()
    customer = lead(rep, ago(7))
    give(customer, mate, ago(6))

    night()

    states = dict(FirstResponse.objects.values_list("owner_id", "state"))
    assert states == {rep.pk: "passed_on", mate.pk: "late"}
    assert PolicyBreach.objects.get().owner == mate


def test_a_lead_keeps_the_promise_of_the_moment_it_came(rep: Member) -> None:
    customer = lead(rep, ago(1))
    TierChange.objects.create(
        customer=customer, to_tier="A", on=TODAY, at=NOW, kind=TierChangeKind.PROVISIONAL
    )
    Customer.objects.filter(pk=customer.pk).update(tier="A", is_tier_provisional=True)
    night()
    ServicePolicy.objects.update(response_hours=1)

    night(NOW + timedelta(hours=1))

    row = FirstResponse.objects.get()
    assert (row.tier, row.allowed_hours, row.state) == ("", 24, "running")


def test_a_policy_without_a_first_response_starts_no_clock(rep: Member) -> None:
    ServicePolicy.objects.update(response_hours=None)
    lead(rep, ago(7))

    night()

    assert not FirstResponse.objects.exists()


# ── Channels ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def since_long() -> None:
    ServicePolicy.objects.update(channels_since=ago(100))


def test_a_channel_that_is_not_allowed_is_one_breach_a_day_of_who_used_it(
    rep: Member, since_long: None
) -> None:
    customer, mate = held(rep, "C", since=5), make_member()
    for hours in (24, 25):
        talk(customer, NOW - timedelta(hours=hours), channel=Channel.VISIT, member=mate)
    talk(customer, ago(2), channel=Channel.VISIT, direction=Direction.IN)
    talk(customer, ago(2), channel=Channel.EMAIL)

    night()
    night()

    yesterday = TODAY - timedelta(days=1)
    assert breaches() == [("channel", "C", None, yesterday, yesterday)]
    assert PolicyBreach.objects.get().owner == mate


def test_what_was_done_before_the_channels_were_set_is_no_breach(rep: Member) -> None:
    ServicePolicy.objects.update(channels_since=ago(1))
    talk(held(rep, "C", since=5), ago(2), channel=Channel.VISIT)

    night()

    assert breaches() == []


def test_the_tier_of_the_day_decides_about_the_channel(rep: Member, since_long: None) -> None:
    customer = held(rep, "C", since=5)
    TierChange.objects.create(
        customer=customer, from_tier="A", to_tier="C", on=TODAY, at=ago(1), kind="computed"
    )
    talk(customer, ago(2), channel=Channel.VISIT)

    night()

    assert breaches() == []


def test_a_corrected_activity_takes_the_breach_back(rep: Member, since_long: None) -> None:
    visit = talk(held(rep, "C", since=5), ago(1), channel=Channel.VISIT)
    night()
    assert len(breaches()) == 1
    visit.delete()

    night()

    assert breaches() == []


# ── Standing, and cost ───────────────────────────────────────────────────────────────────────────


def test_a_breach_no_longer_stands_once_the_customer_was_reached(rep: Member) -> None:
    organisation = Organisation.current()
    now = timezone.now()
    customer = held(rep, "A")
    Customer.objects.filter(pk=customer.pk).update(held_since=now - timedelta(days=200))
    waiting = lead(rep, now - timedelta(days=9))
    service_breaches_update(as_of=now)
    kinds = PolicyBreach.objects.standing(organisation).values_list("kind", flat=True)
    assert sorted(kinds.all()) == ["contact", "response", "visit"]

    talk(customer, now)
    assert sorted(kinds.all()) == ["response", "visit"]
    talk(customer, now, channel=Channel.VISIT)
    assert sorted(kinds.all()) == ["response"]
    talk(waiting, now, outcome=Outcome.NO_ANSWER)
    assert sorted(kinds.all()) == []


def test_a_breach_no_longer_stands_once_somebody_else_has_the_customer(rep: Member) -> None:
    organisation = Organisation.current()
    now = timezone.now()
    customer = held(rep, "B")
    service_breaches_update(as_of=now)
    assert PolicyBreach.objects.standing(organisation).count() == 1

    give(customer, make_member(), now)

    assert PolicyBreach.objects.standing(organisation).count() == 0


def test_as_many_statements_for_many_customers(rep: Member) -> None:
    held(rep)
    night()  # the first makes the firm and its hours
    few = counted(night)
    for _number in range(20):
        held(rep)

    assert counted(night) == few


def test_a_run_that_is_killed_leaves_nothing(rep: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    held(rep)
    monkeypatch.setattr("apps.portfolio.service.statements.CHANNELS_WRITE", "SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero"), connection.cursor():
        night()

    assert not PolicyBreach.objects.exists()
    monkeypatch.undo()
    assert night() > 0


# ── Another tier ─────────────────────────────────────────────────────────────────────────────────


def risen(customer: Customer, before: str, after: str, days: float) -> None:
    TierChange.objects.create(
        customer=customer,
        from_tier=before,
        to_tier=after,
        on=TODAY - timedelta(days=days),
        at=ago(days),
        kind=TierChangeKind.COMPUTED,
    )


def test_a_better_tier_promises_more_from_its_own_day_on(rep: Member) -> None:
    customer = held(rep, "A", since=200)
    risen(customer, "C", "A", 20)

    night()

    assert breaches() == [("contact", "A", 14, TODAY - timedelta(days=5), None)]


def test_a_lower_tier_starts_no_clock_anew(rep: Member) -> None:
    customer = held(rep, "B", since=200)
    risen(customer, "A", "B", 5)

    night()

    assert breaches() == [("contact", "B", 30, TODAY - timedelta(days=169), None)]
