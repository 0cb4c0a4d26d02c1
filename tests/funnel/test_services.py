"""Opening, moving and closing: each refusal names its reason and changes nothing."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.core.errors import DomainError
from apps.core.models import AuditEntry, DirtyDay
from apps.funnel.models import Level, LevelChange, Opportunity, Outcome, Pipeline, State
from apps.funnel.services import (
    OpportunityClosed,
    ReasonMissing,
    opportunity_close,
    opportunity_create,
    opportunity_move,
)
from apps.members.services import NoTeam
from tests.factories import level, make_line, make_member, make_opportunity, make_team, noon

pytestmark = pytest.mark.django_db

DAY, LATER = date(2026, 3, 2), date(2026, 3, 9)


@pytest.fixture
def one() -> Opportunity:
    return make_opportunity(("C", DAY), owner=make_member(team=make_team()))


def state_of(opportunity: Opportunity) -> list[Any]:
    fresh = Opportunity.objects.get(pk=opportunity.pk)
    history = LevelChange.objects.filter(opportunity=opportunity).count()
    return [fresh.level.code, fresh.state, fresh.closed_on, fresh.level_since_on, history]


def test_an_owner_without_a_team_can_open_nothing() -> None:
    with pytest.raises(NoTeam, match="belongs to no team on that day"):
        opportunity_create(owner=make_member(), line=make_line(), level=level("E"), by=None)

    assert Opportunity.objects.count() == LevelChange.objects.count() == 0


def test_a_value_below_zero_is_refused() -> None:
    owner = make_member(team=make_team())

    with pytest.raises(ValidationError):
        make_opportunity(("E", DAY), owner=owner, value=-1)  # type: ignore[arg-type]

    assert Opportunity.objects.count() == 0


def test_opening_is_the_first_entry_of_the_history(one: Opportunity) -> None:
    change = LevelChange.objects.get()

    assert (change.from_level, change.to_level, change.on) == (None, level("C"), DAY)
    assert (change.owner_id, change.team_id, change.value) == (one.owner_id, one.team_id, 100)
    assert AuditEntry.objects.filter(action="opportunity.create", object_id=one.pk).exists()
    assert DirtyDay.objects.filter(day=DAY, source="funnel").exists()


def test_a_move_back_needs_a_reason(one: Opportunity) -> None:
    before = state_of(one)

    with pytest.raises(ReasonMissing, match="Say why the opportunity moves back"):
        opportunity_move(opportunity=one, to=level("D"), by=None, at=noon(LATER))

    assert state_of(one) == before
    opportunity_move(opportunity=one, to=level("D"), by=None, at=noon(LATER), reason="No budget")
    assert state_of(one) == ["D", State.OPEN, None, LATER, 2]


def test_a_level_of_another_pipeline_is_refused(one: Opportunity) -> None:
    other = Pipeline.objects.create(name="Renewals")
    renewed = Level.objects.create(pipeline=other, code="R", rank=1, names={"en": "Renewed"})
    before = state_of(one)

    with pytest.raises(DomainError, match="another pipeline"):
        opportunity_move(opportunity=one, to=renewed, by=None)

    assert state_of(one) == before


def test_a_loss_needs_a_reason_and_a_win_does_not(one: Opportunity) -> None:
    before = state_of(one)

    with pytest.raises(ReasonMissing, match="Say why the opportunity was lost"):
        opportunity_close(opportunity=one, outcome=Outcome.LOST, by=None, at=noon(LATER))

    assert state_of(one) == before
    opportunity_close(opportunity=one, outcome=Outcome.WON, by=None, at=noon(LATER))
    assert state_of(one) == ["C", State.WON, LATER, DAY, 2]


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_closed_neither_moves_nor_closes_again(one: Opportunity, outcome: Outcome) -> None:
    opportunity_close(opportunity=one, outcome=outcome, by=None, at=noon(DAY), reason="x")
    before = state_of(one)

    with pytest.raises(OpportunityClosed, match="closed already"):
        opportunity_move(opportunity=one, to=level("B"), by=None)
    with pytest.raises(OpportunityClosed, match="closed already"):
        opportunity_close(opportunity=one, outcome=Outcome.WON, by=None)

    assert state_of(one) == before


def test_closing_before_it_was_opened_is_refused(one: Opportunity) -> None:
    before = state_of(one)

    with pytest.raises(ValidationError), transaction.atomic():
        opportunity_close(opportunity=one, outcome=Outcome.WON, by=None, at=noon(date(2026, 3, 1)))

    assert state_of(one) == before


def test_a_stale_copy_does_not_undo_what_happened_since(one: Opportunity) -> None:
    stale = Opportunity.objects.get(pk=one.pk)
    opportunity_move(opportunity=one, to=level("B"), by=None, at=noon(LATER))

    with pytest.raises(ReasonMissing):
        opportunity_move(opportunity=stale, to=level("C"), by=None, at=noon(LATER))

    assert state_of(one)[0] == "B"


def test_the_database_refuses_to_edit_or_delete_a_level_change(one: Opportunity) -> None:
    with pytest.raises(DatabaseError, match="never edited or deleted"), transaction.atomic():
        LevelChange.objects.update(reason="other")
    with pytest.raises(DatabaseError, match="never edited or deleted"), transaction.atomic():
        LevelChange.objects.all()._raw_delete(using="default")

    assert LevelChange.objects.get().reason == ""


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("state = 'won', closed_on = NULL", "opportunity_closed_has_date"),
        ("state = 'open', closed_on = '2026-03-09'", "opportunity_closed_has_date"),
        ("state = 'lost', closed_on = '2026-03-01'", "opportunity_closes_after_opening"),
        ("value = -0.01", "opportunity_value_not_negative"),
    ],
)
def test_the_database_holds_what_an_opportunity_must_be(
    one: Opportunity, assignment: str, constraint: str
) -> None:
    statement = f"UPDATE funnel_opportunity SET {assignment}"  # noqa: S608 - of the table above
    refused = pytest.raises(IntegrityError, match=constraint)
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert state_of(one) == ["C", State.OPEN, None, DAY, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": ""},
        {"outcome": "won"},
        {"outcome": "won", "to_level": "B", "from_level": "C"},
        {"outcome": "paused", "from_level": "C"},
    ],
)
def test_a_level_change_goes_somewhere(one: Opportunity, fields: dict[str, str]) -> None:
    levels = {name: level(code) for name, code in fields.items() if name != "outcome"}

    with pytest.raises(IntegrityError, match="level_change_goes_somewhere"), transaction.atomic():
        LevelChange.objects.create(
            opportunity=one, outcome=fields["outcome"], on=DAY, at=noon(DAY),
            owner=one.owner, team=one.team, **levels,
        )  # fmt: skip


def test_there_is_one_default_pipeline_and_one_level_of_a_rank() -> None:
    with pytest.raises(IntegrityError, match="pipeline_one_default"), transaction.atomic():
        Pipeline.objects.create(name="Second", is_default=True)
    with pytest.raises(IntegrityError, match="level_code_unique"), transaction.atomic():
        Level.objects.create(pipeline=level("E").pipeline, code="E", rank=9, names={"en": "Twice"})


def test_an_external_id_is_given_once(one: Opportunity) -> None:
    other = make_opportunity(("E", DAY), owner=one.owner)
    Opportunity.objects.filter(pk=one.pk).update(external_id="X1")

    with (
        pytest.raises(IntegrityError, match="opportunity_external_id_unique"),
        transaction.atomic(),
    ):
        Opportunity.objects.filter(pk=other.pk).update(external_id="X1")
