"""Moves of one opportunity at the same moment: each goes from where the other left it."""

from functools import partial

import pytest

from apps.core.models import Organisation
from apps.funnel.models import LevelChange, Outcome
from apps.funnel.services import opportunity_close, opportunity_move
from tests.factories import level, make_member, make_opportunity, make_team
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_moves_at_once_are_one_behind_the_other() -> None:
    Organisation.current()
    rep = make_member(team=make_team())
    deal = make_opportunity(("D", Organisation.current().today()), owner=rep)
    moves = [
        partial(opportunity_move, opportunity=deal, to=level(code), by=rep, reason="as agreed")
        for code in ("C", "B", "A")
    ]

    assert together(moves) == ["", "", ""]

    first, *others = LevelChange.objects.order_by("pk")
    path = [change.to_level for change in (first, *others)]
    assert [change.from_level for change in others] == path[:-1]
    deal.refresh_from_db()
    assert deal.level == path[-1]


def test_of_won_and_lost_at_once_one_counts() -> None:
    Organisation.current()
    rep = make_member(team=make_team())
    deal = make_opportunity(("A", Organisation.current().today()), owner=rep)
    close = partial(opportunity_close, opportunity=deal, by=rep)

    answers = together(
        [partial(close, outcome=Outcome.WON), partial(close, outcome=Outcome.LOST, reason="Price")]
    )

    assert sorted(answers) == ["", "This opportunity is closed already."]
    deal.refresh_from_db()
    assert deal.state == (Outcome.WON, Outcome.LOST)[answers.index("")]
