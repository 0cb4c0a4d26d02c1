"""Open at a level on a day: by the history, whatever happened later."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.funnel.models import LevelChange, Opportunity, Outcome, OwnerChangeKind
from apps.funnel.services import opportunities_assign, opportunity_close
from tests.factories import level, make_member, make_opportunity, make_team, noon

pytestmark = pytest.mark.django_db

D = date(2026, 3, 10)


def day(number: int) -> date:
    return D + timedelta(days=number)


def codes_on(on: date) -> dict[int, str]:
    rows = Opportunity.objects.at_level_on(on)
    names = {found.pk: found.code for found in (level(code) for code in "EDCBA")}
    return {row.pk: names[row.level_on_id] for row in rows}


def by_history(on: date) -> dict[int, str]:
    """The same by walking through every change in plain Python."""
    at: dict[int, str] = {}
    for change in LevelChange.objects.select_related("to_level").order_by("on", "at", "pk"):
        if change.on > on:
            continue
        if change.to_level is None:
            at.pop(change.opportunity_id, None)
        else:
            at[change.opportunity_id] = change.to_level.code
    return at


def test_it_stands_at_the_level_of_its_latest_change_up_to_the_day() -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("E", day(0)), ("C", day(5)), ("D", day(5)), ("won", day(9)), owner=rep)

    assert codes_on(day(-1)) == {}
    assert codes_on(day(0)) == {one.pk: "E"}
    assert codes_on(day(4)) == {one.pk: "E"}
    assert codes_on(day(5)) == {one.pk: "D"}
    assert codes_on(day(8)) == {one.pk: "D"}
    assert codes_on(day(9)) == {}


def test_a_recycled_opportunity_was_closed_between() -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("E", day(0)), ("B", day(2)), ("lost", day(4)), owner=rep)
    LevelChange.objects.create(
        opportunity=one, from_level=None, to_level=level("E"), on=day(10),
        at=one.created_at, owner=rep, team=one.team,
    )  # fmt: skip
    Opportunity.objects.update(
        state="open", closed_on=None, level=level("E"), level_since_on=day(10)
    )

    assert codes_on(day(3)) == {one.pk: "B"}
    assert codes_on(day(4)) == codes_on(day(9)) == {}
    assert codes_on(day(10)) == {one.pk: "E"}


def test_every_day_agrees_with_a_walk_through_the_history() -> None:
    rep, chance = make_member(team=make_team()), random.Random(11)
    for _number in range(25):
        at, steps = chance.randrange(8), [(chance.choice("EDC"), day(0))]
        steps[0] = (steps[0][0], day(at))
        for _step in range(chance.randrange(4)):
            at += chance.randrange(4)
            steps.append((chance.choice([c for c in "EDCBA" if c != steps[-1][0]]), day(at)))
        if chance.random() < 0.5:
            steps.append((chance.choice(["won", "lost"]), day(at + chance.randrange(3))))
        make_opportunity(*steps, owner=rep)

    for number in range(-1, 22):
        assert codes_on(day(number)) == by_history(day(number)), number
        for code in "EDCBA":
            at_level = Opportunity.objects.at_level_on(day(number), level(code))
            expected = {pk for pk, found in by_history(day(number)).items() if found == code}
            assert set(at_level.values_list("pk", flat=True)) == expected


def test_a_value_that_became_known_later_is_not_known_before() -> None:
    rep = make_member(team=make_team())
    one = make_opportunity(("C", day(0)), owner=rep, value=None)
    Opportunity.objects.update(value=Decimal(500))
    still_open = Opportunity.objects.at_level_on(day(3)).get()
    opportunity_close(opportunity=one, outcome=Outcome.WON, by=rep, at=noon(day(5)))

    before = Opportunity.objects.at_level_on(day(3)).get()
    assert still_open.value_on == Decimal(500)
    assert before.value_on is None


def test_since_owner_and_team_are_those_of_the_day() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    one = make_opportunity(("E", day(0)), ("C", day(5)), ("B", day(8)), owner=rep)
    team = one.team
    opportunities_assign(
        opportunities=[one.pk], to=other, reason="", kind=OwnerChangeKind.ASSIGN, by=None,
        at=noon(day(8)),
    )  # fmt: skip

    then, now = (Opportunity.objects.at_level_on(day(n)).get() for n in (6, 8))

    assert (then.since_on, then.owner_on_id, then.team_on_id) == (day(5), rep.pk, team.pk)
    assert (now.since_on, now.owner_on_id) == (day(8), other.pk)


def test_a_jump_and_a_win_enter_the_levels_between() -> None:
    rep = make_member(team=make_team())
    jumped = make_opportunity(("E", day(0)), ("C", day(5)), ("lost", day(6)), owner=rep)
    won = make_opportunity(("C", day(4)), ("won", day(7)), owner=rep)
    back = make_opportunity(("B", day(0)), ("D", day(3)), owner=rep)

    def entered(code: str, start: int = 0, end: int = 9) -> set[int]:
        rows = Opportunity.objects.entered(level(code), day(start), day(end))
        return set(rows.values_list("pk", flat=True))

    assert entered("E") == {jumped.pk}
    assert entered("D") == {jumped.pk, back.pk}
    assert entered("C") == {jumped.pk, won.pk}
    assert entered("B") == {won.pk, back.pk}
    assert entered("A") == {won.pk}
    assert entered("A", 0, 6) == set()


def test_only_the_first_entry_of_a_life_counts_for_who_made_it() -> None:
    rep, other = make_member(team=make_team()), make_member(team=make_team())
    one = make_opportunity(("C", day(0)), ("E", day(3)), ("C", day(5)), ("lost", day(7)), owner=rep)

    assert Opportunity.objects.entered(level("C"), day(5), day(9)).count() == 0

    LevelChange.objects.create(
        opportunity=one, to_level=level("C"), on=day(9), at=noon(day(9)), owner=other, team=one.team
    )

    entered = Opportunity.objects.entered
    assert list(entered(level("C"), day(5), day(9))) == [one]
    assert list(entered(level("C"), day(5), day(9), owner=other)) == [one]
    assert list(entered(level("C"), day(5), day(9), owner=rep)) == []
    assert list(entered(level("C"), day(0), day(4), owner=rep, teams=[one.team_id])) == [one]
