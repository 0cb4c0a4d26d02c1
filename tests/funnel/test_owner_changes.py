"""Owners and teams of past days stay: whatever changes hands later, whoever is moved."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.core.models import AuditEntry, DirtyDay
from apps.customers.models import CustomerOwnerChange, CustomerOwnerChangeKind
from apps.customers.services import CannotReceive, customers_assign
from apps.funnel.models import LevelChange, Opportunity, Outcome, OwnerChange, OwnerChangeKind
from apps.funnel.services import (
    opportunities_assign,
    opportunities_follow,
    opportunity_close,
    opportunity_create,
    opportunity_move,
)
from apps.members.models import AccessRole, Member, Team
from apps.members.services import NoTeam, membership_start
from apps.metrics import selectors
from apps.metrics.models import DayFact
from apps.metrics.scopes import held, scope_of_all, scope_of_member, scope_of_team
from apps.overnight import services as overnight
from apps.overnight.models import RunKind
from tests.factories import (
    level,
    make_customer,
    make_line,
    make_member,
    make_opportunity,
    make_team,
    noon,
)

pytestmark = pytest.mark.django_db

D = date(2026, 3, 2)


def day(number: int) -> date:
    return D + timedelta(days=number)


def assign(to: Member, on: date, *opportunities: Opportunity) -> int:
    return opportunities_assign(
        opportunities=[one.pk for one in opportunities],
        to=to,
        reason="holiday",
        kind=OwnerChangeKind.ASSIGN,
        by=None,
        at=noon(on),
    )


def counts(scope: Any, on: date) -> dict[str, int]:
    return {s.level.code: s.count for s in selectors.funnel(scope, on) if s.count}


# One opportunity at a time


def test_the_day_before_the_change_still_belongs_to_the_first_owner() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    one = make_opportunity(("C", day(0)), owner=rep)

    assert assign(other, day(5), one) == 1

    one.refresh_from_db()
    assert (one.owner, one.team, one.held_since_on) == (other, one.team, day(5))
    assert one.team == other.memberships.get().team
    assert [counts(scope_of_member(rep), day(n)) for n in (4, 5)] == [{"C": 1}, {}]
    assert [counts(scope_of_member(other), day(n)) for n in (4, 5)] == [{}, {"C": 1}]
    change = OwnerChange.objects.get()
    assert (change.from_owner, change.to_owner, change.on) == (rep, other, day(5))
    assert (change.kind, change.reason) == ("assign", "holiday")


def test_a_closed_opportunity_stays_with_whom_it_was_closed_under() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    won = make_opportunity(("C", day(0)), ("won", day(2)), owner=rep)

    assert assign(other, day(5), won) == 0

    won.refresh_from_db()
    assert won.owner == rep
    assert not OwnerChange.objects.exists()


def test_what_one_holds_already_is_no_change() -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("C", day(0)), owner=rep)

    assert assign(rep, day(5), one) == 0
    assert not OwnerChange.objects.exists()
    assert not AuditEntry.objects.filter(action="opportunity.assign").exists()


def test_many_are_one_audit_entry_with_their_rows_and_a_fixed_number_of_queries() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    few = [make_opportunity(("E", day(0)), owner=rep) for _ in range(2)]
    many = [make_opportunity(("E", day(0)), owner=rep) for _ in range(20)]

    with CaptureQueriesContext(connection) as for_few:
        assign(other, day(5), *few)
    with CaptureQueriesContext(connection) as for_many:
        assert assign(other, day(5), *many) == 20

    assert len(for_many) == len(for_few)
    entries = AuditEntry.objects.filter(action="opportunity.assign").order_by("pk")
    assert [len(entry.rows) for entry in entries] == [2, 20]
    assert sorted(entries[1].rows) == sorted(one.pk for one in many)


def test_a_receiver_without_team_or_sign_in_or_right_is_refused_and_nothing_changes() -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("C", day(0)), owner=rep)
    gone = make_member(team=make_team())
    Member.objects.filter(pk=gone.pk).update(is_active=False)

    with pytest.raises(NoTeam):
        assign(make_member(), day(5), one)
    with pytest.raises(CannotReceive):
        assign(gone, day(5), one)
    with pytest.raises(CannotReceive):
        assign(make_member(AccessRole.ANALYST, team=make_team()), day(5), one)

    one.refresh_from_db()
    assert one.owner == rep
    assert not OwnerChange.objects.exists()


def test_a_change_before_the_last_one_is_refused() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    one = make_opportunity(("C", day(0)), owner=rep)
    assign(other, day(5), one)

    with pytest.raises(DomainError):
        assign(rep, day(3), one)

    assert OwnerChange.objects.count() == 1


def test_nobody_opens_an_opportunity_for_somebody_who_has_left() -> None:
    gone = make_member(team=make_team())
    Member.objects.filter(pk=gone.pk).update(is_active=False)

    with pytest.raises(CannotReceive):
        make_opportunity(("E", day(0)), owner=gone)

    assert not Opportunity.objects.exists()


def test_owner_changes_are_never_edited_or_deleted() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    assign(other, day(5), make_opportunity(("C", day(0)), owner=rep))

    with pytest.raises(IntegrityError), transaction.atomic():
        OwnerChange.objects.update(reason="another")
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnerChange.objects.all().delete()

    assert OwnerChange.objects.get().reason == "holiday"


def test_no_figure_of_a_day_is_made_of_owner_changes_so_none_is_marked() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    one = make_opportunity(("C", day(0)), owner=rep)
    DirtyDay.objects.all().delete()

    assign(other, day(5), one)

    assert not DirtyDay.objects.exists()


def test_stuck_is_judged_by_the_team_of_the_day() -> None:
    north, south = make_team(), make_team()
    rep, other = make_member(team=north), make_member(team=south)
    for _ in range(20):
        make_opportunity(("E", day(0)), ("D", day(2)), owner=rep)
        make_opportunity(("E", day(0)), ("D", day(30)), owner=other)
    one = make_opportunity(("E", day(0)), owner=rep)
    assign(other, day(30), one)

    assert list(selectors.stuck(scope_of_team(north), day(29))) == [one]
    assert list(selectors.stuck(scope_of_team(north), day(30))) == []
    # 30 days at E: for the south, which takes as long, not yet too long.
    assert list(selectors.stuck(scope_of_team(south), day(30))) == []


def test_a_list_of_a_past_day_names_the_owner_of_that_day(client: Client) -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team(), name="Other Person")
    one = make_opportunity(("C", day(0)), owner=rep, name="Frame contract")
    assign(other, day(5), one)
    client.force_login(make_member(AccessRole.DIRECTOR))

    def shown(on: date, **filters: int) -> str:
        address = reverse("opportunities")
        query: dict[str, str | int] = {"as_of": on.isoformat(), **filters}
        return client.get(address, query).content.decode()

    assert "Frame contract</a>" in shown(day(4), owner=rep.pk)
    assert "Frame contract</a>" not in shown(day(4), owner=other.pk)
    assert f"{rep.name}<span" in shown(day(4))
    assert "Other Person<span" in shown(day(5))


def test_the_opportunity_page_tells_who_had_it(client: Client) -> None:
    rep, other = (
        make_member(team=make_team(), name="First"),
        make_member(team=make_team(), name="Next"),
    )
    one = make_opportunity(("C", day(0)), owner=rep)
    assign(other, day(5), one)
    client.force_login(other)

    html = client.get(reverse("opportunity", args=[one.pk])).content.decode()

    assert "From First to <strong>Next</strong>" in html
    assert "holiday" in html


# Customers


def test_customers_change_owner_through_one_door_and_keep_their_history(client: Client) -> None:
    rep, other = (
        make_member(team=make_team(), name="First"),
        make_member(team=make_team(), name="Next"),
    )
    mine, pooled = make_customer(owner=rep), make_customer()

    changed = customers_assign(
        customers=[mine.pk, pooled.pk],
        to=other,
        reason="new territory",
        kind=CustomerOwnerChangeKind.TRANSFER,
        by=rep,
    )

    assert changed == 2
    found = CustomerOwnerChange.objects.order_by("customer").values_list(
        "customer", "from_owner", "to_owner", "kind", "reason"
    )
    assert list(found) == [
        (mine.pk, rep.pk, other.pk, "transfer", "new territory"),
        (pooled.pk, None, other.pk, "transfer", "new territory"),
    ]
    entry = AuditEntry.objects.get(action="customer.assign")
    assert entry.rows == [mine.pk, pooled.pk]
    client.force_login(other)
    html = client.get(reverse("customer_timeline", args=[mine.pk])).content.decode()
    assert "From First to <strong>Next</strong>" in html


def test_a_customer_goes_to_the_pool_and_out_of_it_and_a_repetition_changes_nothing() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    customer = make_customer(owner=rep)

    def give(to: Member | None) -> int:
        kind = CustomerOwnerChangeKind.ASSIGN
        return customers_assign(customers=[customer.pk], to=to, reason="", kind=kind, by=None)

    assert [give(None), give(None), give(other)] == [1, 0, 1]
    customer.refresh_from_db()
    assert customer.owner == other
    assert CustomerOwnerChange.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerOwnerChange.objects.update(reason="x")


# Whatever happens: every day as it was recorded at its end


@dataclass
class Firm:
    """The product, and beside it a naive note of who held what at the end of every day."""

    teams: list[Team]
    reps: list[Member]
    opportunities: list[Opportunity] = field(default_factory=list)
    # Day → (owner, team, level) → number, as the rows stood when the day ended.
    ends: dict[date, Counter[tuple[int, int, str]]] = field(default_factory=dict)

    def happen(self, deed: tuple[str, int, int], on: date) -> None:
        kind, first, second = deed
        if kind == "open":
            self.opportunities.append(
                opportunity_create(
                    owner=self.reps[first % len(self.reps)],
                    line=make_line(),
                    level=level("EDCBA"[second % 5]),
                    value=Decimal(second),
                    by=None,
                    at=noon(on),
                )
            )
        elif kind == "move person":
            self._person_moves(self.reps[first % len(self.reps)], second, on)
        elif self.opportunities:
            one = self.opportunities[first % len(self.opportunities)]
            one.refresh_from_db()
            if one.state == "open":
                self._change(one, kind, second, on)

    def _change(self, one: Opportunity, kind: str, number: int, on: date) -> None:
        if kind == "level" and one.level.code != "EDCBA"[number % 5]:
            to = level("EDCBA"[number % 5])
            opportunity_move(opportunity=one, to=to, by=None, reason="x", at=noon(on))
        elif kind == "close":
            outcome = [Outcome.WON, Outcome.LOST][number % 2]
            opportunity_close(opportunity=one, outcome=outcome, by=None, reason="x", at=noon(on))
        elif kind == "assign":
            assign(self.reps[number % len(self.reps)], on, one)

    def _person_moves(self, rep: Member, number: int, on: date) -> None:
        present = rep.memberships.get(ends_on=None)
        team = self.teams[number % len(self.teams)]
        if present.starts_on < on and present.team_id != team.pk:
            membership_start(member=rep, team=team, starts_on=on, by=None)
            opportunities_follow(owner=rep, by=None, at=noon(on))

    def end(self, on: date) -> None:
        rows = Opportunity.objects.filter(state="open").values_list("owner", "team", "level__code")
        self.ends[on] = Counter(rows)


DEEDS = ("open", "open", "level", "level", "assign", "assign", "close", "move person")
deeds = st.tuples(st.sampled_from(DEEDS), st.integers(0, 11), st.integers(0, 11))
days_of_deeds = st.lists(st.lists(deeds, max_size=4), min_size=3, max_size=12)


def by_rows(on: date, firm: Firm) -> Counter[tuple[int, int, str]]:
    names = {level(code).pk: code for code in "EDCBA"}
    rows = Opportunity.objects.at_level_on(on)
    return Counter((row.owner_on_id, row.team_on_id, names[row.level_on_id]) for row in rows)


def summed(noted: Counter[tuple[int, int, str]], place: int, key: int) -> dict[str, int]:
    """The noted numbers of an owner (place 0) or a team (place 1), by level."""
    found: Counter[str] = Counter()
    for row, n in noted.items():
        if row[place] == key:
            found[row[2]] += n
    return dict(found)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=days_of_deeds)
def test_every_past_day_is_as_it_was_recorded_at_its_end(
    story: list[list[tuple[str, int, int]]],
) -> None:
    with transaction.atomic():
        teams = [make_team() for _ in range(3)]
        firm = Firm(teams, [make_member(team=teams[n % 2]) for n in range(3)])
        for number, happening in enumerate(story):
            for deed in happening:
                firm.happen(deed, day(2 * number))
            firm.end(day(2 * number))
            firm.ends[day(2 * number + 1)] = firm.ends[day(2 * number)]
        for on, noted in firm.ends.items():
            assert by_rows(on, firm) == noted
            _same_figures(on, noted, firm)
        _night_equals_rebuild(max(firm.ends))
        transaction.set_rollback(True)


def _same_figures(on: date, noted: Counter[tuple[int, int, str]], firm: Firm) -> None:
    rows = Opportunity.objects.at_level_on(on)
    for rep in firm.reps:
        expected = summed(noted, 0, rep.pk)
        assert counts(scope_of_member(rep), on) == expected
        assert held(rows, scope_of_member(rep), on).count() == sum(expected.values())
    for team in firm.teams:
        expected = summed(noted, 1, team.pk)
        assert counts(scope_of_team(team), on) == expected
        assert held(rows, scope_of_team(team), on).count() == sum(expected.values())
    assert sum(counts(scope_of_all(), on).values()) == noted.total()


def _night_equals_rebuild(last: date) -> None:
    def facts(kind: RunKind) -> set[Any]:
        overnight.run_finish(run=overnight.run_begin(kind=kind, through_on=last, by=None))
        columns = ("day", "member", "team", "metric", "level", "count", "amount")
        return set(DayFact.objects.values_list(*columns))

    by_night = facts(RunKind.NIGHTLY)
    assert by_night == facts(RunKind.REBUILD)
    stamped = LevelChange.objects.filter(from_level=None).count()
    assert sum(row[5] for row in by_night if row[3] == "created") == stamped
