"""Bulk changes keep to the rules of single ones, and to what their author may do when they run."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.bulk import deeds, services
from apps.bulk.models import BulkKind, BulkRun, BulkState
from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.models import Customer, CustomerOwnerChange, CustomField, HoldingLimits
from apps.customers.tagging.selectors import tags_of
from apps.members.models import AccessRole, Member, Notification
from tests.factories import make_customer, make_member, make_team

pytestmark = pytest.mark.django_db


def start(kind: str, customers: list[Customer], by: Member, **params: Any) -> BulkRun:
    ids = [one.pk for one in customers]
    return services.bulk_start(kind=kind, customers=ids, params=params, by=by)


def done(run: BulkRun) -> BulkRun:
    services.bulk_work_off(run_id=run.pk)
    run.refresh_from_db()
    return run


def test_nobody_chosen_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(services.NobodyChosen):
        start(BulkKind.TAG, [], make_member(), tags=["VIP"])

    assert not BulkRun.objects.exists()


@pytest.mark.parametrize("role", [AccessRole.ANALYST, AccessRole.HR])
def test_who_changes_no_customers_starts_nothing(role: AccessRole) -> None:
    with pytest.raises(NotPermitted):
        start(BulkKind.EDIT, [make_customer()], make_member(role), field="region", value="North")

    assert not BulkRun.objects.exists()


def test_rep_changes_their_own_and_hears_why_not_of_the_others() -> None:
    rep, colleague = make_member(team=make_team()), make_member()
    own = make_customer(owner=rep, region="South")
    pool = make_customer(region="South")
    strange = make_customer(owner=colleague, region="South")

    run = done(start(BulkKind.EDIT, [own, pool, strange], rep, field="region", value="North"))

    regions = [Customer.objects.get(pk=one.pk).region for one in (own, pool, strange)]
    assert regions == ["North", "South", "South"]
    assert (run.state, run.done, run.changed) == (BulkState.DONE, 3, 1)
    reasons = dict(run.refused)
    assert "claimed first" in reasons[pool.pk]
    # Of somebody else's customer there is nothing to be known.
    assert reasons[strange.pk] == "There is no such customer any more."


def test_permission_is_asked_again_when_it_runs() -> None:
    rep = make_member(team=make_team())
    customers = [make_customer(owner=rep) for _number in range(2)]
    run = start(BulkKind.TAG, customers, rep, tags=["VIP"])
    Customer.objects.filter(pk=customers[0].pk).update(owner=make_member())

    done(run)

    assert tags_of(one.pk for one in customers) == {customers[1].pk: ["VIP"]}
    assert [pk for pk, _reason in run.refused] == [customers[0].pk]


def test_run_of_somebody_who_has_left_changes_nothing() -> None:
    rep = make_member(team=make_team())
    own = make_customer(owner=rep)
    run = start(BulkKind.TAG, [own], rep, tags=["VIP"])
    Member.objects.filter(pk=rep.pk).update(is_active=False)

    done(run)

    assert (run.state, run.done) == (BulkState.FAILED, 0)
    assert tags_of([own.pk]) == {}


def test_custom_value_is_set_and_those_that_had_it_are_not_counted_as_changed() -> None:
    admin = make_member(AccessRole.ADMIN)
    CustomField.objects.create(
        key="segment", label="Segment", kind="choice", choices=["Key", "Base"]
    )
    had, got = make_customer(custom={"segment": "Key"}), make_customer()

    run = done(start(BulkKind.EDIT, [had, got], admin, field="custom_segment", value="Key"))

    assert [Customer.objects.get(pk=one.pk).custom for one in (had, got)] == [
        {"segment": "Key"}
    ] * 2
    assert (run.done, run.changed, run.refused) == (2, 1, [])


def test_value_that_is_no_choice_any_more_is_refused_with_the_choices() -> None:
    admin = make_member(AccessRole.ADMIN)
    field = CustomField.objects.create(
        key="segment", label="Segment", kind="choice", choices=["Key"]
    )
    run = start(BulkKind.EDIT, [make_customer()], admin, field="custom_segment", value="Key")
    field.choices = ["Base"]
    field.save()

    done(run)

    assert run.changed == 0
    assert run.refused[0][1] == "Choose one of: Base."


def test_customers_go_in_turn_and_each_change_is_in_their_history() -> None:
    team = make_team()
    director = make_member(AccessRole.DIRECTOR)
    first, second = make_member(team=team), make_member(team=team)
    customers = [make_customer() for _number in range(5)]

    run = done(
        start(BulkKind.ASSIGN, customers, director, to=[first.pk, second.pk], reason="New area")
    )

    owners = list(Customer.objects.order_by("pk").values_list("owner", flat=True))
    assert owners == [first.pk, second.pk, first.pk, second.pk, first.pk]
    assert run.changed == 5
    changes = CustomerOwnerChange.objects.order_by("customer")
    assert [(one.reason, one.by_id) for one in changes] == [("New area", director.pk)] * 5


def test_limit_of_prospects_refuses_the_rest_with_its_numbers() -> None:
    director, rep = make_member(AccessRole.DIRECTOR), make_member(team=make_team())
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=3)
    customers = [make_customer() for _number in range(5)]

    run = done(start(BulkKind.ASSIGN, customers, director, to=[rep.pk], reason=""))

    assert Customer.objects.filter(owner=rep).count() == 3
    assert run.changed == 3
    assert [pk for pk, _reason in run.refused] == [customers[3].pk, customers[4].pk]
    assert "3" in run.refused[0][1]


def test_tags_are_put_and_taken_off_whatever_their_case() -> None:
    admin = make_member(AccessRole.ADMIN)
    customers = [make_customer(), make_customer()]
    done(start(BulkKind.TAG, customers, admin, tags=["VIP", "Fair"]))

    again = done(start(BulkKind.TAG, customers, admin, tags=["vip"]))
    off = done(start(BulkKind.UNTAG, customers[:1], admin, tags=["FAIR"]))

    assert again.changed == 0
    assert off.changed == 1
    assert tags_of(one.pk for one in customers) == {
        customers[0].pk: ["VIP"],
        customers[1].pk: ["Fair", "VIP"],
    }


def test_deleted_customers_are_gone_for_everybody_and_say_why() -> None:
    admin = make_member(AccessRole.ADMIN)
    one = make_customer()

    run = done(start(BulkKind.DELETE, [one], admin, reason="Twice"))

    assert run.changed == 1
    assert not Customer.objects.visible_to(admin).exists()
    assert AuditEntry.objects.get(action="customer.delete").details["reason"] == "Twice"


def test_export_needs_its_permission_when_it_runs_too() -> None:
    director = make_member(AccessRole.DIRECTOR)
    run = start(BulkKind.EXPORT, [make_customer(name="Acme")], director, file="csv")
    Member.objects.filter(pk=director.pk).update(may_export_lists=False)

    done(run)

    assert run.state == BulkState.FAILED
    assert not run.file


def test_exported_file_has_the_rows_in_the_list_s_order_and_no_formula() -> None:
    director = make_member(AccessRole.DIRECTOR)
    CustomField.objects.create(key="note", label="=Note", kind="text")
    evil = make_customer(name="=cmd", custom={"note": "+1"})
    plain = make_customer(name="Acme", custom={"note": "-"})

    run = done(start(BulkKind.EXPORT, [evil, plain], director, file="csv"))

    with default_storage.open(str(run.file.name)) as file:
        lines = file.read().decode("utf-8-sig").splitlines()
    default_storage.delete(str(run.file.name))
    assert lines[1].startswith("'=cmd,")
    assert ",'+1," in lines[1]
    assert lines[2].startswith("Acme,")
    assert ",'-," in lines[2]
    assert "'=Note" in lines[0]
    assert AuditEntry.objects.filter(action="export.customers").count() == 1


def test_stopped_run_does_no_further_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(deeds.BATCHES, BulkKind.TAG, 2)
    admin = make_member(AccessRole.ADMIN)
    customers = [make_customer() for _number in range(5)]
    run = start(BulkKind.TAG, customers, admin, tags=["VIP"])
    services._batch(run.pk)

    services.bulk_stop(run=run, by=admin)
    done(run)

    assert (run.state, run.done, run.changed) == (BulkState.STOPPED, 2, 2)
    assert len(tags_of(one.pk for one in customers)) == 2


def test_only_its_author_stops_a_run() -> None:
    run = start(BulkKind.TAG, [make_customer()], make_member(AccessRole.ADMIN), tags=["VIP"])

    with pytest.raises(NotPermitted):
        services.bulk_stop(run=run, by=make_member(AccessRole.ADMIN))

    run.refresh_from_db()
    assert run.state == BulkState.WAITING


def test_mistake_of_ours_fails_the_run_and_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("oops")

    admin = make_member(AccessRole.ADMIN)
    run = start(BulkKind.TAG, [make_customer()], admin, tags=["VIP"])
    monkeypatch.setitem(deeds.DEEDS, BulkKind.TAG, broken)

    with pytest.raises(RuntimeError):
        services.bulk_work_off(run_id=run.pk)

    run.refresh_from_db()
    assert (run.state, run.error) == (BulkState.FAILED, "RuntimeError")


def test_author_of_a_long_run_is_told_once_when_it_is_over() -> None:
    admin = make_member(AccessRole.ADMIN)
    customers = [make_customer() for _number in range(services.SMALL + 1)]
    run = done(start(BulkKind.TAG, customers, admin, tags=["VIP"]))

    done(run)

    told = Notification.objects.get(member=admin)
    assert (told.kind, told.record_id) == ("bulk.done", run.pk)
    assert told.details == {"count": services.SMALL + 1, "refused": 0}


def test_tick_takes_up_what_lost_its_worker_and_nothing_else() -> None:
    admin, now = make_member(AccessRole.ADMIN), timezone.now()
    old = now - timedelta(minutes=3)
    lost = start(BulkKind.TAG, [make_customer()], admin, tags=["A"])
    BulkRun.objects.filter(pk=lost.pk).update(state=BulkState.RUNNING, beat_at=old, at=old)
    never = start(BulkKind.TAG, [make_customer()], admin, tags=["A"])
    BulkRun.objects.filter(pk=never.pk).update(at=old)
    alive = start(BulkKind.TAG, [make_customer()], admin, tags=["A"])
    BulkRun.objects.filter(pk=alive.pk).update(state=BulkState.RUNNING, beat_at=now, at=old)
    over = start(BulkKind.TAG, [make_customer()], admin, tags=["A"])
    BulkRun.objects.filter(pk=over.pk).update(state=BulkState.STOPPED, beat_at=old, at=old)

    assert services.bulk_take_up() == [lost.pk, never.pk]
