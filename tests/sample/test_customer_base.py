"""The customers of the sample firm tell the stories that their screens are there for."""

from datetime import timedelta

import pytest
from django.db.models import Count, F, Q

from apps.activities.models import Activity, FollowUp
from apps.customers.models import (
    Customer,
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    DuplicatePair,
    Screening,
    SearchKey,
    Tier,
)
from apps.members.lifecycle import LifecycleStage
from apps.members.models import Member
from apps.portfolio.models import LifecycleChange, TierChange, TierFigure, TierOverride
from apps.sample.services import Created
from apps.satisfaction.models import Survey, SurveyKind
from tests.sample.conftest import UNTIL

pytestmark = pytest.mark.django_db


def test_each_tier_has_customers_and_some_are_unrated(firm: Created) -> None:
    counted = dict(Customer.objects.order_by().values_list("tier").annotate(n=Count("pk")))

    assert set(counted) == {*Tier.values, ""}
    assert all(counted.values())
    assert Customer.objects.filter(is_tier_provisional=True).exists()


def test_tiers_changed_over_the_months_and_some_changes_are_pending(firm: Created) -> None:
    moves = TierChange.objects.exclude(from_tier="").exclude(to_tier="")

    assert moves.values("on").distinct().count() > 3
    assert TierFigure.objects.exclude(pending="").exists()


def test_a_tier_was_set_by_hand_and_holds(firm: Created) -> None:
    held = TierOverride.objects.filter(cancelled_at=None, ends_on__gte=UNTIL)

    assert held.count() == 2
    assert all(one.customer.tier == one.tier for one in held)


def test_every_lifecycle_stage_occurs_and_customers_came_through_several(firm: Created) -> None:
    stages = set(Customer.objects.order_by().values_list("lifecycle", flat=True))

    assert stages >= {
        LifecycleStage.ATTRACT,
        LifecycleStage.CONVERT,
        LifecycleStage.MAINTAIN,
        LifecycleStage.DEEPEN,
        LifecycleStage.WIN_BACK,
    }
    assert LifecycleChange.objects.exclude(from_stage="").exists()


def test_customers_were_claimed_given_and_lost_to_the_pool(firm: Created) -> None:
    kinds = set(CustomerOwnerChange.objects.values_list("kind", flat=True))

    assert kinds >= {
        CustomerOwnerChangeKind.CLAIM,
        CustomerOwnerChangeKind.ASSIGN,
        CustomerOwnerChangeKind.RECYCLE,
        CustomerOwnerChangeKind.LEAVING,
    }


def test_the_owner_agrees_with_the_latest_change_and_held_since_with_its_instant(
    firm: Created,
) -> None:
    for customer in Customer.objects.prefetch_related("owner_changes"):
        changes = sorted(customer.owner_changes.all(), key=lambda one: one.at)
        assert (customer.owner_id is None) == (customer.held_since is None)
        if not changes:
            continue
        assert changes[-1].to_owner_id == customer.owner_id
        if customer.owner_id:
            assert customer.held_since == changes[-1].at


def test_nobody_holds_more_prospects_than_allowed(firm: Created) -> None:
    prospects = Count("customers", filter=Q(customers__last_ordered_on=None))

    most = Member.objects.annotate(n=prospects).order_by("-n")[0]

    assert most.n <= 200


def test_activities_lie_on_days_of_the_history_and_are_the_members(firm: Created) -> None:
    assert Activity.objects.count() == firm.rows["activities"]
    assert not Activity.objects.filter(at__date__gt=UNTIL).exists()
    strangers = Activity.objects.exclude(contact=None).exclude(contact__customer=F("customer"))
    assert not strangers.exists()


def test_some_customers_were_not_talked_to_for_long(firm: Created) -> None:
    long_ago = UNTIL - timedelta(days=40)

    waiting = Customer.objects.filter(owner__isnull=False, last_contacted_at__date__lt=long_ago)

    assert waiting.count() >= 3


def test_next_steps_are_due_before_and_after_today(firm: Created) -> None:
    due = FollowUp.objects.filter(done_at=None)

    assert due.filter(due_on__lte=UNTIL).exists()
    assert due.filter(due_on__gt=UNTIL).exists()
    assert not due.exclude(owner=F("customer__owner")).exists()


def test_some_customers_were_entered_twice(firm: Created) -> None:
    pairs = DuplicatePair.objects.filter(state="open")

    assert pairs.count() == firm.rows["duplicate_pairs"]
    assert {reason for pair in pairs for reason in pair.reasons} >= {"phone"}


def test_every_customer_is_found_by_its_keys(firm: Created) -> None:
    found = SearchKey.objects.filter(kind="name").values("customer").distinct().count()

    assert found == Customer.objects.count()


def test_screenings_qualify_most_and_park_some(firm: Created) -> None:
    assert Screening.objects.filter(is_qualified=True).exists()
    parked = Screening.objects.filter(is_qualified=False)
    assert parked.exists()
    assert all(one.reason for one in parked)
    assert not Customer.objects.filter(screening="parked", potential_score__gte=8).exists()


def test_answers_of_both_kinds_are_good_and_bad(firm: Created) -> None:
    answered = Survey.objects.filter(answered_at__isnull=False)

    assert answered.filter(kind=SurveyKind.NPS, score__gte=9).exists()
    assert answered.filter(kind=SurveyKind.CSAT, score__gte=4).exists()
    assert Survey.objects.filter(answered_at=None).exists()
    assert not answered.filter(answered_at__lt=F("sent_at")).exists()
