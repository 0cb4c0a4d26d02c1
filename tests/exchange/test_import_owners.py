"""An import that names another owner keeps who had it before."""

from datetime import date
from pathlib import Path

import pytest

from apps.core.models import Organisation
from apps.funnel.models import Opportunity, OwnerChange
from apps.members.models import Member, Team
from apps.members.services import membership_start
from apps.metrics import selectors
from apps.metrics.scopes import scope_of_member
from tests.exchange.folders import make_folder, pipeline_with, run
from tests.factories import make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has been imported."""
    made = make_folder(tmp_path)
    assert run(made).code == 0
    return made


def stock(name: str, on: date) -> int:
    scope = scope_of_member(Member.objects.get(name=name))
    return sum(row.count for row in selectors.funnel(scope, on))


def test_another_owner_holds_it_from_today_on_and_past_days_stay(folder: Path) -> None:
    today = Organisation.current().today()
    make_folder(folder, pipeline=pipeline_with("O3,Bob Bay,MG Special", "O3,Cid Cox,MG Special"))

    assert run(folder).code == 0

    change = OwnerChange.objects.select_related("from_owner", "to_owner").get()
    assert (change.from_owner.name, change.to_owner.name) == ("Bob Bay", "Cid Cox")
    assert (change.kind, change.on) == ("import", today)
    one = Opportunity.objects.get(external_id="maven_crm:O3")
    assert (one.owner.name, one.held_since_on) == ("Cid Cox", today)
    assert [stock(name, date(2018, 1, 9)) for name in ("Bob Bay", "Cid Cox")] == [1, 1]
    assert [stock(name, today) for name in ("Bob Bay", "Cid Cox")] == [0, 2]


def test_another_owner_who_won_it_holds_it_from_that_day_on(folder: Path) -> None:
    line = "O3,Bob Bay,MG Special,Acme,Engaging,2017-05-01,,"
    won = "O3,Cid Cox,MG Special,Acme,Won,2017-05-01,2018-01-09,70"
    make_folder(folder, pipeline=pipeline_with(line, won))

    assert run(folder).code == 0

    assert OwnerChange.objects.get().on == date(2018, 1, 9)
    assert [stock("Bob Bay", date(2018, 1, n)) for n in (8, 9)] == [1, 0]


def test_who_changed_team_while_it_ran_took_it_along(folder: Path) -> None:
    """The file says when it was entered and closed; the memberships, in which team that was."""
    ann, other = Member.objects.get(name="Ann Ash"), make_team(name="Elsewhere")
    membership_start(member=ann, team=other, starts_on=date(2018, 2, 1), by=None)
    new = "O9,Ann Ash,MG Special,Beta,Won,2018-01-05,2018-02-10,60\n"
    # The last day of the files, from which on their teams hold again.
    new += "O8,Cid Cox,MG Special,Beta,Won,2018-01-05,2018-03-01,60\n"
    pipeline = pipeline_with("O5,Cid Cox", f"{new}O5,Cid Cox")

    make_folder(folder, pipeline=pipeline)
    assert run(folder).code == 0

    change = OwnerChange.objects.get()
    one = Opportunity.objects.get(external_id="maven_crm:O9")
    assert change.opportunity == one
    assert change.from_team == Team.objects.get(pk=ann.memberships.order_by("starts_on")[0].team_id)
    assert (change.to_team, change.on, one.held_since_on) == (
        other,
        date(2018, 2, 10),
        date(2018, 2, 10),
    )


def test_the_same_file_again_changes_no_hands(folder: Path) -> None:
    assert run(folder).code == 0

    assert not OwnerChange.objects.exists()
