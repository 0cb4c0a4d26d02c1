"""Later files: what they add is appended, what contradicts the recorded history is rejected."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.customers.models import Customer
from apps.funnel.models import LevelChange, Opportunity, Outcome
from apps.funnel.services import opportunity_close, opportunity_move
from apps.members.models import Member, Membership, Team
from apps.orders.models import Order
from apps.products.models import Product
from tests.exchange.folders import FILES, counts, edited, make_folder, pipeline_with, run
from tests.exchange.test_import import history
from tests.factories import level, noon

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has been imported."""
    made = make_folder(tmp_path)
    assert run(made).code == 0
    return made


def changes(outcome: dict[str, dict[str, int]]) -> dict[str, tuple[int, int]]:
    """Kind → created, updated, where there is any."""
    found = {kind: (row["created"], row["updated"]) for kind, row in outcome.items()}
    return {kind: pair for kind, pair in found.items() if pair != (0, 0)}


def opportunity(number: str) -> Opportunity:
    found: Opportunity = Opportunity.objects.get(external_id=f"maven_crm:{number}")
    return found


def test_same_files_again_change_nothing(folder: Path) -> None:
    before, rows = counts(), list(Opportunity.objects.order_by("pk").values())

    summary = run(folder).out["summary"]

    assert changes(summary) == {}
    assert all(row["unchanged"] == row["read"] for row in summary.values())
    assert counts() == before
    assert list(Opportunity.objects.order_by("pk").values()) == rows


def test_win_of_an_open_opportunity_is_appended(folder: Path) -> None:
    make_folder(
        folder, pipeline=pipeline_with("Engaging,2017-05-01,,", "Won,2017-05-01,2018-01-09,70")
    )

    summary = run(folder).out["summary"]

    assert changes(summary) == {"opportunities": (0, 1), "level_changes": (1, 0), "orders": (1, 0)}
    assert history("O3") == [
        (None, "C", "", date(2017, 5, 1), True),
        ("C", None, "won", date(2018, 1, 9), True),
    ]
    won = opportunity("O3")
    assert (won.state, won.closed_on, won.value) == ("won", date(2018, 1, 9), Decimal(70))
    assert Order.objects.get(opportunity=won).value == Decimal(70)


def test_prospect_that_was_engaged_and_lost_gets_both_steps(folder: Path) -> None:
    make_folder(folder, pipeline=pipeline_with("Prospecting,,,", "Lost,2018-01-02,2018-01-03,0"))

    assert run(folder).code == 0
    assert history("O4") == [
        (None, "E", "", date(2017, 12, 31), False),
        ("E", "C", "", date(2018, 1, 2), True),
        ("C", None, "lost", date(2018, 1, 3), True),
    ]
    assert (opportunity("O4").level.code, opportunity("O4").level_since_on) == (
        "C",
        date(2018, 1, 2),
    )


def test_prospect_of_a_later_snapshot_is_unchanged(folder: Path) -> None:
    summary = run(folder, "--snapshot-on", "2018-01-31").out["summary"]

    assert changes(summary) == {}


def test_new_rows_come_beside_the_known_ones(folder: Path) -> None:
    more = edited(
        "sales_pipeline.csv", lambda t: t + "O6,Ann Ash,GTX Pro,Beta,Engaging,2017-09-09,,\n"
    )
    make_folder(folder, pipeline=more)

    summary = run(folder).out["summary"]

    assert changes(summary) == {"opportunities": (1, 0), "level_changes": (1, 0)}
    assert summary["opportunities"]["unchanged"] == 5


