"""The figures of the selectors on small histories counted by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.members.models import AccessRole, Member, Team
from apps.metrics import selectors
from tests.factories import make_member, make_opportunity, make_order, make_team

pytestmark = pytest.mark.django_db

OCT, NOV, DEC = date(2017, 10, 2), date(2017, 11, 6), date(2017, 12, 4)
Q4 = date(2017, 10, 1), date(2017, 12, 31)
Q3 = date(2017, 7, 1), date(2017, 9, 30)


@pytest.fixture
def team() -> Team:
    return make_team(name="North")


@pytest.fixture
def rep(team: Team) -> Member:
    return make_member(team=team, name="Rep")


def test_no_order_is_no_data_not_zero(rep: Member) -> None:
    revenue = selectors.revenue(selectors.scope_of_all(), *Q4)

    assert (revenue.value, revenue.orders, revenue.average) == (None, 0, None)


def test_a_quiet_period_after_the_first_order_has_zero_revenue(rep: Member) -> None:
    make_order(member=rep, value="10.50", on=date(2017, 8, 1))

    revenue = selectors.revenue(selectors.scope_of_all(), *Q4)

    assert (revenue.value, revenue.orders, revenue.average) == (Decimal(0), 0, None)


def test_totals_hold_the_period_and_the_one_before(rep: Member) -> None:
    make_order(member=rep, value="10.50", on=Q3[1])
    make_order(member=rep, value="20.00", on=Q4[0])
    make_order(member=rep, value="-5.00", on=Q4[1])
    make_order(member=rep, value="99.00", on=date(2018, 1, 1))
    make_opportunity(("E", OCT), ("won", NOV), owner=rep, value=Decimal("7.25"))
    make_opportunity(("C", OCT), ("lost", DEC), owner=rep, value=None)

    totals = selectors.totals(selectors.scope_of_all(), *Q4)

    assert totals.revenue.value == Decimal("15.00")
    assert totals.revenue.average == Decimal("7.50")
    assert totals.previous_revenue.value == Decimal("10.50")
    assert (totals.closed.won, totals.closed.won_value, totals.closed.lost) == (
        1,
        Decimal("7.25"),
        1,
    )
    assert totals.previous_closed.won_value is None


def test_open_opportunities_count_at_their_level_on_the_day_whatever_happened_later(
    rep: Member,
) -> None:
    make_opportunity(("E", OCT), ("C", NOV), ("won", DEC), owner=rep, value=Decimal(50))
    make_opportunity(("E", NOV), owner=rep, value=None)

    def counts(day: date) -> dict[str, tuple[int, Decimal | None, int]]:
        stock = selectors.funnel(selectors.scope_of_all(), day)
        return {s.level.code: (s.count, s.value, s.value_n) for s in stock if s.count}

    assert counts(date(2017, 10, 1)) == {}
    assert counts(OCT) == {"E": (1, Decimal(50), 1)}
    assert counts(NOV) == {"C": (1, Decimal(50), 1), "E": (1, None, 0)}
    assert counts(DEC) == {"E": (1, None, 0)}
    assert [s.level.code for s in selectors.funnel(selectors.scope_of_all(), DEC)] == list("EDCBA")


def test_a_team_scope_holds_its_subtree_only(rep: Member, team: Team) -> None:
    group = make_team(parent=team)
    other = make_member(team=make_team())
    make_order(member=rep, value=1, on=OCT)
    make_order(member=make_member(team=group), value=10, on=OCT)
    make_order(member=other, value=100, on=OCT)

    assert selectors.revenue(selectors.scope_of_team(team), *Q4).value == 11
    assert selectors.revenue(selectors.scope_of_team(group), *Q4).value == 10
    assert selectors.revenue(selectors.scope_of_member(other), *Q4).value == 100


def test_the_widest_scope_depends_on_the_role(rep: Member, team: Team) -> None:
    manager = make_member(AccessRole.MANAGER)
    group = make_team(parent=team, lead=manager)

    assert selectors.scope_for(make_member(AccessRole.DIRECTOR), None).kind == "all"
    assert selectors.scope_for(manager, None).team == group
    assert selectors.scope_for(rep, None).member == rep
    for user, slug in [(manager, team.slug), (rep, team.slug), (make_member(AccessRole.HR), None)]:
        with pytest.raises(Team.DoesNotExist):
            selectors.scope_for(user, slug)


def test_a_lead_of_two_teams_sees_them_as_one_scope(team: Team) -> None:
    manager = make_member(AccessRole.MANAGER)
    for _ in range(2):
        led = make_team(parent=team, lead=manager)
        make_opportunity(("E", OCT), ("D", NOV), owner=make_member(team=led))
    make_opportunity(("E", OCT), ("D", NOV), owner=make_member(team=team))

    scope = selectors.scope_for(manager, None)

    assert scope.team is None
    assert selectors.conversions(scope, DEC)[0].ups == 2


def test_a_jump_passes_the_levels_between_for_conversion_but_not_for_dwell(rep: Member) -> None:
    make_opportunity(("E", OCT), ("C", NOV), owner=rep)

    rates = {c.level.code: c for c in selectors.conversions(selectors.scope_of_all(), DEC)}

    assert (rates["E"].entered, rates["E"].ups, rates["E"].dwell_n) == (1, 1, 1)
    assert rates["E"].dwell_median_days == 35
    assert (rates["D"].entered, rates["D"].ups, rates["D"].dwell_n) == (1, 1, 0)
    assert (rates["C"].entered, rates["C"].ups, rates["C"].rate) == (1, 0, None)
    assert rates["B"].entered == 0


def test_winning_from_a_lower_level_passes_those_above(rep: Member) -> None:
    make_opportunity(("C", OCT), ("won", NOV), owner=rep)

    rates = {c.level.code: c for c in selectors.conversions(selectors.scope_of_all(), DEC)}

    assert {code: (c.entered, c.ups, c.dwell_n) for code, c in rates.items()} == {
        "E": (0, 0, 0),
        "D": (0, 0, 0),
        "C": (1, 1, 1),
        "B": (1, 1, 0),
        "A": (1, 1, 0),
    }


def test_a_member_leans_on_the_team_and_the_team_on_the_prior(rep: Member, team: Team) -> None:
    mate = make_member(team=team)
    make_opportunity(("C", OCT), ("B", NOV), owner=rep)
    make_opportunity(("C", OCT), ("lost", NOV), owner=mate)

    (c,) = [
        c for c in selectors.conversions(selectors.scope_of_member(rep), DEC) if c.level.code == "C"
    ]

    team_rate = (1 + 20 * Decimal("0.45")) / 22
    assert c.rate == 1
    assert c.leaning == (1 + 20 * team_rate) / 21


def test_weeks_before_the_first_order_have_no_data_and_quiet_weeks_zero(rep: Member) -> None:
    make_order(member=rep, value=5, on=date(2017, 12, 20))
    make_order(member=rep, value=7, on=date(2018, 1, 1))

    trend = selectors.trend_by_week(selectors.scope_of_all(), date(2018, 1, 10), weeks=5)

    assert [(p.year, p.week, p.revenue, p.orders) for p in trend] == [
        (2017, 50, None, None),
        (2017, 51, 5, 1),
        (2017, 52, 0, 0),
        (2018, 1, 7, 1),
        (2018, 2, 0, 0),
    ]


def test_the_leaderboard_ranks_reps_with_and_without_figures(rep: Member, team: Team) -> None:
    idle = make_member(team=team, name="Idle")
    make_member(team=make_team(), name="Elsewhere")
    make_order(member=rep, value=5, on=OCT)
    make_order(member=rep, value=3, on=Q3[0])
    make_opportunity(("E", OCT), ("won", NOV), owner=rep)

    rows = selectors.leaderboard(selectors.scope_of_team(team), *Q4)

    assert [r.member for r in rows] == [rep, idle]
    assert (rows[0].revenue, rows[0].orders, rows[0].won, rows[0].win_rate) == (5, 1, 1, 1)
    assert rows[0].previous_revenue == 3
    assert (rows[1].revenue, rows[1].win_rate, rows[1].previous_revenue) == (0, None, 0)
    assert rows[1].team == team


def test_stuck_is_longer_than_four_fifths_of_those_that_moved_on(rep: Member) -> None:
    for days in (1, 2, 3, 10):
        make_opportunity(("E", OCT), ("D", date(2017, 10, 2 + days)), owner=rep)
    old = make_opportunity(("E", date(2017, 10, 1)), owner=rep)
    make_opportunity(("E", date(2017, 10, 8)), owner=rep)

    rows: list[Any] = list(selectors.stuck(selectors.scope_of_all(), date(2017, 10, 12)))

    assert [(o.pk, o.days_at_level, o.limit_days) for o in rows] == [(old.pk, 11, Decimal("5.8"))]


def test_stuck_without_basis_is_nobody(rep: Member) -> None:
    make_opportunity(("E", OCT), owner=rep)

    assert list(selectors.stuck(selectors.scope_of_all(), DEC)) == []


def test_stuck_on_a_past_day_ignores_what_happened_later(rep: Member) -> None:
    for days in (1, 1, 1):
        make_opportunity(("E", date(2017, 10, 1)), ("D", date(2017, 10, 1 + days)), owner=rep)
    moved_later = make_opportunity(("E", OCT), ("won", DEC), owner=rep)

    rows: list[Any] = list(selectors.stuck(selectors.scope_of_all(), NOV))

    assert [(o.pk, o.days_at_level) for o in rows] == [(moved_later.pk, 35)]


def test_expected_closings_are_open_and_inside_the_days(rep: Member) -> None:
    due = make_opportunity(("E", OCT), owner=rep, expected_close_on=DEC)
    make_opportunity(("E", OCT), owner=rep, expected_close_on=date(2018, 1, 1))
    make_opportunity(("E", OCT), ("won", NOV), owner=rep, expected_close_on=DEC)

    assert list(selectors.expected_closings(selectors.scope_of_all(), *Q4)) == [due]


def test_there_is_no_last_run_before_the_first() -> None:
    assert selectors.last_run() is None
