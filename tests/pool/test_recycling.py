"""The night: ends of holds, warnings, and what goes to the pool, never as a surprise."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.activities.models import Activity, FollowUp
from apps.core.models import AuditEntry
from apps.customers.models import Customer, CustomerOwnerChange, HoldingLimits
from apps.members.models import AccessRole, Member, Notification
from apps.overnight import services as overnight
from apps.overnight.models import RunKind
from apps.overnight.steps import BY_NAME, STEPS
from apps.pool import recycling
from apps.pool.dry_run import dry_run
from apps.pool.models import HoldWarning, PoolRule, PoolSettings
from apps.pool.recycling import pool_recycle
from apps.pool.services import pool_settings_save
from apps.pool.states import rules_now
from tests.factories import (
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
    noon,
)

pytestmark = pytest.mark.django_db

D = date(2026, 3, 2)


def day(number: int) -> date:
    return D + timedelta(days=number)


def night(number: int) -> int:
    """The run in the small hours of a day: it closes the day before."""
    on = day(number)
    with time_machine.travel(datetime(on.year, on.month, on.day, 2, tzinfo=UTC), tick=False):
        return pool_recycle(as_of=on - timedelta(days=1))


def nights(first: int, last: int) -> None:
    for number in range(first, last + 1):
        night(number)


@pytest.fixture
def mei() -> Member:
    return make_member(team=make_team(), name="Mei Lin")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(noon(D), tick=False):
        PoolSettings.current()
        yield


def held(owner: Member, since: int = 0, **fields: Any) -> Customer:
    return make_customer(owner=owner, held_since=noon(day(since)), **fields)


def call(customer: Customer, on: int) -> None:
    assert customer.owner is not None
    Activity.objects.create(
        customer=customer, member=customer.owner, channel="call", outcome="no_answer",
        at=noon(day(on)),
    )  # fmt: skip


def owner_of(customer: Customer) -> Member | None:
    customer.refresh_from_db()
    return customer.owner


def told(member: Member) -> list[str]:
    return list(
        Notification.objects.filter(member=member).order_by("pk").values_list("kind", flat=True)
    )


# Nobody loses anything


def test_switched_off_nobody_is_warned_or_loses_anything(mei: Member) -> None:
    customer = held(mei)
    night(1)
    PoolSettings.objects.update(is_on=False)

    nights(20, 60)

    assert owner_of(customer) == mei
    assert customer.hold_ends_on is None
    assert not HoldWarning.objects.exists()
    assert not CustomerOwnerChange.objects.exists()


def test_rules_without_days_recycle_nobody(mei: Member) -> None:
    PoolRule.objects.update(no_activity_days=None, no_progress_days=None, no_order_days=None)
    customer = held(mei)

    night(1000)

    assert owner_of(customer) == mei


def test_who_ordered_within_the_months_and_who_stands_high_is_kept(mei: Member) -> None:
    ordered, high = held(mei, -500), held(mei, -500)
    make_order(member=mei, customer=ordered, value=5, on=day(-100))
    make_opportunity(("B", day(-400)), owner=mei, customer=high)

    nights(1, 4)

    assert [owner_of(ordered), owner_of(high)] == [mei, mei]
    assert [ordered.hold_ends_on, high.hold_ends_on] == [None, None]


def test_an_activity_in_time_keeps_the_customer(mei: Member) -> None:
    customer = held(mei)
    nights(22, 24)
    call(customer, 24)

    nights(25, 32)

    assert owner_of(customer) == mei
    assert customer.hold_ends_on == day(24 + 30)
    assert told(mei) == ["pool.ends"]


def test_the_pool_and_deleted_customers_are_left_alone(mei: Member) -> None:
    make_customer()
    gone = held(mei, deleted_at=noon(D))

    nights(29, 40)

    assert owner_of(gone) == mei
    assert not CustomerOwnerChange.objects.exists()


# Warned, then lost


def test_warned_seven_days_and_a_day_before_then_lost_the_night_after_the_last_day(
    mei: Member,
) -> None:
    customer = held(mei)
    last = day(30)

    nights(1, 22)
    assert told(mei) == []
    customer.refresh_from_db()
    assert customer.hold_ends_on == last
    night(23)
    assert told(mei) == ["pool.ends"]
    nights(24, 28)
    assert told(mei) == ["pool.ends"]
    night(29)
    assert told(mei) == ["pool.ends"] * 2
    night(30)
    assert owner_of(customer) == mei
    night(31)

    assert owner_of(customer) is None
    assert told(mei) == ["pool.ends", "pool.ends", "pool.recycled"]
    warned = Notification.objects.filter(kind="pool.ends").first()
    assert warned is not None
    assert (warned.record_id, warned.details["ends_on"]) == (customer.pk, last.isoformat())
    change = CustomerOwnerChange.objects.get()
    assert (change.kind, change.from_owner, change.by) == ("recycle", mei, None)
    assert change.reason == "No activity within the time of the rule (30 days)"
    assert AuditEntry.objects.filter(action="customer.assign", rows=[customer.pk]).exists()


@pytest.mark.parametrize(
    ("tier", "reason"), [("A", "No opportunity moved up"), ("B", "No order"), ("", "No activity")]
)
def test_the_reason_names_the_clock_of_the_tier(mei: Member, tier: str, reason: str) -> None:
    PoolRule.objects.filter(tier="A").update(no_activity_days=None)
    PoolRule.objects.filter(tier="B").update(no_activity_days=None, no_progress_days=None)
    customer = held(mei, -300, tier=tier)

    nights(1, 3)

    assert owner_of(customer) is None
    assert CustomerOwnerChange.objects.get().reason.startswith(reason)


def test_open_opportunities_wait_and_next_steps_are_dropped(mei: Member) -> None:
    customer = held(mei, -300)
    one = make_opportunity(("E", day(-300)), owner=mei, customer=customer)
    step = FollowUp.objects.create(
        customer=customer, owner=mei, due_on=D, channel="call", purpose="Price"
    )

    nights(1, 3)

    one.refresh_from_db()
    step.refresh_from_db()
    assert owner_of(customer) is None
    assert one.owner == mei
    assert step.done_at is not None


def test_many_at_once_are_told_in_one_line(mei: Member) -> None:
    for _ in range(5):
        held(mei)

    nights(23, 31)

    counts = [
        (row.kind, row.details["count"])
        for row in Notification.objects.filter(member=mei).order_by("pk")
    ]
    assert counts == [("pool.ends_many", 5), ("pool.ends_many", 5), ("pool.recycled_many", 5)]


# Never a surprise


def test_who_ran_out_unwarned_is_warned_first_and_keeps_the_shortest_period(mei: Member) -> None:
    customer = held(mei, -300)

    night(1)
    customer.refresh_from_db()
    assert (customer.hold_ends_on, told(mei)) == (day(2), ["pool.ends"])
    night(2)
    assert owner_of(customer) == mei
    night(3)

    assert owner_of(customer) is None


def test_missed_nights_cost_nobody_their_warning(mei: Member) -> None:
    customer = held(mei)

    night(35)
    assert owner_of(customer) == mei
    night(36)
    assert owner_of(customer) == mei
    night(37)

    assert owner_of(customer) is None


def test_off_and_on_again_restarts_no_clock_and_warns_whoever_ran_out_meanwhile(
    mei: Member,
) -> None:
    admin = make_member(AccessRole.ADMIN)
    early, late = held(mei), held(mei, 5)

    def switch(is_on: bool, on: int) -> None:
        with time_machine.travel(noon(day(on)), tick=False):
            settings = PoolSettings.current()
            settings.is_on = is_on
            pool_settings_save(
                settings=settings, limits=HoldingLimits.current(), rules=[], by=admin
            )

    nights(23, 29)
    switch(is_on=False, on=29)
    nights(30, 33)
    switch(is_on=True, on=33)

    night(34)
    early.refresh_from_db()
    late.refresh_from_db()
    # The early one had its warnings, but ran out while nobody lost anything: it is told once more.
    assert (early.owner, early.hold_ends_on) == (mei, day(35))
    # The late one's clock went on as if nothing had been.
    assert late.hold_ends_on == day(35)
    nights(35, 36)

    assert [owner_of(early), owner_of(late)] == [None, None]


def test_an_exemption_that_ends_is_announced_before(mei: Member) -> None:
    customer = held(mei, -800)
    make_order(member=mei, customer=customer, value=5, on=date(2025, 3, 20))

    nights(1, 30)

    exempt_until = date(2026, 3, 20)
    first = HoldWarning.objects.order_by("warned_on").first()
    assert first is not None
    assert (first.warned_on, first.due_on) == (exempt_until - timedelta(days=7), exempt_until)
    change = CustomerOwnerChange.objects.get()
    assert change.on == exempt_until + timedelta(days=1)


# Safe to repeat and to kill


def test_a_second_run_of_the_same_night_changes_nothing(mei: Member) -> None:
    held(mei, -300)
    held(mei)
    nights(1, 2)
    assert night(3) > 0

    before = (Notification.objects.count(), CustomerOwnerChange.objects.count())
    assert night(3) == 0
    assert (Notification.objects.count(), CustomerOwnerChange.objects.count()) == before


def test_a_run_that_is_killed_between_batches_is_finished_by_the_next(
    mei: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = [held(mei, -300) for _ in range(6)]
    nights(1, 2)
    monkeypatch.setattr(recycling, "BATCH", 2)
    work, batches = recycling._work, list[object]()

    def killed(*args: object) -> int:
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(args)
        return work(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(recycling, "_work", killed)
    with pytest.raises(KeyboardInterrupt):
        night(3)
    assert [owner_of(one) is None for one in customers] == [True] * 4 + [False] * 2
    monkeypatch.setattr(recycling, "_work", work)

    night(3)

    assert [owner_of(one) for one in customers] == [None] * 6
    assert CustomerOwnerChange.objects.count() == 6
    assert told(mei)[-1] == "pool.recycled_many"
    news = Notification.objects.filter(kind="pool.recycled_many").values_list("details", flat=True)
    assert [one["count"] for one in news] == [6]


def test_what_is_saved_at_the_last_moment_keeps_the_customer(
    mei: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading the batch and taking the customer somebody logs a call."""
    customer = held(mei, -300)
    nights(1, 2)
    recycle = recycling._recycle

    def late(*args: object) -> set[int]:
        call(customer, 2)
        return recycle(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(recycling, "_recycle", late)
    night(3)

    assert owner_of(customer) == mei


def test_the_night_has_the_step_after_the_stages_and_it_commits_by_itself() -> None:
    names = [step.name for step in STEPS]

    assert names.index("pool") > names.index("lifecycle")
    assert BY_NAME["pool"].commits
    run = overnight.run_begin(kind=RunKind.NIGHTLY, through_on=day(0), by=None)
    overnight.run_finish(run=run)
    assert run.steps.get(name="pool").state == "done"


# The dry run tells the truth


@pytest.mark.parametrize("warnings", [[7, 1], [3], []])
def test_a_dry_run_equals_what_the_nights_then_do(mei: Member, warnings: list[int]) -> None:
    other = make_member(team=make_team())
    customers = [held(mei if n % 3 else other, -n * 4) for n in range(1, 30)]
    for n, customer in enumerate(customers):
        if n % 2:
            call(customer, -n)
        if n % 5 == 0:
            make_opportunity(("E", day(-n)), ("D", day(-n)), owner=mei, customer=customer)
    nights(-2, 0)
    PoolSettings.objects.update(warning_days=warnings, extension_days=3)
    PoolRule.objects.update(no_activity_days=17, no_progress_days=40)

    found = dry_run(rules_now())
    promised = {row.customer: row.goes_on for row in found.rows}
    before = set(CustomerOwnerChange.objects.values_list("customer", flat=True))
    night(1)
    at_once = CustomerOwnerChange.objects.exclude(customer__in=before).count()
    nights(2, (found.last_on - D).days + 1)

    changes = CustomerOwnerChange.objects.exclude(customer__in=before)
    done = {row.customer_id: row.on - timedelta(days=1) for row in changes}
    # Those that had ended before go in the next night, not on the day of their end.
    assert done == {pk: max(on, D) for pk, on in promised.items() if on is not None}
    assert at_once == found.at_once
    assert 5 <= len(done) < len(customers)
    by_owner = {line.owner: line.count for line in found.owners}
    assert sum(by_owner.values()) == found.count == sum(found.by_trigger.values())
    assert set(by_owner) == {mei, other}


def test_a_dry_run_of_switched_off_rules_releases_nobody(mei: Member) -> None:
    held(mei, -300)
    PoolSettings.objects.update(is_on=False)

    assert dry_run(rules_now()).count == 0