CONTRADICTIONS = {
    "other day of entry": ("2017-05-01,,", "2017-05-02,,", 4, "engage_date", "2017-05-01"),
    "other closing day": ("2017-04-01,4500", "2017-04-05,4500", 2, "deal_stage", "2017-04-01"),
    "lost instead of won": ("Won,2017-03-01", "Lost,2017-03-01", 2, "deal_stage", "2017-04-01"),
    "open again": ("Won,2017-03-01,2017-04-01,4500", "Engaging,2017-03-01,,", 2, "deal_stage", "04-01"),
    "other value of a win": ("4500", "4600", 2, "close_value", "won with 4500.00"),
    "other person credited": ("O1,Ann Ash", "O1,Bob Bay", 2, "sales_agent", "Ann Ash"),
    "engaged before it was a prospect": (
        "Prospecting,,", "Engaging,2017-12-01,", 5, "engage_date", "2017-12-31",
    ),
    "a prospect again": ("Engaging,2017-05-01", "Prospecting,", 4, "engage_date", "2017-05-01"),
    "other entry of a win": ("2017-03-01", "2017-03-05", 2, "engage_date", "2017-03-01"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_row_that_contradicts_the_history_is_rejected(case: str, folder: Path) -> None:
    old, new, line, column, detail = CONTRADICTIONS[case]
    before, changes_before = counts(), list(LevelChange.objects.order_by("pk").values())

    result = run(make_folder(folder, pipeline=pipeline_with(old, new)))

    assert result.code == 2
    ((_, at, name, reason),) = result.rejected
    assert (at, name) == (line, column)
    assert "contradicts the recorded history" in reason
    assert detail in reason
    assert counts() == before
    assert list(LevelChange.objects.order_by("pk").values()) == changes_before


def test_step_made_by_hand_since_is_left_alone(folder: Path) -> None:
    opportunity_move(
        opportunity=opportunity("O3"), to=level("B"), by=None, at=noon(date(2018, 2, 1))
    )

    assert changes(run(folder).out["summary"]) == {}
    assert opportunity("O3").level.code == "B"


def test_win_goes_on_from_the_step_made_by_hand(folder: Path) -> None:
    opportunity_move(
        opportunity=opportunity("O3"), to=level("B"), by=None, at=noon(date(2017, 6, 1))
    )
    make_folder(
        folder, pipeline=pipeline_with("Engaging,2017-05-01,,", "Won,2017-05-01,2017-07-01,70")
    )

    assert run(folder).code == 0
    assert history("O3")[-1] == ("B", None, "won", date(2017, 7, 1), True)
    assert opportunity("O3").level.code == "B"


def test_win_by_hand_after_the_day_of_the_file_is_left_alone(folder: Path) -> None:
    opportunity_close(
        opportunity=opportunity("O3"), outcome=Outcome.WON, by=None, at=noon(date(2018, 2, 1))
    )

    assert changes(run(folder).out["summary"]) == {}


def test_customer_that_was_missing_is_filled_in(folder: Path) -> None:
    make_folder(folder, pipeline=pipeline_with("GTX Pro,,Prosp", "GTX Pro,Beta,Prosp"))

    result = run(folder)

    assert changes(result.out["summary"]) == {"opportunities": (0, 1)}
    assert result.out["without_customer"] == 0
    assert opportunity("O4").customer == Customer.objects.get(name="Beta")


def test_customer_filled_in_by_hand_stays(folder: Path) -> None:
    Opportunity.objects.filter(external_id="maven_crm:O4").update(
        customer=Customer.objects.get(name="Acme")
    )

    result = run(folder)

    assert changes(result.out["summary"]) == {}
    assert result.out["without_customer"] == 0


def test_other_product_of_a_win_changes_its_order_too(folder: Path) -> None:
    make_folder(folder, pipeline=pipeline_with("O1,Ann Ash,GTXPro", "O1,Ann Ash,MG Special"))

    assert changes(run(folder).out["summary"]) == {"opportunities": (0, 1), "orders": (0, 1)}
    assert Order.objects.get(number="O1").product == Product.objects.get(name="MG Special")


def test_open_opportunity_follows_its_new_agent_and_history_stays(folder: Path) -> None:
    make_folder(folder, pipeline=pipeline_with("O3,Bob Bay", "O3,Cid Cox"))

    assert changes(run(folder).out["summary"]) == {"opportunities": (0, 1)}
    assert (opportunity("O3").owner.name, opportunity("O3").team.slug) == (
        "Cid Cox",
        "team-max-moor",
    )
    assert {c.owner.name for c in LevelChange.objects.filter(opportunity=opportunity("O3"))} == {
        "Bob Bay"
    }


def test_agent_who_changed_the_team_keeps_the_time_in_the_old_one(folder: Path) -> None:
    make_folder(
        folder,
        teams=FILES["sales_teams.csv"].replace("Bob Bay,Mia May,North", "Bob Bay,Max Moor,South"),
    )

    assert run(folder).code == 0

    bob = Member.objects.get(name="Bob Bay")
    terms = Membership.objects.filter(member=bob).order_by("starts_on")
    assert [(m.team.slug, m.starts_on, m.ends_on) for m in terms] == [
        ("team-mia-may", date(2017, 3, 1), date(2017, 12, 31)),
        ("team-max-moor", date(2017, 12, 31), None),
    ]
    assert opportunity("O3").team.slug == "team-mia-may"


def test_team_that_moved_to_another_office_takes_its_path_along(folder: Path) -> None:
    make_folder(folder, teams=FILES["sales_teams.csv"].replace("Max Moor,South", "Max Moor,North"))

    summary = run(folder).out["summary"]

    north, team = Team.objects.get(slug="north"), Team.objects.get(slug="team-max-moor")
    assert changes(summary) == {"teams": (0, 1)}
    assert team.path == [*north.path, team.pk]


def test_rows_older_than_the_first_import_extend_the_memberships(folder: Path) -> None:
    more = edited(
        "sales_pipeline.csv", lambda t: t + "O0,Ann Ash,GTX Pro,Beta,Engaging,2016-01-04,,\n"
    )

    assert run(make_folder(folder, pipeline=more)).code == 0

    ann = Member.objects.get(name="Ann Ash")
    assert Membership.objects.get(member=ann).starts_on == date(2016, 1, 4)


def test_changed_customer_and_price_are_updated(folder: Path) -> None:
    make_folder(
        folder,
        accounts=FILES["accounts.csv"].replace("495", "500"),
        products=FILES["products.csv"].replace("4821", "4900"),
    )

    assert changes(run(folder).out["summary"]) == {"customers": (0, 1), "products": (0, 1)}
    assert Customer.objects.get(name="Beta").employees == 500
    assert Product.objects.get(name="GTX Pro").list_price == Decimal(4900)
