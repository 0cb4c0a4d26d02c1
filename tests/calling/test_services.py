"""The rules of calling and do-not-call: who changes them, what is written down, what is refused then."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from apps.activities.models import Activity
from apps.activities.services import DoNotCall, activity_correct, activity_log
from apps.calling.models import CallRules
from apps.calling.rules import Limits
from apps.calling.services import (
    ReasonMissing,
    call_rules_save,
    do_not_call_lift,
    do_not_call_set,
)
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.editing.contacts import ContactGone, contact_delete
from apps.customers.merging.services import customers_merge
from apps.customers.merging.undoing import merge_undo
from apps.customers.models import Contact, Customer, Merge
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)


class Firm:
    def __init__(self) -> None:
        self.lead = make_member(AccessRole.MANAGER)
        self.rep = make_member(team=make_team(lead=self.lead))
        self.other = make_member(team=make_team())
        self.customer = make_customer(owner=self.rep)
        self.ada: Contact = Contact.objects.create(
            customer=self.customer, name="Ada", phone="+49 30 901820"
        )

    def again(self) -> Contact:
        found: Contact = Contact.objects.get(pk=self.ada.pk)
        return found


@pytest.fixture
def firm() -> Firm:
    return Firm()


def log(customer: Customer, by: Member, **fields: object) -> Activity:
    values: dict[str, object] = {"channel": "call", "outcome": "no_answer", **fields}
    return activity_log(customer=customer, by=by, **values)  # type: ignore[arg-type]


def test_who_may_change_the_customer_marks_a_contact(firm: Firm) -> None:
    with time_machine.travel(NOW, tick=False):
        do_not_call_set(contact=firm.ada, reason=" Asked on the phone ", by=firm.rep)

    found = firm.again()
    assert (found.do_not_call_at, found.do_not_call_reason) == (NOW, "Asked on the phone")
    entry = AuditEntry.objects.get(action="contact.do_not_call")
    assert (entry.by, entry.object_id) == (firm.rep, firm.ada.pk)
    assert entry.changes["do_not_call_at"] == [None, NOW.isoformat()]
    # The reason may name somebody: it has to stay erasable.
    assert "Asked" not in str(entry.changes)


def test_marking_twice_keeps_the_first_day(firm: Firm) -> None:
    do_not_call_set(contact=firm.ada, reason="First", by=firm.rep)
    do_not_call_set(contact=firm.ada, reason="Second", by=firm.lead)

    assert firm.again().do_not_call_reason == "First"
    assert AuditEntry.objects.filter(action="contact.do_not_call").count() == 1


def test_only_those_who_lead_allow_calls_again(firm: Firm) -> None:
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)

    with pytest.raises(NotPermitted):
        do_not_call_lift(contact=firm.ada, reason="Asked again", by=firm.rep)
    assert firm.again().do_not_call_at is not None
    do_not_call_lift(contact=firm.ada, reason="Wrote that we may", by=firm.lead)

    found = firm.again()
    assert (found.do_not_call_at, found.do_not_call_reason) == (None, "Wrote that we may")
    assert AuditEntry.objects.filter(action="contact.may_call", by=firm.lead).count() == 1


def test_others_change_nothing(firm: Firm) -> None:
    with pytest.raises(NotPermitted):
        do_not_call_set(contact=firm.ada, reason="Asked", by=firm.other)

    assert firm.again().do_not_call_at is None


@pytest.mark.parametrize("reason", ["", "  "])
def test_both_need_a_reason(firm: Firm, reason: str) -> None:
    with pytest.raises(ReasonMissing):
        do_not_call_set(contact=firm.ada, reason=reason, by=firm.rep)
    with pytest.raises(ReasonMissing):
        do_not_call_lift(contact=firm.ada, reason=reason, by=firm.lead)

    assert firm.again().do_not_call_at is None


def test_deleted_contact_is_not_marked(firm: Firm) -> None:
    contact_delete(contact=firm.ada, by=firm.rep)

    with pytest.raises(ContactGone):
        do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)


@pytest.mark.parametrize("channel", ["call", "message"])
def test_no_call_or_text_to_the_contact_is_logged(firm: Firm, channel: str) -> None:
    stale = firm.again()
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)

    with pytest.raises(DoNotCall, match="Ada"):
        log(firm.customer, firm.rep, contact=stale, channel=channel)

    assert not Activity.objects.exists()


@pytest.mark.parametrize("channel", ["email", "fax", "visit", "meeting"])
def test_other_ways_to_the_contact_stay_open(firm: Firm, channel: str) -> None:
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)

    assert log(firm.customer, firm.rep, contact=firm.again(), channel=channel).pk


def test_their_own_call_and_one_of_before_can_be_logged(firm: Firm) -> None:
    with time_machine.travel(NOW, tick=False):
        do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)
        ada = firm.again()

        log(firm.customer, firm.rep, contact=ada, direction="in", outcome="reached")
        before = log(firm.customer, firm.rep, contact=ada, at=NOW - timedelta(minutes=1))
        with pytest.raises(DoNotCall):
            activity_correct(activity=before, by=firm.rep, at=NOW)


def test_rows_of_the_sample_firm_are_written(firm: Firm) -> None:
    Customer.objects.update(is_sample=True)
    do_not_call_set(contact=firm.ada, reason="Asked", by=firm.rep)

    assert log(Customer.objects.get(), firm.rep, contact=firm.again()).is_sample


@pytest.mark.parametrize("marked", ["first", "second"])
def test_merge_keeps_do_not_call_of_either(firm: Firm, marked: str) -> None:
    other = make_customer(owner=firm.rep)
    twin = Contact.objects.create(customer=other, name="Ada", phone="+49 30 901820")
    contact = firm.ada if marked == "first" else twin
    do_not_call_set(contact=contact, reason="Asked", by=firm.rep)

    customers_merge(
        survivor=firm.customer, absorbed=[other.pk], choices={}, owner=firm.rep, by=firm.rep
    )

    found = Contact.objects.get(customer=firm.customer, deleted_at=None)
    assert (found.pk, found.do_not_call_reason) == (firm.ada.pk, "Asked")
    assert found.do_not_call_at is not None

    merge_undo(merge=Merge.objects.get(), by=firm.rep)

    assert firm.again().do_not_call_at is not None
    assert Contact.objects.get(pk=twin.pk).do_not_call_reason == (
        "Asked" if marked == "second" else ""
    )


def test_administrator_changes_the_rules(firm: Firm) -> None:
    admin = make_member(AccessRole.ADMIN)

    call_rules_save(rules=CallRules(first=time(8, 30), most_a_day=2), by=admin)

    assert CallRules.current().limits() == replace(
        Limits(time(9), time(20), 3, 30), first=time(8, 30), most_a_day=2
    )
    entry = AuditEntry.objects.get(action="callrules.update")
    assert entry.changes == {"first": ["09:00:00", "08:30:00"], "most_a_day": [3, 2]}


def test_rules_saved_as_they_are_leave_no_trace(firm: Firm) -> None:
    call_rules_save(rules=CallRules(), by=make_member(AccessRole.ADMIN))

    assert not AuditEntry.objects.filter(action="callrules.update").exists()


def test_nobody_else_changes_the_rules(firm: Firm) -> None:
    for by in (firm.rep, firm.lead, make_member(AccessRole.DIRECTOR)):
        with pytest.raises(NotPermitted):
            call_rules_save(rules=CallRules(most_a_day=1), by=by)

    assert CallRules.current().most_a_day == 3


@pytest.mark.parametrize(
    "rules",
    [
        CallRules(first=time(20), until=time(20)),
        CallRules(first=time(21)),
        CallRules(most_a_day=0),
        CallRules(most_a_day=21),
        CallRules(minutes_apart=721),
    ],
)
def test_rules_that_make_no_sense_are_refused(firm: Firm, rules: CallRules) -> None:
    with pytest.raises(ValidationError):
        call_rules_save(rules=rules, by=make_member(AccessRole.ADMIN))

    assert CallRules.current().limits() == Limits(time(9), time(20), 3, 30)
