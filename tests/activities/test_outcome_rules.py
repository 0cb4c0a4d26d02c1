"""What outcomes propose, and logs that move an opportunity or are sent twice."""

from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.activities.models import Activity, ActivityVersion, FollowUp, Outcome, OutcomeRule
from apps.activities.outcomes.rules import RULES, moved_up_to, proposed_day
from apps.activities.outcomes.selectors import proposals, rule_now
from apps.activities.outcomes.services import outcome_rule_change
from apps.activities.services import KeyTaken, NextStep, activity_correct, activity_log
from apps.core.calendars import WorkCalendar
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.customers.models import Channel, Customer
from apps.funnel.models import LevelChange, Opportunity, State
from apps.funnel.models import Outcome as Ended
from apps.funnel.services import OpportunityClosed, ReasonMissing, opportunity_close
from apps.members.models import AccessRole, Member
from tests.factories import level, make_customer, make_member, make_opportunity, make_team
from tests.racing import together

WEEKDAYS = WorkCalendar(weekdays=frozenset({1, 2, 3, 4, 5}))
FRIDAY = date(2026, 11, 20)
CODES = ["E", "D", "C", "B", "A"]
CHANGE = {
    "needs_next_step": True,
    "next_days": 2,
    "next_channel": Channel.EMAIL,
    "purposes": {"en": "Send the price", "zh-hans": "发送报价"},
    "level_code": "C",
    "loses": False,
}


# ── Arithmetic ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, FRIDAY + timedelta(days=3)),
        (FRIDAY + timedelta(days=1), 0, FRIDAY + timedelta(days=3)),
        (FRIDAY + timedelta(days=1), 1, FRIDAY + timedelta(days=4)),
        (FRIDAY, 6, FRIDAY + timedelta(days=10)),
    ],
)
def test_a_proposed_day_is_a_working_day(day: date, days: int, expected: date) -> None:
    assert proposed_day(day, days, WEEKDAYS) == expected


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_proposed_days_count_working_days_only(day: date, days: int) -> None:
    found = proposed_day(day, days, WEEKDAYS)

    assert WEEKDAYS.is_working_day(found)
    assert WEEKDAYS.working_days_between(day, found) == days + 1


@given(st.sampled_from(CODES), st.sampled_from(RULES))
def test_no_rule_moves_an_opportunity_back(stands_at: str, rule: object) -> None:
    found = moved_up_to(CODES, stands_at, rule)  # type: ignore[arg-type]

    assert found == "" or CODES.index(found) > CODES.index(stands_at)


def test_a_level_that_the_pipeline_lacks_moves_nothing() -> None:
    assert moved_up_to(["1", "2"], "1", RULES[4]) == ""


# ── Configuration ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def admin(db: None) -> Member:
    return make_member(AccessRole.ADMIN)


def test_a_changed_rule_is_what_the_form_proposes(admin: Member) -> None:
    deal = make_opportunity(("D", FRIDAY), owner=make_member(team=make_team()))
    outcome_rule_change(outcome=Outcome.REACHED, **CHANGE, by=admin)  # type: ignore[arg-type]

    proposal = proposals(deal, FRIDAY)["reached"]

    assert (proposal.on, proposal.channel) == (date(2026, 11, 24), Channel.EMAIL)
    assert (proposal.purpose, proposal.level) == ("Send the price", "C")
    assert proposals(None, FRIDAY)["reached"].level == ""
    assert not rule_now(Outcome.REFUSED).needs_next_step


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"next_days": 366}, "0 to 365"),
        ({"level_code": "Z"}, "no such level"),
        ({"loses": True}, "choose one"),
        ({"purposes": {"en": "x" * 301}}, "at most 300"),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    admin: Member, wrong: dict[str, object], words: str
) -> None:
    with pytest.raises(DomainError, match=words):
        outcome_rule_change(outcome=Outcome.REACHED, **CHANGE | wrong, by=admin)  # type: ignore[arg-type]

    assert not OutcomeRule.objects.exists()


def test_only_administrators_change_rules(admin: Member) -> None:
    with pytest.raises(NotPermitted):
        outcome_rule_change(outcome=Outcome.REACHED, **CHANGE, by=make_member(AccessRole.DIRECTOR))  # type: ignore[arg-type]


# ── Logs ─────────────────────────────────────────────────────────────────────────────────────────


