"""A log that was sent a moment ago is taken back with all that it did."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity, FollowUp
from apps.activities.services import NextStep, TooLate, activity_log, follow_up_plan
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.customers.models import Channel
from apps.funnel.models import LevelChange
from apps.funnel.services import opportunity_move
from apps.workday.undoing import NotUndone, log_undo
from tests.factories import level, make_customer, make_member, make_opportunity, make_team

pytestmark = pytest.mark.django_db


class Called:
    """A customer whose planned step a call has settled, with a next step and a move to level C."""

    def __init__(self) -> None:
        self.today = Organisation.current().today()
        self.mia = make_member(team=make_team(), name="Mia")
        self.customer = make_customer(owner=self.mia, name="Acme")
        self.deal = make_opportunity(("D", self.today), owner=self.mia, customer=self.customer)
        self.settled = follow_up_plan(
            customer=self.customer,
            due_on=self.today,
            channel=Channel.CALL,
            purpose="First",
            by=self.mia,
        )
        self.log = partial(
            activity_log,
            customer=self.customer,
            channel=Channel.CALL,
            outcome="reached",
            opportunity=self.deal,
            finishes=self.settled,
            next_step=NextStep(self.today, Channel.CALL, "Second"),
            by=self.mia,
        )


@pytest.fixture
def called() -> Called:
    return Called()


def test_everything_is_as_before(called: Called) -> None:
    activity = called.log(moves_to=level("C"))

    log_undo(activity=activity, by=called.mia)

    assert not Activity.objects.exists()
    (step,) = FollowUp.objects.filter(done_at__isnull=True)
    assert step == called.settled
    called.deal.refresh_from_db()
    assert called.deal.level == level("D")
    moves = LevelChange.objects.filter(opportunity=called.deal, from_level__isnull=False)
    assert [(one.from_level, one.to_level) for one in moves.order_by("pk")] == [
        (level("D"), level("C")),
        (level("C"), level("D")),
    ]


def test_what_came_of_it_is_not_undone(called: Called) -> None:
    moved = called.log(moves_to=level("C"))
    opportunity_move(opportunity=called.deal, to=level("B"), by=called.mia)
    with pytest.raises(NotUndone, match="moved on since"):
        log_undo(activity=moved, by=called.mia)
    lost = called.log(finishes=None, next_step=None, loses="Price")
    with pytest.raises(NotUndone, match="closed with this call"):
        log_undo(activity=lost, by=called.mia)

    assert Activity.objects.count() == 2


def test_once_and_soon_and_by_oneself(called: Called) -> None:
    activity = called.log()
    with pytest.raises(NotPermitted):
        log_undo(activity=activity, by=make_member())
    Activity.objects.update(recorded_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TooLate):
        log_undo(activity=activity, by=called.mia)
    Activity.objects.update(recorded_at=timezone.now())
    log_undo(activity=activity, by=called.mia)
    with pytest.raises(DomainError, match="undone already"):
        log_undo(activity=activity, by=called.mia)


def test_the_page_offers_it_once_and_opens_the_customer_again(called: Called) -> None:
    client = Client()
    client.force_login(called.mia)
    told: dict[str, Any] = {
        "outcome": "busy",
        "direction": "out",
        "next_on": called.today.isoformat(),
        "next_channel": "call",
        "next_purpose": "Again",
    }
    response = client.post(reverse("my_day_log", args=[called.customer.pk]), told, follow=True)
    activity = Activity.objects.get()
    address = reverse("my_day_undo", args=[activity.pk])
    assert f'action="{address}"' in response.content.decode()
    assert address not in client.get(reverse("my_day")).content.decode()

    undone = client.post(address)

    assert undone["Location"] == f"{reverse('my_day')}?customer={called.customer.pk}"
    assert not Activity.objects.exists()
    assert client.post(address).status_code == 404
