"""The week's figures: exact sums, honest gaps, ISO weeks at year ends."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from apps.metrics.periods import parse_period
from apps.reports.weekly import figures_as_json, figures_from_json, weekly_figures
from tests.factories import make_member, make_opportunity, make_order, make_team
from tests.reports.weeks import W40, W41, example_figures, in_berlin, make_firm

pytestmark = pytest.mark.django_db


def test_week_counts_monday_to_sunday_and_the_week_before() -> None:
    in_berlin()
    firm = make_firm()

    figures = weekly_figures(firm.team, W40)

    now, before = figures.results, figures.before
    assert (now.revenue, now.orders) == (Decimal("4000.00"), 3)
    assert now.average == Decimal(4000) / 3
    assert (now.won, now.lost, now.win_rate) == (3, 1, Decimal("0.75"))
    assert (before.revenue, before.orders, before.won, before.lost) == (Decimal(4500), 2, 0, 0)
    assert before.win_rate is None


def test_funnel_is_that_of_the_weeks_last_day() -> None:
    in_berlin()
    firm = make_firm()

    figures = weekly_figures(firm.team, W40)

    stock = {row.level.code: (row.count, row.value, row.value_n) for row in figures.levels}
    assert stock["E"] == (1, Decimal(300), 1)
    assert stock["D"] == (1, None, 0)
    assert (stock["C"][0], stock["B"][0], stock["A"][0]) == (0, 0, 0)
    assert figures.open_count == 2
    assert figures.open_value == Decimal(300)


def test_ranking_adds_up_to_the_team() -> None:
    firm = make_firm()

    figures = weekly_figures(firm.team, W40)

    rows = {row.member: (row.revenue, row.orders, row.won, row.lost) for row in figures.ranking}
    assert rows["Anna Šimon"] == (Decimal(3000), 2, 3, 0)
    assert rows["李婉清"] == (Decimal(1000), 1, 0, 1)
    assert [row.member for row in figures.ranking][:2] == ["Anna Šimon", "李婉清"]
    assert sum(row.revenue for row in figures.ranking) == figures.results.revenue
    assert {row.member: row.previous_revenue for row in figures.ranking}["李婉清"] == Decimal(2000)


def test_teams_below_count_and_others_do_not() -> None:
    company = make_team(name="Company")
    firm = make_firm(parent=company)
    other = make_team(name="Other")
    make_order(member=make_member(team=other), value="99999", on=date(2017, 10, 4))

    assert weekly_figures(company, W40).results.revenue == Decimal(4000)
    assert weekly_figures(firm.team, W40).results.revenue == Decimal(4000)


def test_chart_has_thirteen_weeks_none_before_the_first_order() -> None:
    firm = make_firm()

    weeks = weekly_figures(firm.team, W40).weeks

    assert [row.week for row in weeks] == list(range(28, 41))
    assert [row.revenue for row in weeks[-3:]] == [None, Decimal(4500), Decimal(4000)]
    assert weeks[0].revenue is None


def test_week_without_any_data_is_no_data_and_not_zero() -> None:
    team = make_team(name="Fresh")

    figures = weekly_figures(team, W40)

    assert figures.results.revenue is None
    assert figures.results.average is None
    assert figures.results.win_rate is None
    assert figures.open_value is None
    assert all(row.rate is None for row in figures.levels)
    assert figures.ranking == ()
    assert figures.expected.count == 0


def test_next_week_lists_only_open_opportunities_expected_then() -> None:
    firm = make_firm()
    day = date(2017, 9, 4)
    make_opportunity(("B", day), owner=firm.anna, expected_close_on=date(2017, 10, 8), name="early")
    due = make_opportunity(
        ("B", day), owner=firm.anna, expected_close_on=date(2017, 10, 15), name="due"
    )
    make_opportunity(("B", day), owner=firm.anna, expected_close_on=date(2017, 10, 16), name="late")

    figures = weekly_figures(firm.team, W40)

    assert [row.title for row in figures.expected.rows] == ["due"]
    assert figures.expected.rows[0].expected_close_on == date(2017, 10, 15)
    assert figures.expected.value == due.value
    assert figures.undated == 2  # the two that the firm has open


def test_what_was_closed_later_is_still_expected_in_the_week_as_it_was() -> None:
    firm = make_firm()
    make_opportunity(
        ("B", date(2017, 9, 4)),
        ("won", date(2017, 10, 11)),
        owner=firm.anna,
        expected_close_on=date(2017, 10, 12),
        name="won since",
    )

    assert [row.title for row in weekly_figures(firm.team, W40).expected.rows] == ["won since"]
    assert weekly_figures(firm.team, W41).expected.count == 0


def test_stuck_opportunities_stand_where_they_stood_and_are_worth_what_they_were() -> None:
    firm = make_firm()
    for _ in range(20):  # twenty that left level C after ten days give a limit
        make_opportunity(
            ("C", date(2017, 8, 1)),
            ("B", date(2017, 8, 11)),
            ("lost", date(2017, 8, 12)),
            owner=firm.bo,
        )
    slow = make_opportunity(
        ("C", date(2017, 9, 1)), ("B", date(2017, 11, 1)), owner=firm.anna, name="slow"
    )
    slow.value = Decimal(999999)
    slow.save()

    figures = weekly_figures(firm.team, W40)

    rows = {row.title: row for row in figures.stuck.rows}
    assert rows["slow"].level.code == "C"
    assert (rows["slow"].days, rows["slow"].limit_days) == (37, Decimal(10))
    assert rows["slow"].value == Decimal(100)
    assert {row.level.code: row.stuck for row in figures.levels}["C"] == 1


@pytest.mark.parametrize(
    ("key", "monday", "sunday", "following"),
    [
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3), "2021-W01"),
        ("2021-W01", date(2021, 1, 4), date(2021, 1, 10), "2021-W02"),
        ("2016-W52", date(2016, 12, 26), date(2017, 1, 1), "2017-W01"),
    ],
)
def test_weeks_at_year_ends(key: str, monday: date, sunday: date, following: str) -> None:
    member = make_member(team=make_team(name="Team"))
    team = member.memberships.get().team
    make_order(member=member, value="1", on=monday)
    make_order(member=member, value="20", on=sunday)
    make_order(member=member, value="400", on=date.fromordinal(monday.toordinal() - 1))
    make_order(member=member, value="8000", on=date.fromordinal(sunday.toordinal() + 1))

    figures = weekly_figures(team, parse_period(key))

    assert (figures.start, figures.end) == (monday, sunday)
    assert figures.results.revenue == Decimal(21)
    assert figures.before.revenue == Decimal(400)
    assert figures.week.key == key
    assert figures.week.next.key == following
    assert (figures.weeks[-1].year, figures.weeks[-1].week) == (int(key[:4]), int(key[-2:]))


@time_machine.travel("2017-10-04 10:00:00+00:00", tick=False)
def test_running_week_is_compared_with_the_same_days() -> None:
    firm = make_firm()

    figures = weekly_figures(firm.team, W40)

    assert figures.is_running
    assert figures.as_of == date(2017, 10, 4)
    assert figures.results.revenue == Decimal("1500.50")
    assert figures.before.revenue == Decimal(2500)  # Monday to Wednesday of W39


def test_sunday_evening_in_berlin_is_still_this_week() -> None:
    in_berlin()
    team = make_team()

    with time_machine.travel("2017-10-08 21:59:00+00:00", tick=False):
        assert weekly_figures(team, W40).as_of == date(2017, 10, 8)
    with time_machine.travel("2017-10-08 22:01:00+00:00", tick=False):
        assert weekly_figures(team, W41).as_of == date(2017, 10, 9)


def test_figures_come_back_from_json_as_they_were() -> None:
    for figures in (example_figures(), weekly_figures(make_firm().team, W40)):
        assert figures_from_json(figures_as_json(figures)) == figures
    assert figures_as_json(example_figures())["results"]["revenue"] == "94321.50"