class Deal:
    """A rep's customer with an opportunity at level D."""

    def __init__(self) -> None:
        self.today = Organisation.current().today()
        self.rep = make_member(team=make_team())
        self.customer: Customer = make_customer(owner=self.rep)
        self.opportunity: Opportunity = make_opportunity(
            ("D", self.today), owner=self.rep, customer=self.customer
        )
        self.log = partial(
            activity_log,
            customer=self.customer,
            channel=Channel.CALL,
            opportunity=self.opportunity,
            by=self.rep,
        )


@pytest.fixture
def deal(db: None) -> Deal:
    return Deal()


def test_a_log_moves_the_opportunity(deal: Deal) -> None:
    activity = deal.log(outcome=Outcome.REACHED, moves_to=level("C"), objection="Too expensive")

    change = LevelChange.objects.latest("pk")
    assert activity.level_change == change
    assert (change.from_level, change.to_level, change.by) == (level("D"), level("C"), deal.rep)
    assert change.at == activity.at


def test_a_log_loses_the_opportunity(deal: Deal) -> None:
    activity = deal.log(outcome=Outcome.REFUSED, loses="Price")

    deal.opportunity.refresh_from_db()
    assert (deal.opportunity.state, deal.opportunity.loss_reason) == (State.LOST, "Price")
    assert activity.level_change is not None


def test_a_move_that_fails_leaves_nothing_of_the_log(deal: Deal) -> None:
    with pytest.raises(ReasonMissing):
        deal.log(
            outcome=Outcome.REACHED,
            moves_to=level("E"),
            next_step=NextStep(deal.today, Channel.CALL, "Again"),
        )
    opportunity_close(
        opportunity=deal.opportunity,
        outcome=Ended.LOST,
        reason="Gone",
        by=deal.rep,
    )
    with pytest.raises(OpportunityClosed):
        deal.log(outcome=Outcome.REACHED, moves_to=level("B"))

    assert not Activity.objects.exists()
    assert not FollowUp.objects.exists()


def test_what_is_sent_twice_is_written_once(deal: Deal) -> None:
    key = uuid4()
    log = partial(
        deal.log,
        key=key,
        outcome=Outcome.REACHED,
        moves_to=level("C"),
        next_step=NextStep(deal.today, Channel.CALL, "Again"),
    )

    assert log() == log()

    assert Activity.objects.count() == FollowUp.objects.count() == 1
    with pytest.raises(KeyTaken):
        activity_log(
            customer=make_customer(owner=deal.rep),
            channel=Channel.CALL,
            outcome=Outcome.BUSY,
            key=key,
            by=deal.rep,
        )


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_twenty_times_at_once_is_written_once() -> None:
    deal, key = Deal(), uuid4()
    log = partial(deal.log, key=key, outcome=Outcome.REACHED, moves_to=level("C"))

    assert together([log] * 20) == [""] * 20

    assert Activity.objects.count() == 1
    assert LevelChange.objects.filter(opportunity=deal.opportunity).count() == 2


def test_a_correction_keeps_what_was_said(deal: Deal) -> None:
    activity = deal.log(outcome=Outcome.REACHED, note="Wants film")
    activity_correct(activity=activity, by=deal.rep, note="Wants cartons", outcome="quoted")
    activity_correct(activity=activity, by=deal.rep, note="Wants cartons")

    (version,) = ActivityVersion.objects.all()
    assert version.before == {"note": "Wants film", "outcome": "reached"}
    assert (version.activity, version.by) == (activity, deal.rep)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def test_an_administrator_changes_a_rule(admin: Member) -> None:
    client = Client()
    client.force_login(admin)
    address = reverse("outcome_rule", args=["reached"])
    given = {
        "needs_next_step": "1",
        "next_days": "5",
        "next_channel": "email",
        "level_code": "C",
        "purpose_en": "Send the catalogue",
        "purpose_zh-hans": "发送目录",
        "purpose_zh-hant": "",
    }

    refused = client.post(address, given | {"next_days": "-1", "loses": "1"})
    assert refused.status_code == 422
    assert "Send the catalogue" in refused.content.decode()
    assert client.post(address, given | {"loses": "1"}).status_code == 422
    assert client.post(address, given)["Location"] == reverse("outcome_rules")

    rule = rule_now(Outcome.REACHED)
    assert (rule.days, rule.channel, rule.level) == (5, Channel.EMAIL, "C")
    assert rule.words == {"en": "Send the catalogue", "zh-hans": "发送目录"}
    html = client.get(reverse("outcome_rules")).content.decode()
    assert "Send the catalogue" in html
    assert "up to level C" in html
    assert client.get(reverse("outcome_rule", args=["nothing"])).status_code == 404
